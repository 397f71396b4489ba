"""What a contract waits for: who must act next, what for, and by when. Pages, the list and the desk tell the same."""

from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import (
    RUNNING,
    AmendmentState,
    BreachState,
    DeliveryState,
    ExtensionState,
    FactState,
    Side,
    State,
)


@dataclass(frozen=True)
class Wait:
    """`sides` who must act (empty: nobody, time passes), `what` in words, `permission` of the people who can."""

    sides: tuple[Side, ...]
    what: str | Promise
    due_on: date | None = None
    permission: str = "contract.read"


BOTH = (Side.LICENSOR, Side.LICENSEE)
PREFETCH = (
    "versions", "declarations", "signatures", "deliveries", "extensions", "breaches", "facts", "amendments",
)  # fmt: skip


def waits_of(contract: LicenceContract) -> list[Wait]:
    """Everything that is waited for now, the main thing first. Uses what the caller has prefetched (PREFETCH)."""
    found = _BY_STATE[State(contract.state)](contract)
    if contract.state not in (*RUNNING, State.WIND_DOWN):
        return found
    return [*found, *_facts(contract), *_amendments(contract)]


def _amendments(contract: LicenceContract) -> list[Wait]:
    """Whom the open amendment waits for; while it is on notice, for nobody."""
    found = []
    for row in contract.amendments.all():
        if row.state == AmendmentState.PROPOSED:
            what = _("answer the proposed amendment")
            found.append(Wait((row.other_side,), what, row.act_by, "offer.accept"))
        elif row.state == AmendmentState.AGREED:
            what = _("put the agreed amendment on public notice")
            found.append(Wait((Side.LICENSOR,), what, None, "notice.open"))
        elif row.state == AmendmentState.SIGNING:
            signed = {one.side for one in contract.signatures.all() if one.document_id == row.document_id}
            missing = tuple(side for side, _party in contract.parties if side not in signed)
            found.append(Wait(missing, _("sign the amendment"), row.act_by, "contract.sign"))
    return found


def _facts(contract: LicenceContract) -> list[Wait]:
    """Facts that the other side has still to confirm, one line for each side that has to."""
    waiting = {row.side for row in contract.facts.all() if row.state == FactState.RECORDED}
    what = _("confirm a fact that the other side put on record")
    return [
        Wait((Side.LICENSEE if side == Side.LICENSOR else Side.LICENSOR,), what, None, "fact.confirm")
        for side in sorted(waiting)
    ]


def _none(contract: LicenceContract) -> list[Wait]:
    return []


def _draft(contract: LicenceContract) -> list[Wait]:
    found = []
    declared = {declaration.side for declaration in contract.declarations.all()}
    row = contract.current_terms_row
    if row.agreed_at is None:
        found.append(Wait((Side.LICENSEE,), _("agree to the changed terms"), None, "offer.accept"))
    missing = tuple(side for side in BOTH if side not in declared)
    if missing:
        found.append(Wait(missing, _("declare whether the parties are related"), None, "contract.declare"))
    found.append(
        Wait((contract.drafter_side,), _("complete the draft and send it to review"), None, "contract.draft")
    )
    return found


def _review(contract: LicenceContract) -> list[Wait]:
    if contract.approved_at is None:
        return [Wait((Side.LICENSOR,), _("review the contract"), contract.act_by, "contract.review")]
    return [Wait((Side.LICENSOR,), _("open the public notice"), contract.act_by, "notice.open")]


def _notice(contract: LicenceContract) -> list[Wait]:
    return [Wait((), _("the end of the public notice"), contract.act_by)]


def _objection(contract: LicenceContract) -> list[Wait]:
    return [Wait((Side.LICENSOR,), _("decide about the objection"), contract.act_by, "objection.decide")]


def _signing(contract: LicenceContract) -> list[Wait]:
    living = [row for row in contract.signatures.all() if row.void_at is None]
    signed = {row.side for row in living}
    found = [
        Wait(
            (Side.LICENSEE if row.side == Side.LICENSOR else Side.LICENSOR,),
            _("confirm the scan signed by hand"),
            contract.act_by,
            "contract.sign",
        )
        for row in living
        if row.confirmed_at is None
    ]
    missing = tuple(side for side, _party in contract.parties if side not in signed)
    if missing:
        found.append(Wait(missing, _("sign the contract"), contract.act_by, "contract.sign"))
    return found


def _delivery(contract: LicenceContract) -> list[Wait]:
    if any(delivery.state == DeliveryState.STATED for delivery in contract.deliveries.all()):
        return [Wait((Side.LICENSEE,), _("accept the delivery"), contract.act_by, "delivery.accept")]
    return [Wait((Side.LICENSOR,), _("deliver the result"), contract.act_by, "contract.deliver")]


def _extension(contract: LicenceContract) -> list[Wait]:
    asked = [row for row in contract.extensions.all() if row.state == ExtensionState.ASKED]
    what = _("answer the request for an extension")
    return [Wait((Side.LICENSOR,), what, contract.trial_ends_on, "extension.answer") for _row in asked]


def _trial(contract: LicenceContract) -> list[Wait]:
    found = _extension(contract)
    if contract.option_is_open:
        what = _("try the result and decide by the last day of free use")
        found.append(Wait((Side.LICENSEE,), what, contract.trial_ends_on, "decision.make"))
    else:
        found.append(Wait((), _("the end of free use, or the agreed trigger"), contract.trial_ends_on))
    return found


