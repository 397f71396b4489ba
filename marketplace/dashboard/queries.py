"""Numbers over everything, for the home page, the desks and the operator."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Q, Sum

from cms.models import Field, ListingPage, NeedPage
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import State
from contracts.payments.models import Allocation
from marketplace.organisations.acting import Acting
from marketplace.organisations.models import Organisation
from marketplace.programmes.models import PilotProgramme

ON_TRIAL = (State.TRIAL, State.EXTENDED, State.DECISION_DUE)
IN_USE = (State.ACTIVE, State.PAID_UP)
PUBLIC_NUMBERS_SECONDS = 60


@dataclass(frozen=True)
class MarketNumbers:
    """What anybody may know: counts and one sum, no contract among them."""

    listings: int
    institutions: int
    needs: int
    trials: int
    converted: int
    paid_minor: int


def market_numbers() -> MarketNumbers:
    """The numbers of the home page, at most a minute old."""
    return cache.get_or_set("market_numbers", _count_market, PUBLIC_NUMBERS_SECONDS)


def _count_market() -> MarketNumbers:
    anybody = Acting(None)
    contracts = LicenceContract.objects.aggregate(
        trials=Count("pk", filter=Q(state__in=ON_TRIAL)), converted=Count("pk", filter=Q(state__in=IN_USE))
    )
    paid = Allocation.objects.filter(invoice__currency="CNY").aggregate(total=Sum("amount_minor"))["total"]
    return MarketNumbers(
        listings=ListingPage.objects.visible_to(anybody).count(),
        institutions=Organisation.objects.verified().research().count(),
        needs=NeedPage.objects.visible_to(anybody).count(),
        trials=contracts["trials"],
        converted=contracts["converted"],
        paid_minor=paid or 0,
    )


def fields_with_listings(limit: int = 12) -> list[Field]:
    """The top-level fields that hold public listings, the fullest first; each with `listings`."""
    anybody = ListingPage.objects.visible_to(Acting(None))
    counts: dict[int, int] = {}
    for row in anybody.order_by().values("field_id", "field__parent_id").annotate(n=Count("pk")):
        top = row["field__parent_id"] or row["field_id"]
        if top:
            counts[top] = counts.get(top, 0) + row["n"]
    fields = list(Field.objects.filter(pk__in=counts))
    for field in fields:
        field.listings = counts[field.pk]
    return sorted(fields, key=lambda field: -field.listings)[:limit]


def programmes_with_listings() -> list[PilotProgramme]:
    counts = dict(
        ListingPage.objects.visible_to(Acting(None))
        .order_by()
        .filter(programme__isnull=False)
        .values_list("programme")
        .annotate(n=Count("pk"))
    )
    programmes = list(PilotProgramme.objects.filter(is_open=True))
    for programme in programmes:
        programme.listings = counts.get(programme.pk, 0)
    return programmes


def newest_listings(limit: int = 6):
    found = ListingPage.objects.visible_to(Acting(None)).select_related("organisation", "programme")
    return found.order_by("-first_published_at")[:limit]


def newest_needs(limit: int = 4):
    found = NeedPage.objects.visible_to(Acting(None)).select_related("organisation")
    return found.order_by("-first_published_at")[:limit]
