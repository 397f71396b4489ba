"""What the daily sums say: read by rating, reports, pages and the API; events themselves are never scanned."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Collate

from contracts.lifecycle.models import ContractTerms, LicenceContract
from contracts.rating import Closed, TermsVersion
from contracts.rating import UsageRow as RatedRow
from contracts.rating.usage import SALES
from contracts.usage.metering.cloudevents import day_number, day_of
from contracts.usage.metering.models import DailyUsage, DeemedClosing, EventKind, RefusedEvent, UsageEvent
from marketplace.clock import ZONE

SALES_METER = "sales"
INVOICED = "invoiced_incl_vat"


def metered_contracts():
    """Contracts of which any version of the terms meters a figure."""
    versions = ContractTerms.objects.filter(terms__report__metered__0__isnull=False)
    return LicenceContract.objects.filter(pk__in=versions.values("contract"))


class Recorded(NamedTuple):
    """What is on record of one contract's events now: days with events that count, closings, the keys of what was
    voided, and what is deemed of periods that nobody closed."""

    days: list[DailyUsage]
    closings: list[UsageEvent]
    voided: set[tuple[str, str]]
    deemed: list[DeemedClosing]


def recorded(contracts: Sequence[int]) -> dict[int, Recorded]:
    """For several contracts, by id, in four queries."""
    found = {pk: Recorded([], [], set(), []) for pk in contracts}
    days = DailyUsage.objects.filter(meter__contract__in=contracts, events__gt=0).select_related("meter")
    for row in days.order_by("day", "meter_id", "product"):
        found[row.meter.contract_id].days.append(row)
    events = UsageEvent.objects.filter(contract__in=contracts)
    for row in events.filter(kind=EventKind.CLOSING).select_related("meter").order_by("day", "last_day"):
        found[row.contract_id].closings.append(row)
    voided = events.filter(kind=EventKind.VOID, target_id__isnull=False)
    for pk, *key in voided.values_list("contract_id", "target_source", "target_id"):
        found[pk].voided.add(tuple(key))
    for row in DeemedClosing.objects.filter(contract__in=contracts).order_by("period_start", "pk"):
        found[row.contract_id].deemed.append(row)
    return found


def daily_sums(contract: LicenceContract, start: date | None = None, end: date | None = None):
    """Days with events that count, oldest first."""
    rows = DailyUsage.objects.filter(meter__contract=contract, events__gt=0).select_related("meter")
    if start:
        rows = rows.filter(day__gte=day_number(start))
    if end:
        rows = rows.filter(day__lte=day_number(end))
    return rows.order_by("day", "meter_id", "product")


def refused_events(
    contract: LicenceContract,
    *,
    meter: str = "",
    words: str = "",
    start: date | None = None,
    end: date | None = None,
):
    """Events after the end of the licence, the newest first. `words`: part of an id, a source or a product; the days
    are those that the page shows, in the market's time zone."""
    rows = RefusedEvent.objects.filter(contract=contract)
    if meter:
        rows = rows.filter(meter=meter)
    if words:
        inside = Q(event_id__icontains=words) | Q(source__icontains=words) | Q(product__icontains=words)
        rows = rows.filter(inside)
    if start:
        rows = rows.filter(happened_at__gte=datetime.combine(start, time(), ZONE))
    if end:
        rows = rows.filter(happened_at__lte=datetime.combine(end, time.max, ZONE))
    return rows


def metered_names(versions: Iterable[TermsVersion]) -> frozenset[str]:
    """The meters whose events are charged as they come, by any version of the terms."""
    return frozenset(name for version in versions for name in version.terms.report.metered)


def is_metered(figure: str, metered: frozenset[str]) -> bool:
    """Whether a figure (`sales` stands for net and gross sales) needs no report."""
    return figure in metered or (figure == SALES_METER and not SALES.isdisjoint(metered))


def rated_days(
    contract: LicenceContract, metered: frozenset[str], *, as_of: datetime | None = None
) -> list[RatedRow]:
    """A row for each day, as thresholds and splits need them; the components of a day's sales are one row. With
    `as_of`, what the days had come to by that moment of the database's clock."""
    return counted_days(daily_sums(contract) if as_of is None else _sums_as_of(contract, as_of), metered)


def counted_days(days: Iterable[DailyUsage], metered: frozenset[str]) -> list[RatedRow]:
    """`rated_days` for somebody who has the daily sums at hand."""
    rows = [row for row in days if is_metered(_figure(row.meter.name), metered)]
    return _rated(rows, lambda row: (day_of(row.day), day_of(row.day)))


def _sums_as_of(contract: LicenceContract, as_of: datetime) -> list[DailyUsage]:
    """Added up from the events: for looking back, which is rare."""
    corrections = UsageEvent.objects.filter(
        contract_id=OuterRef("contract_id"), target_source=OuterRef("source"), target_id=OuterRef("event_id"),
        target_id__isnull=False, known_at__lte=as_of,
    )  # fmt: skip
    sums = (
        UsageEvent.objects.filter(
            ~Exists(corrections),
            contract=contract,
            known_at__lte=as_of,
            kind__in=(EventKind.USAGE, EventKind.REPLACEMENT),
        )
        .values("meter", "product", "day")
        .annotate(total=Sum("quantity"), events=Count("*"))
        .order_by("day", "meter", "product")
    )
    meters = {meter.pk: meter for meter in contract.meters.all()}
    return [
        DailyUsage(
            meter=meters[row["meter"]],
            product=row["product"],
            day=row["day"],
            quantity=row["total"],
            events=row["events"],
        )
        for row in sums
    ]


