"""What the home page tells anybody: counts, one sum, and the newest of what everybody may read."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Case, Count, F, Q, Sum, Value, When, Window
from django.db.models.functions import RowNumber

from cms.models import Field, ListingPage, NeedPage
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import TRYING
from contracts.payments.models import Allocation
from marketplace.bilingual import language
from marketplace.clock import today
from marketplace.organisations.acting import Acting
from marketplace.organisations.models import Organisation
from marketplace.programmes.models import PilotProgramme

PUBLIC_NUMBERS_SECONDS = 60
CACHE_KEY = "market_numbers"
RECENT = 200  # among so many new listings those on the home page are chosen
ANYBODY = Acting(None)
NEWEST = F("first_published_at").desc(nulls_last=True)


@dataclass(frozen=True)
class MarketNumbers:
    """What anybody may know: counts and one sum, no contract among them. `paid_minor` is in fen; `by_field` and
    `by_programme` count public listings by the id of their discipline and programme."""

    listings: int
    institutions: int
    needs: int
    trials: int
    converted: int
    paid_minor: int
    by_field: dict[int, int]
    by_programme: dict[int, int]


def market_numbers() -> MarketNumbers:
    """The numbers of the home page, at most a minute old."""
    return cache.get_or_set(CACHE_KEY, _count_market, PUBLIC_NUMBERS_SECONDS)


def _count_market() -> MarketNumbers:
    listings = ListingPage.objects.visible_to(ANYBODY).order_by()
    # A licence that went on after its trial is counted also when it has ended since.
    contracts = LicenceContract.objects.aggregate(
        trials=Count("pk", filter=Q(state__in=TRYING)),
        converted=Count("pk", filter=Q(trial_starts_on__isnull=False, activated_on__isnull=False)),
    )
    paid = Allocation.objects.filter(invoice__currency="CNY").aggregate(total=Sum("amount_minor"))["total"]
    return MarketNumbers(
        listings=listings.count(),
        institutions=Organisation.objects.verified().research().count(),
        needs=NeedPage.objects.visible_to(ANYBODY).count(),
        trials=contracts["trials"],
        converted=contracts["converted"],
        paid_minor=paid or 0,
        by_field=_count_by(listings, "field"),
        by_programme=_count_by(listings, "programme"),
    )


def _count_by(listings, name: str) -> dict[int, int]:
    rows = listings.filter(**{f"{name}__isnull": False}).values_list(name).annotate(n=Count("pk"))
    return dict(rows)


@dataclass(frozen=True)
class Category:
    """A category of science with its fullest disciplines; `listings` counts the category whole."""

    field: Field
    listings: int
    disciplines: list[tuple[Field, int]]


def fields_with_listings(counts: dict[int, int], disciplines: int = 8) -> list[Category]:
    """The categories that hold public listings, the fullest first."""
    fields = list(Field.objects.filter(Q(pk__in=counts) | Q(children__in=counts)).distinct())
    found = []
    for top in (field for field in fields if field.parent_id is None):
        below = [(field, counts[field.pk]) for field in fields if field.parent_id == top.pk]
        total = counts.get(top.pk, 0) + sum(number for _field, number in below)
        below.sort(key=lambda pair: (-pair[1], pair[0].order))
        found.append(Category(top, total, below[:disciplines]))
    return sorted(found, key=lambda category: -category.listings)


def programmes_with_listings(counts: dict[int, int]) -> list[tuple[PilotProgramme, int]]:
    return [(row, counts.get(row.pk, 0)) for row in PilotProgramme.objects.filter(is_open=True)]


def newest_listings(limit: int = 6):
    """The newest public listings in the reader's language first, and of each institution one before its second:
    an import of a hundred patents must not push everybody else off the page."""
    everybody = ListingPage.objects.visible_to(ANYBODY)
    recent = everybody.order_by(NEWEST).values("pk")[:RECENT]
    foreign = Case(When(**{f"title_{language()}": ""}, then=Value(1)), default=Value(0))
    place = Window(
        RowNumber(),
        partition_by=[F("organisation"), F("foreign")],
        order_by=[NEWEST, F("pk").desc()],
    )
    rows = ListingPage.objects.filter(pk__in=recent).annotate(foreign=foreign).annotate(place=place)
    rows = rows.select_related("organisation").order_by("foreign", "place", NEWEST, "-pk")
    return rows[:limit]


def newest_needs(limit: int = 4):
    """The newest public needs; those that no longer take proposals only where there is room left."""
    over = Case(When(deadline_on__lt=today(), then=Value(1)), default=Value(0))
    found = NeedPage.objects.visible_to(ANYBODY).annotate(over=over)
    return found.order_by("over", NEWEST, "-pk")[:limit]
