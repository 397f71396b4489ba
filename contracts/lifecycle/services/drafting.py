"""From the agreed term sheet to a complete draft; nothing is typed again."""

from datetime import date

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contracts.lifecycle import rights
from contracts.lifecycle.models import (
    ContractAnnex,
    ContractSeries,
    ContractTerms,
    Declaration,
    LicenceContract,
    PublicNotice,
)
from contracts.lifecycle.services.steps import enter, move, tell, words_of
from contracts.lifecycle.states import BEFORE_SIGNATURE, NoticeState, PricingMethod, Side, State
from marketplace import terms as language
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.deals.models import Deal, TermSheet
from marketplace.deals.models.offer import sealed
from marketplace.organisations.acting import Acting, permit
from marketplace.programmes.models import PilotProgramme
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused

DRAFTERS = (Side.LICENSOR, Side.AGENCY)
BOTH = (Side.LICENSOR, Side.LICENSEE)


@transaction.atomic
def draft_contract(
    term_sheet: TermSheet,
    *,
    actor: Acting,
    pricing_method: str = PricingMethod.NEGOTIATED,
    text_language: str = "both",
    unrelated: bool = False,
) -> LicenceContract:
    """Draft the contract of an agreed term sheet: parties, subject, terms and annexes are copied.

    For the licensor's contract officer, or the broker of the deal. With `unrelated` the licensor declares in the
    same breath that it is not related to the licensee. Raises Refused for a term sheet whose seal is
    broken, that has a living contract already, for a listing that was taken off the market and for parties that
    are not verified.
    """
    # Term sheets are append-only and cannot be locked: two drafts at once queue at their deal.
    deal = (
        Deal.objects.select_for_update(of=("self",))
        .select_related("licensor", "licensee", "agency", "listing")
        .get(pk=term_sheet.deal_id)
    )
    sheet = TermSheet.objects.select_related("deal").get(pk=term_sheet.pk)
    if not (actor.is_for(deal.licensor) or (deal.agency_id and actor.is_for(deal.agency))):
        raise NotPermitted(_("The licensor or the agency of the deal drafts the contract."))
    others = [deal.licensee] if actor.is_for(deal.licensor) else [deal.licensor, deal.licensee]
    for other in others:
        permit(actor, "contract.draft", actor.organisation, against=other)
    if not sheet.is_intact():
        raise Refused(_("The term sheet is not what was agreed: its seal is broken. Tell the operator."))
    if sheet.contracts.exclude(state=State.WITHDRAWN).exists():
        raise TransitionRefused(_("There is a contract of this term sheet already."))
    if not deal.listing.live:
        raise Refused(_("The listing was taken off the market; a contract needs a published one."))
    for party in (deal.licensor, deal.licensee, deal.agency):
        if party is not None and not party.is_verified:
            raise Refused(_("%(name)s is not verified at present.") % {"name": party.name})
    contract = LicenceContract.objects.create(
        number=_next_number(),
        term_sheet=sheet,
        licensor=deal.licensor,
        licensee=deal.licensee,
        agency=deal.agency,
        programme=_offered_under(sheet.snapshot),
        pricing_method=PricingMethod(pricing_method),
        text_language=text_language,
        subject=sheet.snapshot,
        right_numbers=rights.numbers_of(sheet.snapshot),
        state_since=now(),
        drafted_by=actor.user,
        drafted_for=actor.organisation,
        drafted_at=now(),
    )
    ContractTerms.objects.create(
        contract=contract,
        number=1,
        terms=sheet.terms,
        terms_hash=sheet.terms_hash,
        made_at=now(),
        agreed_at=sheet.agreed_at,
    )
    annex = sheet.contributor_annex
    ContractAnnex.objects.create(
        contract=contract,
        kind=ContractAnnex.Kind.CONTRIBUTORS,
        owner=deal.licensor,
        readers=[deal.licensor_id],
        content=annex.content,
        hash=sealed(annex.content),
        created_at=now(),
    )
    record(actor, "contract.drafted", contract, sheet=sheet.hash, terms=sheet.terms_hash)
    tell(
        contract, "drafted", (Side.LICENSOR, "contract.declare"), (Side.LICENSEE, "contract.declare"),
        (Side.AGENCY, "contract.read"),
    )  # fmt: skip
    if unrelated:
        declare_relation(contract, actor=actor, is_related=False)
    return contract


def _offered_under(snapshot: dict) -> PilotProgramme | None:
    return PilotProgramme.objects.filter(code=snapshot["listing"].get("programme")).first()