def rated_stretches(
    contract: LicenceContract, stretches: list[tuple[date, date]], metered: frozenset[str]
) -> list[RatedRow]:
    """The figures that a report asks for, as the events have them: a row for each stretch, figure and product."""
    found: list[RatedRow] = []
    for start, end in stretches:
        rows = [
            row
            for row in daily_sums(contract, start, end)
            if not is_metered(_figure(row.meter.name), metered)
        ]
        found += _rated(rows, lambda row, days=(start, end): days)
    return found


def _figure(meter: str) -> str:
    return SALES_METER if meter.startswith(f"{SALES_METER}.") else meter


def _rated(rows, days_of) -> list[RatedRow]:
    sums: dict[tuple, Decimal] = {}
    for row in rows:
        key = (_figure(row.meter.name), row.product, *days_of(row), row.meter.name)
        sums[key] = sums.get(key, Decimal(0)) + row.quantity
    found: dict[tuple, RatedRow] = {}
    for (figure, product, start, end, meter), quantity in sums.items():
        key = (figure, product, start, end)
        if figure != SALES_METER:
            found[key] = RatedRow(figure, start, end, quantity, product)
            continue
        row = found.setdefault(key, RatedRow(figure, start, end, None, product, {INVOICED: 0}))
        row.components[meter.removeprefix("sales.") if "." in meter else INVOICED] = int(quantity)
    return list(found.values())


def closings(
    contract: LicenceContract, metered: frozenset[str], *, as_of: datetime | None = None
) -> tuple[Closed, ...]:
    """The days that are closed, by an event or a person, and not voided; for sales, of every name they have."""
    events = UsageEvent.objects.filter(contract=contract)
    if as_of is not None:
        events = events.filter(known_at__lte=as_of)
    rows = events.filter(kind=EventKind.CLOSING).select_related("meter")
    voided = set(
        events.filter(kind=EventKind.VOID, target_id__isnull=False).values_list("target_source", "target_id")
    )
    return standing_closings(rows.order_by("day", "last_day"), voided, metered)


def standing_closings(
    rows: Iterable[UsageEvent], voided: set[tuple[str, str]], metered: frozenset[str]
) -> tuple[Closed, ...]:
    """`closings` for somebody who has the events at hand."""
    found = []
    for row in rows:
        if (row.source, row.event_id) in voided:
            continue
        found += closed_days(row.meter.name, metered, day_of(row.day), day_of(row.last_day))
    return tuple(found)


def voided_closings(contract: LicenceContract, metered: frozenset[str]) -> list[Closed]:
    """Days that had been closed, by closings that were voided since."""
    events = UsageEvent.objects.filter(contract=contract)
    voids = events.filter(
        kind=EventKind.VOID, target_source=OuterRef("source"), target_id=OuterRef("event_id")
    )
    rows = events.filter(Exists(voids), kind=EventKind.CLOSING).select_related("meter")
    found = []
    for row in rows.order_by("day", "last_day"):
        found += closed_days(row.meter.name, metered, day_of(row.day), day_of(row.last_day))
    return found


def closed_days(figure: str, metered: frozenset[str], start: date, end: date) -> list[Closed]:
    """A figure's closing as rating takes it: for sales, of every name they have."""
    names = SALES | {SALES_METER} if figure == SALES_METER else {figure}
    return [Closed(name, start, end) for name in sorted(names & metered)]


def is_closed(closed: Iterable[Closed], figure: str, metered: frozenset[str], start: date, end: date) -> bool:
    """Whether every day of a period is closed for a figure."""
    of = [c for c in closed if c.meter == figure or (figure == SALES_METER and c.meter in metered & SALES)]
    days = {day for c in of for day in range(c.start.toordinal(), c.end.toordinal() + 1)}
    return all(day in days for day in range(start.toordinal(), end.toordinal() + 1))


def counted_events(contract: LicenceContract, *, as_of: datetime | None = None):
    """(meter, product, day, source, id, quantity) of every event that counts, or counted at a moment of the database's
    clock: sorted by the signs' own numbers, as any program sorts, so that the events of one daily sum follow each other."""
    events = UsageEvent.objects.filter(contract=contract)
    corrections = UsageEvent.objects.filter(
        contract_id=OuterRef("contract_id"), target_source=OuterRef("source"), target_id=OuterRef("event_id"),
        target_id__isnull=False,
    )  # fmt: skip
    if as_of is not None:
        events, corrections = events.filter(known_at__lte=as_of), corrections.filter(known_at__lte=as_of)
    rows = events.filter(~Exists(corrections), kind__in=(EventKind.USAGE, EventKind.REPLACEMENT))
    rows = rows.order_by(Collate("meter__name", "C"), "product", "day", "source", "event_id")
    return rows.values_list("meter__name", "product", "day", "source", "event_id", "quantity").iterator(5_000)


def events_of_day(contract: LicenceContract, day: int):
    """The usage of one day, each with the id of the event that voided or replaced it in `corrected_by`."""
    corrections = UsageEvent.objects.filter(
        contract_id=OuterRef("contract_id"), target_source=OuterRef("source"), target_id=OuterRef("event_id")
    )
    rows = UsageEvent.objects.filter(
        contract=contract, day=day, kind__in=(EventKind.USAGE, EventKind.REPLACEMENT)
    ).annotate(corrected_by=Subquery(corrections.order_by("kind").values("event_id")[:1]))
    return rows.select_related("meter").order_by("happened_at", "source", "event_id")
