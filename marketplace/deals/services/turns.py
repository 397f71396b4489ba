"""Whose turn it is, and who is told."""

from marketplace.clock import now
from marketplace.deals.models import Deal
from marketplace.deals.states import Step, WaitsFor
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members


def turn(deal: Deal, waits_for: str, step: str) -> None:
    """Say who has to act next. The waiting time starts anew only when somebody else is waited for."""
    deal.last_activity_at = now()
    if deal.waits_for != waits_for or deal.next_step != step:
        deal.waiting_since = deal.last_activity_at
    deal.waits_for, deal.next_step = WaitsFor(waits_for), Step(step)
    deal.save(update_fields=["last_activity_at", "waiting_since", "waits_for", "next_step"])


def touch(deal: Deal) -> None:
    """Something happened that changes nobody's turn."""
    deal.last_activity_at = now()
    deal.save(update_fields=["last_activity_at"])


def tell(deal: Deal, template: str, *, actor: Acting, everybody: bool = False, **context) -> None:
    """Tell those who negotiate for the other organisations one fact; with `everybody` all who may read the
    deal, also in the actor's own organisation, except the actor."""
    permission = "deal.read" if everybody else "deal.write"
    users = [
        user
        for _side, organisation in deal.sides
        if everybody or not actor.is_for(organisation)
        for user in members(organisation, permission)
        if actor.user is None or user.pk != actor.user.pk
    ]
    notify(
        users,
        f"deals/{template}",
        path=deal.get_absolute_url(),
        deal=deal,
        by=actor.organisation,
        **context,
    )