def _decision(contract: LicenceContract) -> list[Wait]:
    what = _("decide whether to convert")
    return [
        Wait((Side.LICENSEE,), what, contract.trial_ends_on, "decision.make"),
        *_extension(contract),
    ]


def _active(contract: LicenceContract) -> list[Wait]:
    if contract.option_is_open:
        what = _("decide about the options that are still open")
        return [Wait((Side.LICENSEE,), what, contract.trial_ends_on, "decision.make")]
    return [Wait((), _("the end of the term; reports and payments run"), contract.term_ends_on)]


def _breach(contract: LicenceContract) -> list[Wait]:
    found = []
    for breach in contract.breaches.all():
        if breach.state == BreachState.OPEN:
            found.append(Wait((Side(breach.against),), _("cure the breach"), breach.cure_until))
        elif breach.state == BreachState.UNCURED:
            other = Side.LICENSOR if breach.against == Side.LICENSEE else Side.LICENSEE
            what = _("confirm the cure of the breach, or terminate")
            found.append(Wait((other,), what, None, "contract.terminate"))
    return found


def _paid_up(contract: LicenceContract) -> list[Wait]:
    return [Wait((), _("the end of the term; nothing more is charged"), contract.term_ends_on)]


def _wind_down(contract: LicenceContract) -> list[Wait]:
    row = contract.wind_down
    if row.certified_at is None:
        what = _("stop using the result and send the stop-use certificate")
        return [Wait((Side.LICENSEE,), what, row.certificate_due_on, "wind_down.confirm")]
    if row.confirmed_at is None:
        return [Wait((Side.LICENSOR,), _("confirm the stop-use certificate"), None, "wind_down.confirm")]
    what = _("the final report and open payments")
    return [Wait((Side.LICENSEE,), what, row.final_report_due_on, "report.submit")]


_BY_STATE = {
    State.DRAFT: _draft,
    State.INTERNAL_REVIEW: _review,
    State.PUBLIC_NOTICE: _notice,
    State.OBJECTION: _objection,
    State.SIGNING: _signing,
    State.DELIVERY: _delivery,
    State.TRIAL: _trial,
    State.EXTENDED: _trial,
    State.DECISION_DUE: _decision,
    State.ACTIVE: _active,
    State.IN_BREACH: _breach,
    State.PAID_UP: _paid_up,
    State.WIND_DOWN: _wind_down,
    State.CLOSED_EXPIRED: _none,
    State.CLOSED_DECLINED: _none,
    State.TERMINATED: _none,
    State.INVALIDATED: _none,
    State.WITHDRAWN: _none,
}

EXPLAINED = {
    State.DRAFT: _(
        "The contract was made from the agreed term sheet. It goes to internal review once nothing is missing and both sides have declared whether they are related."
    ),
    State.INTERNAL_REVIEW: _(
        "Somebody of the licensor other than the drafter looks at the contract. A negotiated price is then put on public notice; otherwise signing opens."
    ),
    State.PUBLIC_NOTICE: _(
        "Price and parties stand on a public page, and anybody may object. When the days are over without an open objection, signing opens by itself."
    ),
    State.OBJECTION: _(
        "Somebody objected. The licensor decides with a reason within 15 working days. The days of the notice run on, but the contract cannot go on before the decision."
    ),
    State.SIGNING: _(
        "The text is fixed. Each party consents to exactly this file, after proving again who they are, or uploads a scan signed by hand. The last signature sets the contract in force."
    ),
    State.DELIVERY: _(
        "The contract is signed. The licensor hands over the technical material; the licensee accepts it or says what is missing."
    ),
    State.TRIAL: _(
        "The licensee uses the result free of charge, within the agreed scope. If the agreed trigger fires, the contract is in force even if nobody decides."
    ),
    State.EXTENDED: _("Free use was extended. Otherwise it is as before: within the agreed scope, and free."),
    State.DECISION_DUE: _(
        "Free use ends soon. The licensee decides until the end of the last day; a decision on that day is in time, and silence counts as agreed."
    ),
    State.ACTIVE: _(
        "The licence is in force: the licensee reports, charges follow from the terms, invoices from the charges."
    ),
    State.IN_BREACH: _(
        "A breach was notified. If it is cured in time the contract goes on where it was; if not, the other side may terminate. The contract's other clocks run on."
    ),
    State.PAID_UP: _("Nothing more can be charged. Invoices that are still open stay due; use goes on."),
    State.WIND_DOWN: _(
        "Use has ended. The licensee certifies that it has stopped and what happened to the material; the contract closes when the final report is accepted and everything is paid."
    ),
    State.CLOSED_EXPIRED: _("The term ended and everything is settled."),
    State.CLOSED_DECLINED: _("The licensee did not convert, and everything is settled."),
    State.TERMINATED: _("The contract was terminated after a breach. What was owed stays owed."),
    State.INVALIDATED: _("The right behind the licence is gone. Nothing accrues after that day."),
    State.WITHDRAWN: _(
        "The contract was withdrawn before it was signed by all. A new one can be drafted from the same term sheet."
    ),
}