def _next_number() -> str:
    ContractSeries.objects.get_or_create(year=today().year)
    series = ContractSeries.objects.select_for_update().get(year=today().year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"C-{series.year}-{series.last:06d}"


def _in_draft(contract: LicenceContract) -> None:
    if contract.state != State.DRAFT:
        raise TransitionRefused(_("This can only be changed while the contract is a draft."))


@transaction.atomic
def change_draft(
    contract: LicenceContract,
    *,
    actor: Acting,
    pricing_method: str,
    text_language: str,
    agreed_effective_on: date | None = None,
    team_consent_on: date | None = None,
    outside_programme: bool = False,
) -> LicenceContract:
    """Set what the term sheet does not say. `agreed_effective_on` takes effect no earlier than the last
    signature; the team's consent is recorded with its day; `outside_programme` leaves the pilot programme that the
    result was offered under, whose conditions then bind nobody. Raises Refused for days that cannot be."""
    contract, _stands = enter(contract, actor=actor, permission="contract.draft", sides=DRAFTERS)
    _in_draft(contract)
    if agreed_effective_on and agreed_effective_on < today():
        raise Refused(_("A contract cannot take effect before it is signed; choose a day from today on."))
    if team_consent_on and team_consent_on > today():
        raise Refused(_("The team's consent cannot lie in the future."))
    contract.pricing_method, contract.text_language = PricingMethod(pricing_method), text_language
    contract.agreed_effective_on, contract.team_consent_on = agreed_effective_on, team_consent_on
    contract.programme = None if outside_programme else _offered_under(contract.subject)
    contract.save(
        update_fields=[
            "pricing_method",
            "text_language",
            "agreed_effective_on",
            "team_consent_on",
            "programme",
        ]
    )
    under = contract.programme.code if contract.programme else ""
    record(actor, "contract.draft_changed", contract, pricing=str(contract.pricing_method), programme=under)
    return contract


@transaction.atomic
def declare_relation(
    contract: LicenceContract, *, actor: Acting, is_related: bool, details: str = ""
) -> Declaration:
    """A party declares whether it is related to the other one (shares, posts, family) and how.

    Each side for itself, while the contract is a draft; a later declaration replaces the earlier one.
    """
    contract, side = enter(contract, actor=actor, permission="contract.declare", sides=BOTH)
    _in_draft(contract)
    needed = _("Say in what way the parties are related: it stands in the public notice.")
    details = words_of(details, needed=needed if is_related else "")
    declaration, _made = Declaration.objects.update_or_create(
        contract=contract,
        side=side,
        defaults={
            "is_related": is_related,
            "details": details if is_related else "",
            "declared_by": actor.user,
            "declared_at": now(),
        },
    )
    record(actor, "contract.declared", contract, side=str(side), related=is_related)
    return declaration


@transaction.atomic
def revise_terms(
    contract: LicenceContract, *, actor: Acting, terms: language.Terms, reason: str
) -> ContractTerms:
    """The licensor changes the terms of a draft, with a reason; the licensee must agree before review.

    Raises Incomplete for terms that contradict themselves, Refused when nothing changes.
    """
    contract, side = enter(contract, actor=actor, permission="contract.draft", sides=(Side.LICENSOR,))
    _in_draft(contract)
    reason = words_of(reason, needed=_("Say why the terms change: the other side reads it."))
    wrong = [problem for problem in language.check(terms) if problem.severity == language.ERROR]
    if wrong:
        raise Incomplete(
            [problem.message(get_language() or "zh-hans") for problem in wrong],
            _("These terms contradict themselves."),
        )
    last = contract.current_terms_row
    terms_hash = language.hash_of(terms)
    if terms_hash == last.terms_hash:
        raise Refused(_("These are the terms as they stand; nothing would change."))
    row = ContractTerms.objects.create(
        contract=contract,
        number=last.number + 1,
        terms=language.write(terms),
        terms_hash=terms_hash,
        reason=reason,
        made_for=side,
        made_by=actor.user,
        made_at=now(),
    )
    record(actor, "contract.terms_revised", contract, version=row.number, terms=terms_hash)
    tell(contract, "terms_revised", (Side.LICENSEE, "offer.accept"), reason=reason)
    return row


@transaction.atomic
def agree_revision(contract: LicenceContract, *, actor: Acting, version: int) -> ContractTerms:
    """The licensee agrees to the changed terms that it has before it (`version`).

    Raises TransitionRefused when a newer version was made meanwhile or this one is agreed already.
    """
    contract, _stands = enter(contract, actor=actor, permission="offer.accept", sides=(Side.LICENSEE,))
    _in_draft(contract)
    row = contract.current_terms_row
    if row.number != version or row.agreed_at is not None:
        raise TransitionRefused(_("The terms were changed again, or agreed already. Look at them first."))
    row.agreed_at = now()
    row.save(update_fields=["agreed_at"])
    record(actor, "contract.revision_agreed", contract, version=row.number, terms=row.terms_hash)
    tell(contract, "revision_agreed", (Side.LICENSOR, "contract.draft"))
    return row


@transaction.atomic
def withdraw_contract(contract: LicenceContract, *, actor: Acting, reason: str) -> LicenceContract:
    """Either party withdraws from a contract that is not signed by all, with a reason. The term sheet stays, so
    that a new contract can be drafted from it."""
    contract, _side = enter(contract, actor=actor, permission="contract.declare", sides=BOTH)
    if contract.state not in BEFORE_SIGNATURE:
        raise TransitionRefused(current=contract.state, target=State.WITHDRAWN)
    reason = words_of(reason, needed=_("Say why: the other side reads it."))
    withdraw(contract, actor=actor, reason=reason)
    tell(
        contract, "withdrawn", (Side.LICENSOR, "contract.read"), (Side.LICENSEE, "contract.read"),
        (Side.AGENCY, "contract.read"), reason=reason,
    )  # fmt: skip
    return contract


def withdraw(contract: LicenceContract, *, actor: Acting | None, reason: str) -> None:
    """Close a locked contract before its signature, with everything that hangs open on it."""
    for notice in PublicNotice.objects.select_for_update().filter(contract=contract).running():
        notice.state, notice.ended_at = NoticeState.WITHDRAWN, now()
        notice.save(update_fields=["state", "ended_at"])
        notice.objections.filter(state="OPEN").update(
            state="MOOT", decided_at=now(), reason=_("The contract was withdrawn.")
        )
    move(contract, State.WITHDRAWN, actor=actor)
    contract.closed_on, contract.closed_words = today(), reason
    contract.save(update_fields=["closed_on", "closed_words"])
