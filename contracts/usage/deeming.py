"""推定申报: where the terms agree it, figures of earlier reports stand in for one that is missing.

They count like an accepted report, and are corrected like one by the late report: what was charged too much or too
little becomes an adjustment. Without an earlier accepted report nothing can be deemed, and the missing one is a breach.
"""

from datetime import date
from decimal import Decimal

from contracts.usage.figures import SIX, chosen_figures, spread
from contracts.usage.lateness import is_late, tell_deemed
from contracts.usage.meters import terms_on
from contracts.usage.models import DeemedReport, UsageReport
from contracts.usage.segments import segments_of
from contracts.usage.states import ReportState
from marketplace.audit.services import record
from marketplace.terms import MONEY_METERS


def deem_report(report: UsageReport) -> bool:
    """Make the deemed report of one that has been missing for as long as the terms say, once; whether one counts. In
    the caller's transaction, which holds the contract."""
    if DeemedReport.objects.filter(report=report).exists():
        return True
    agreed = terms_on(report.contract, report.period_end).report.deemed
    if agreed is None or not is_late(report.due_on, agreed.days):
        return False
    earlier = list(
        UsageReport.objects.filter(
            contract=report.contract, state=ReportState.ACCEPTED, period_end__lt=report.period_start
        )
        .prefetch_related("rows")
        .order_by("period_end", "pk")
    )
    if not earlier:
        return False
    figures = chosen_figures([list(one.rows.all()) for one in earlier], agreed)
    rows = _rows(figures, agreed.factor, segments_of(report))
    DeemedReport.objects.create(report=report, rows=rows, basis=earlier[-1])
    record(
        None,
        "report.deemed",
        report,
        basis=earlier[-1].pk,
        rule=agreed.basis.value,
        factor=str(agreed.factor),
    )
    tell_deemed(report.contract, "usage/report_deemed", report=report, path=report.get_absolute_url())
    return True


def _rows(figures: dict, factor: Decimal, stretches: list[tuple[date, date]]) -> list[dict]:
    """Each figure times the factor, half up, spread over the stretches by their days; the last takes the rest."""
    days = [(end - start).days + 1 for start, end in stretches]
    found = []
    for (meter, product), figure in figures.items():
        unit = Decimal(1) if meter in MONEY_METERS else SIX
        quantities, components = [None] * len(days), [None] * len(days)
        if figure.components is None:
            quantities = [f"{part:f}" for part in spread(figure.quantity * factor, days, unit)]
        else:
            parted = {
                name: spread(value * factor, days, Decimal(1)) for name, value in figure.components.items()
            }
            components = [{name: int(parts[n]) for name, parts in parted.items()} for n in range(len(days))]
        for (start, end), quantity, parts in zip(stretches, quantities, components, strict=True):
            found.append(
                {
                    "meter": meter,
                    "product": product,
                    "period_start": start.isoformat(),
                    "period_end": end.isoformat(),
                    "quantity": quantity,
                    "components": parts,
                }
            )
    return found
