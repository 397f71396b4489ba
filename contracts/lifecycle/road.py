"""The road across the top of a contract's page: what is done, where it stands, what is to come, with days."""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import OVER, NoticeState, State
from marketplace.clock import ZONE

ORDER = ("agreed", "review", "notice", "signed", "delivered", "trial", "decision", "active", "closed")
PLACE = {
    State.DRAFT: "review",
    State.INTERNAL_REVIEW: "review",
    State.PUBLIC_NOTICE: "notice",
    State.OBJECTION: "notice",
    State.SIGNING: "signed",
    State.DELIVERY: "delivered",
    State.TRIAL: "trial",
    State.EXTENDED: "trial",
    State.DECISION_DUE: "decision",
    State.ACTIVE: "active",
    State.PAID_UP: "active",
    State.WIND_DOWN: "closed",
}


def road(contract: LicenceContract) -> list[dict]:
    """Steps for the `road` tag. Steps that this contract skips (no notice, nothing to decide) are left out."""
    terms = contract.terms
    own = (row for row in contract.notices.all() if row.amendment_id is None)
    notice = max(
        own, key=lambda row: row.pk, default=None
    )  # an amendment's own notice is no step of this road
    decision = getattr(contract, "decision", None)
    decided = decision.on if decision else None
    days = {
        "agreed": (_("Agreement"), _day(contract.term_sheet.agreed_at), ""),
        "review": (_("Review"), _day(contract.approved_at), ""),
        "notice": (_("Public notice"), notice.ends_on if notice else None, _notice_note(contract, notice)),
        "signed": (_("Signature"), _day(contract.signed_at), ""),
        "delivered": (_("Delivery"), contract.delivered_on, ""),
        "trial": (
            _("Free use"),
            _last_free_day(contract),
            _months(terms.trial.months + contract.extension_months) if terms.trial else "",
        ),
        "decision": (
            _("Decision"),
            decided or contract.decision_due_on,
            str(decision.get_choice_display()) if decision else "",
        ),
        "active": (
            _("In force"),
            contract.activated_on,
            _("paid up") if contract.state == State.PAID_UP else "",
        ),
        "closed": (_("Closing"), contract.closed_on or contract.term_ends_on, ""),
    }
    skipped = set()
    if contract.pricing_method != "NEGOTIATED" and notice is None:
        skipped.add("notice")
    if terms.trial is None:
        skipped |= {"trial", "decision"}
    if not terms.has_option:
        skipped.add("decision")
    if contract.state in OVER and contract.activated_on is None:
        skipped.add("active")
    here = _here(contract)
    keys = [key for key in ORDER if key not in skipped]
    place = keys.index(here) if here in keys else len(keys)
    return [
        {
            "key": key,
            "label": days[key][0],
            "on": days[key][1],
            "note": days[key][2],
            "state": "done" if number < place else "now" if number == place else "next",
        }
        for number, key in enumerate(keys)
    ]


def _day(moment: datetime | None) -> date | None:
    """The day of a moment in the market's time zone."""
    return moment.astimezone(ZONE).date() if moment else None


def _notice_note(contract: LicenceContract, notice) -> str:
    if notice is None:
        return ""
    if contract.state == State.OBJECTION:
        return _("objection")
    if notice.state != NoticeState.RUNNING:
        return ""
    return ngettext("%(days)s day", "%(days)s days", notice.days) % {"days": notice.days}


def _months(number: int) -> str:
    return ngettext("%(months)s month", "%(months)s months", number) % {"months": number}


def _last_free_day(contract: LicenceContract) -> date | None:
    """The day before a trigger that fired early, otherwise as agreed."""
    ends, active = contract.trial_ends_on, contract.activated_on
    return active - timedelta(days=1) if ends and active and active <= ends else ends


def _here(contract: LicenceContract) -> str | None:
    """The step at which the contract stands; None when the road is done. A withdrawn one stays where it ended."""
    if contract.state == State.IN_BREACH:
        return PLACE.get(State(contract.resume_state), "active")
    if contract.state == State.WITHDRAWN:
        return "notice" if contract.approved_at else "review"
    return PLACE.get(State(contract.state))
