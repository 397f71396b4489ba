"""How views find a deal: among what the acting organisation may see, otherwise 404."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from marketplace.deals.models import Deal
from marketplace.deals.standing import Standing, standing


def find(request: HttpRequest, number: str) -> tuple[Deal, Standing]:
    """A deal in which the acting organisation takes part, and where it stands."""
    deal = get_object_or_404(Deal.objects.visible_to(request.acting).with_parties(), number=number)
    stands = standing(deal, request.acting)
    if stands is None:
        raise Http404
    return deal, stands
