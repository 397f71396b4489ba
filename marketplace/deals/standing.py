"""Who stands where in a deal, and the one door through which every service enters it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from marketplace.clock import today
from marketplace.deals.models import Deal
from marketplace.deals.states import PARTIES, Side
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import Mandate, MandateState
from marketplace.refusals import NotPermitted


@dataclass(frozen=True)
class Standing:
    """`side`: where the acting organisation stands. `speaks_for`: whose offers it may make and whose turn its
    words end: its own side, or for an agency the client of its mandate while that is in force; else None."""

    side: Side
    speaks_for: Side | None

    @property
    def is_party(self) -> bool:
        return self.side in PARTIES

    @property
    def is_agency(self) -> bool:
        return self.side == Side.AGENCY


def in_force(mandate: Mandate | None) -> bool:
    if mandate is None or mandate.state != MandateState.ACTIVE:
        return False
    return mandate.valid_from <= today() and (mandate.valid_to is None or mandate.valid_to >= today())


def standing(deal: Deal, acting: Acting) -> Standing | None:
    """Where the acting organisation stands in a deal; None when it takes no part."""
    side = deal.side_of(acting.organisation) if acting is not None else None
    if side is None:
        return None
    if side in PARTIES:
        return Standing(side, side)
    return Standing(side, deal.client_side() if in_force(deal.mandate) else None)


def enter(deal: Deal, *, actor: Acting, permission: str) -> tuple[Deal, Standing]:
    """Lock a deal for a step by `actor` and say where the actor stands.

    Raises NotPermitted for an organisation that takes no part, a role that may not, and a person who is also a
    member of an organisation on the other side (for an agency between both: of either side).
    """
    deal = Deal.objects.with_parties().select_for_update(of=("self",)).get(pk=deal.pk)
    stands = standing(deal, actor)
    if stands is None:
        raise NotPermitted(_("Your organisation takes no part in this deal."))
    if stands.speaks_for is not None:
        permit(actor, permission, actor.organisation, against=deal.party(stands.speaks_for.other))
    else:
        for side in PARTIES:
            permit(actor, permission, actor.organisation, against=deal.party(side))
    return deal, stands
