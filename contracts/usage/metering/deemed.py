"""How rating reads what is deemed of periods that nobody has closed (see deeming.py)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from contracts.lifecycle.facts import knew
from contracts.lifecycle.models import LicenceContract
from contracts.rating import Closed, TermsVersion, UsageRow
from contracts.usage.figures import SIX, Figure, spread, sums_of
from contracts.usage.metering.models import DeemedClosing
from contracts.usage.metering.queries import closed_days, is_closed, metered_names
from marketplace.terms import MONEY_METERS


def with_deemed(
    contract: LicenceContract,
    versions: Sequence[TermsVersion],
    rows: list[UsageRow],
    closed: tuple[Closed, ...],
    *,
    as_of: datetime | None = None,
    found: Sequence[DeemedClosing] | None = None,
) -> tuple[list[UsageRow], tuple[Closed, ...]]:
    """The days and closings of metered figures, with what is deemed of periods that nobody has closed (`found`, where
    that was read already)."""
    if all(version.terms.report.deemed is None for version in versions):
        return rows, closed
    metered, more = metered_names(versions), closed
    if found is None:
        found = DeemedClosing.objects.filter(contract=contract).order_by("period_start", "pk")
    for deemed in found:
        start, end, figure = deemed.period_start, deemed.period_end, deemed.figure
        if not knew(deemed, as_of) or is_closed(closed, figure, metered, start, end):
            continue
        rows = _instead(rows, deemed)
        more += tuple(closed_days(figure, metered, start, end))
    return rows, more


def _instead(rows: list[UsageRow], deemed: DeemedClosing) -> list[UsageRow]:
    """With the deemed figures, spread over the days, in place of events that came to less."""
    inside = [
        row
        for row in rows
        if row.meter == deemed.figure and deemed.period_start <= row.period_end <= deemed.period_end
    ]
    came_to, gone, added = sums_of(inside), set(), []
    for stated in deemed.rows:
        key = (stated["figure"], stated["product"])
        quantity = None if stated["quantity"] is None else Decimal(stated["quantity"])
        figure = Figure(quantity, stated["components"])
        if key in came_to and came_to[key].worth >= figure.worth:
            continue
        gone.add(key)
        added += _by_day(deemed, stated["product"], figure)
    dropped = {id(row) for row in inside if (row.meter, row.product) in gone}
    return [row for row in rows if id(row) not in dropped] + added


def _by_day(deemed: DeemedClosing, product: str, figure: Figure) -> list[UsageRow]:
    count = (deemed.period_end - deemed.period_start).days + 1
    days = [deemed.period_start + timedelta(days=n) for n in range(count)]
    each = [1] * count
    if figure.components is None:
        unit = Decimal(1) if deemed.figure in MONEY_METERS else SIX
        parts = spread(figure.quantity, each, unit)
        rows = [UsageRow(deemed.figure, on, on, part, product) for on, part in zip(days, parts, strict=True)]
        return [row for row in rows if row.quantity]
    split = {name: spread(Decimal(v), each, Decimal(1)) for name, v in figure.components.items()}
    return [
        UsageRow(deemed.figure, on, on, None, product, {name: int(parts[n]) for name, parts in split.items()})
        for n, on in enumerate(days)
    ]
