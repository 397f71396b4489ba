"""Which steps somebody can take on a contract now: what buttons a page shows, and which forms it opens."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models import Breach, ContractFact, LicenceContract, Objection, Signature
from contracts.lifecycle.states import (
    BEFORE_SIGNATURE,
    RUNNING,
    TRYING,
    AmendmentState,
    BreachState,
    DeliveryState,
    ExtensionState,
    FactState,
    ObjectionState,
    Side,
    State,
)
from marketplace.clock import today


@dataclass(frozen=True)
class Action:
    """A step: `key` names it, `url` is a form's page, or where a POST goes when `effect` says what will happen.
    `tone`: main (what is waited for), plain, danger. `words` distinguishes several of a kind."""

    key: str
    label: str | Promise
    url: str
    effect: str | Promise = ""
    tone: str = "plain"
    words: str = ""


class Offer:
    """Collects what one person can do on one contract."""

    def __init__(self, contract: LicenceContract, acting) -> None:
        self.contract, self.acting = contract, acting
        self.side = contract.side_of(acting.organisation)
        self.state = State(contract.state)

    def can(self, permission: str, *sides: Side) -> bool:
        return self.side in sides and self.acting.can(permission)

    def url(self, name: str, *args) -> str:
        return reverse(name, args=[self.contract.number, *args])

    def all(self) -> list[Action]:
        parts = {
            State.DRAFT: self.draft,
            State.INTERNAL_REVIEW: self.review,
            State.OBJECTION: self.objections,
            State.SIGNING: self.signing,
            State.DELIVERY: self.delivery,
            State.IN_BREACH: self.breach,
            State.WIND_DOWN: self.wind_down,
        }
        found = list(parts.get(self.state, lambda: iter(()))())
        if self.state in RUNNING:
            found += self.running()
        if self.state in BEFORE_SIGNATURE and self.can("contract.declare", Side.LICENSOR, Side.LICENSEE):
            found.append(Action("withdraw", _("Withdraw"), self.url("contract_withdraw"), tone="danger"))
        return found

    def draft(self) -> Iterator[Action]:
        row = self.contract.current_terms_row
        if row.agreed_at is None and self.side == Side.LICENSEE:
            yield Action(
                "revision", _("Look at the changed terms"), self.url("contract_revision"), tone="main"
            )
        declared = {one.side for one in self.contract.declarations.all()}
        if self.can("contract.declare", Side.LICENSOR, Side.LICENSEE):
            tone = "plain" if self.side in declared else "main"
            yield Action("declare", _("Declare relations"), self.url("contract_declare"), tone=tone)
        if self.can("contract.draft", Side.LICENSOR, Side.AGENCY):
            yield Action("change", _("Complete the draft"), self.url("contract_change"))
            if self.side == Side.LICENSOR:
                yield Action("revise", _("Change the terms"), self.url("contract_revise"))
            yield Action(
                "submit",
                _("Send to review"),
                self.url("contract_submit"),
                _(
                    "The contract goes to the licensor's approvers. While they look at it, nothing is changed."
                ),
                "main" if len(declared) > 1 else "plain",
            )

    def review(self) -> Iterator[Action]:
        contract = self.contract
        reviews = self.can("contract.review", Side.LICENSOR) and not contract.was_drafted_by(self.acting.user)
        if contract.approved_at is None:
            if reviews:
                yield Action("review", _("Review"), self.url("contract_review"), tone="main")
            return
        if reviews:
            yield Action("return", _("Return to the drafter"), self.url("contract_return"))
        if self.can("notice.open", Side.LICENSOR):
            yield Action(
                "open_notice",
                _("Open the public notice"),
                self.url("contract_notice_open"),
                _("The text is frozen and published for anybody to read; the days begin tomorrow."),
                "main",
            )

    def objections(self) -> Iterator[Action]:
        if not self.can("objection.decide", Side.LICENSOR):
            return
        rows = Objection.objects.filter(notice__contract=self.contract, state=ObjectionState.OPEN)
        for row in rows.order_by("decide_by"):
            yield Action(
                "objection", _("Decide about an objection"), self.url("contract_objection", row.pk), tone="main",
                words=f"{row.decide_by:%Y-%m-%d}",
            )  # fmt: skip

    def signing(self) -> Iterator[Action]:
        living = [row for row in self.contract.signatures.all() if row.void_at is None]
        if self.can("contract.sign", *Side):
            if self.side not in {row.side for row in living}:
                yield Action("sign", _("Read and sign"), self.url("contract_sign"), tone="main")
                yield Action("scan", _("Upload a scan signed by hand"), self.url("contract_scan"))
            for row in living:
                if self.confirms(row):
                    yield Action(
                        "confirm_scan", _("Confirm a scan"), self.url("contract_scan_confirm", row.pk), tone="main",
                        words=row.organisation.name,
                    )  # fmt: skip
        if self.can("contract.draft", Side.LICENSOR, Side.AGENCY):
            yield Action("recall", _("Take back to the draft"), self.url("contract_recall"), tone="danger")

    def confirms(self, row: Signature) -> bool:
        confirmer = Side.LICENSEE if row.side == Side.LICENSOR else Side.LICENSOR
        return row.confirmed_at is None and self.side == confirmer

    def delivery(self) -> Iterator[Action]:
        stated = any(row.state == DeliveryState.STATED for row in self.contract.deliveries.all())
        if not stated and self.can("contract.deliver", Side.LICENSOR):
            yield Action("deliver", _("State the delivery"), self.url("contract_deliver"), tone="main")
        if stated and self.can("delivery.accept", Side.LICENSEE):
            yield Action(
                "accept",
                _("Accept the delivery"),
                self.url("contract_delivery_accept"),
                _("Today becomes the day of delivery; free use begins or goes on."),
                "main",
            )
            yield Action("reject", _("Say what is missing"), self.url("contract_delivery_reject"))

    def running(self) -> Iterator[Action]:
        contract = self.contract
        parties = (Side.LICENSOR, Side.LICENSEE)
        deciding = self.state in (*TRYING, State.ACTIVE, State.IN_BREACH) and contract.option_is_open
        if deciding and self.can("decision.make", Side.LICENSEE):
            yield Action("decide", _("Decide"), self.url("contract_decide"), tone="main")
        if self.state in TRYING:
            asked = [row for row in contract.extensions.all() if row.state == ExtensionState.ASKED]
            if asked and self.can("extension.answer", Side.LICENSOR):
                url = self.url("contract_extension_answer", asked[0].pk)
                yield Action("answer_extension", _("Answer the extension"), url, tone="main")
            granted = sum(row.state == ExtensionState.GRANTED for row in contract.extensions.all())
            left = contract.terms.trial.extensions - granted
            if not asked and left > 0 and self.can("extension.ask", Side.LICENSEE):
                yield Action("extend", _("Ask for an extension"), self.url("contract_extension"))
        if self.can("fact.record", *parties):
            yield Action("fact", _("Record first income or another fact"), self.url("contract_fact_new"))
        if self.can("breach.notify", *parties):
            yield Action("breach", _("Notify a breach"), self.url("contract_breach"))
            if not contract.disputed:
                yield Action("dispute", _("Mark as disputed"), self.url("contract_dispute"))
            elif contract.dispute_side == self.side:
                yield Action(
                    "settle",
                    _("The dispute is settled"),
                    self.url("contract_dispute_settle"),
                    _("Charges are made again."),
                )
        yield from self.amending()
        if self.can("contract.terminate", *parties):
            yield Action("invalidate", _("The right is gone"), self.url("contract_invalidate"), tone="danger")

    def amending(self) -> Iterator[Action]:
        """The open amendment, with what this side can do about it; or a new one."""
        row = next((one for one in self.contract.amendments.all() if one.is_open), None)
        if row is None:
            if self.can("offer.make", Side.LICENSOR, Side.LICENSEE):
                yield Action("amend", _("Propose an amendment"), self.url("amendment_propose"))
            return
        mine = (
            (row.state == AmendmentState.PROPOSED and self.can("offer.accept", row.other_side))
            or (row.state == AmendmentState.AGREED and self.can("notice.open", Side.LICENSOR))
            or (row.state == AmendmentState.SIGNING and self.can("contract.sign", *Side))
        )
        tone = "main" if mine else "plain"
        yield Action("amendment", _("Amendment"), row.get_absolute_url(), tone=tone, words=str(row.number))

    def breach(self) -> Iterator[Action]:
        late = False
        for row in self.contract.breaches.all():
            if row.state not in (BreachState.OPEN, BreachState.UNCURED) or row.against == self.side:
                continue
            if self.can("breach.notify", Side.LICENSOR, Side.LICENSEE):
                yield Action(
                    "cure", _("Confirm the cure"), self.url("contract_breach_cure", row.pk), tone="main",
                    words=str(row.get_kind_display()),
                )  # fmt: skip
            late = late or row.cure_until < today()
        if late and self.can("contract.terminate", Side.LICENSOR, Side.LICENSEE):
            yield Action("terminate", _("Terminate"), self.url("contract_terminate"), tone="danger")

    def wind_down(self) -> Iterator[Action]:
        row = self.contract.wind_down
        if row.certified_at is None and self.can("wind_down.confirm", Side.LICENSEE):
            yield Action(
                "certify", _("Send the stop-use certificate"), self.url("contract_stop"), tone="main"
            )
        if row.certified_at and row.confirmed_at is None and self.can("wind_down.confirm", Side.LICENSOR):
            url = self.url("contract_stop_confirm")
            yield Action("confirm_stop", _("Check the stop-use certificate"), url, tone="main")


def actions_for(contract: LicenceContract, acting) -> list[Action]:
    """Every step that this person can take now; empty for people of other organisations."""
    return Offer(contract, acting).all() if contract.side_of(acting.organisation) else []


def fact_actions(fact: ContractFact, contract: LicenceContract, acting) -> dict[str, bool]:
    """confirm, void, correct: what this person can do about a fact."""
    offer = Offer(contract, acting)
    parties = (Side.LICENSOR, Side.LICENSEE)
    alive = contract.state in (*RUNNING, State.WIND_DOWN) and fact.state != FactState.VOID
    record = alive and offer.can("fact.record", *parties)
    waiting = fact.state == FactState.RECORDED
    return {
        "confirm": alive and waiting and offer.side != fact.side and offer.can("fact.confirm", *parties),
        "void": record and (waiting or offer.side == Side.LICENSOR),
        "correct": record and not hasattr(fact, "replaced_by"),
    }


def open_breaches(contract: LicenceContract) -> list[Breach]:
    return [row for row in contract.breaches.all() if row.state in (BreachState.OPEN, BreachState.UNCURED)]
