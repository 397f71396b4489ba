from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.deals.models import Deal
from marketplace.deals.services.turns import tell, turn
from marketplace.deals.standing import enter
from marketplace.deals.states import NEXT, CloseReason, DealState, Step, WaitsFor
from marketplace.organisations.acting import Acting
from marketplace.refusals import NotPermitted, Refused, check

Guard = Callable[[Deal], str]
_guards: dict[str, Guard] = {}
MAX_NOTE = 2_000


def close_guard(function: Guard) -> Guard:
    """Register `function(deal) -> words` of a later step: why a deal must not be closed now, or ""."""
    _guards[f"{function.__module__}.{function.__qualname__}"] = function
    return function


@transaction.atomic
def close_deal(deal: Deal, *, actor: Acting, reason: str, note: str = "") -> Deal:
    """End a deal with a reason that the other side reads. Messages, offers and files stay readable.

    Raises Refused without a reason, or where a later step needs the deal; TransitionRefused when it is closed.
    """
    deal, stands = enter(deal, actor=actor, permission="deal.write")
    if stands.speaks_for is None:
        raise NotPermitted(_("Your agency speaks for neither side: there is no mandate in force."))
    check(deal.state, DealState.CLOSED, NEXT)
    note = (note or "").strip()
    if reason not in CloseReason.values:
        raise Refused(_("Choose a reason: the other side reads it."))
    if reason == CloseReason.OTHER and not note:
        raise Refused(_("Say in a few words why: the other side reads it."))
    if len(note) > MAX_NOTE:
        raise Refused(_("The note is too long: at most %(limit)s characters.") % {"limit": MAX_NOTE})
    for guard in _guards.values():
        if words := guard(deal):
            raise Refused(words)
    deal.state, deal.closed_at, deal.closed_by = DealState.CLOSED, now(), actor.user
    deal.closed_for, deal.closed_reason, deal.closed_note = stands.speaks_for, reason, note
    deal.save(update_fields=["state", "closed_at", "closed_by", "closed_for", "closed_reason", "closed_note"])
    turn(deal, WaitsFor.NOBODY, Step.NOTHING)
    deal.agency_invitations.filter(state__in=["PROPOSED", "AGREED"]).update(
        state="WITHDRAWN", answered_at=now(), answered_by=actor.user
    )
    record(actor, "deal.closed", deal, reason=reason, side=str(stands.speaks_for))
    tell(deal, "closed", actor=actor, everybody=True)
    return deal
