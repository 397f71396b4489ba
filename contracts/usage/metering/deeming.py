"""推定用量: where the terms agree it, what earlier periods came to stands in for a metered period that nobody closes.

It counts from some days after the period was due until a closing comes; events that came to more by then count as they
are, so that nobody saves anything by not closing. Without an earlier closed period nothing can be deemed.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from contracts.lifecycle.facts import facts_of, terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.rating import UsageRow, periods
from contracts.usage.figures import SIX, Figure, chosen_figures
from contracts.usage.lateness import is_late, tell_deemed
from contracts.usage.metering.closings import OpenPeriod
from contracts.usage.metering.models import DeemedClosing
from contracts.usage.metering.queries import closings, is_closed, metered_names, rated_days
from contracts.usage.meters import terms_on
from marketplace.audit.services import record
from marketplace.terms import MONEY_METERS


def deem_closing(contract: LicenceContract, period: OpenPeriod) -> bool:
    """Make what is deemed of a period that has been open for as long as the terms say, once; whether it counts. In the
    caller's transaction, which holds the contract."""
    of_period = {"figure": period.figure, "period_start": period.start, "period_end": period.end}
    if DeemedClosing.objects.filter(contract=contract, **of_period).exists():
        return True
    agreed = terms_on(contract, period.end).report.deemed
    if agreed is None or not is_late(period.due_on, agreed.days):
        return False
    earlier = _closed_before(contract, period)
    if not earlier:
        return False
    figures = chosen_figures([rows for _end, rows in earlier], agreed)
    rows = [_stated(*key, figure, agreed.factor) for key, figure in figures.items()]
    DeemedClosing.objects.create(contract=contract, rows=rows, basis_end=earlier[-1][0], **of_period)
    record(
        None,
        "metering.deemed",
        contract,
        figure=period.figure,
        start=period.start.isoformat(),
        end=period.end.isoformat(),
        rule=agreed.basis.value,
        factor=str(agreed.factor),
    )
    tell_deemed(contract, "usage/period_deemed", period=period, path=period.path(contract))
    return True


def _closed_before(contract: LicenceContract, period: OpenPeriod) -> list[tuple[date, list[UsageRow]]]:
    """(last day, rows of the figure) of each earlier period that was closed, oldest first."""
    versions = terms_versions(contract)
    metered = metered_names(versions)
    closed = closings(contract, metered)
    rows = [row for row in rated_days(contract, metered) if row.meter == period.figure]
    return [
        (one.end, [row for row in rows if one.start <= row.period_end <= one.end])
        for one in periods(versions, facts_of(contract), period.start)
        if one.end < period.start and is_closed(closed, period.figure, metered, one.start, one.end)
    ]


def _stated(figure: str, product: str, sums: Figure, factor: Decimal) -> dict:
    """A figure of a whole period times the factor, half up: money to the minor unit, quantities to six places."""
    unit = Decimal(1) if figure in MONEY_METERS else SIX
    quantity, components = None, None
    if sums.components is None:
        quantity = f"{(sums.quantity * factor).quantize(unit, ROUND_HALF_UP):f}"
    else:
        components = {
            name: int((value * factor).quantize(Decimal(1), ROUND_HALF_UP))
            for name, value in sums.components.items()
        }
    return {"figure": figure, "product": product, "quantity": quantity, "components": components}
