"""A report that was accepted, and events that came later: the report counts until it is amended; say so."""

from decimal import Decimal

from django.utils.translation import gettext as _

from contracts.rating import UsageRow as RatedRow
from contracts.usage.meters import label_of
from contracts.usage.models import UsageReport
from contracts.usage.segments import drafted_rows
from contracts.usage.states import ReportState

STATED = (ReportState.SUBMITTED, ReportState.ACCEPTED)


def moved_since(report: UsageReport) -> list[str]:
    """One line for each figure where the events of the period say something else than the report; nothing while
    the report is still open, and for figures of which there are no events at all."""
    if report.state not in STATED:
        return []
    by_events = _figures(drafted_rows(report.contract, [(report.period_start, report.period_end)]))
    if not by_events:
        return []
    stated = _figures(report.rows.all())
    return [
        _("The events of this period say otherwise for “%(figure)s”: the report counts until it is amended.")
        % {"figure": label_of(figure)}
        for figure, value in by_events.items()
        if stated.get(figure, Decimal(0)) != value
    ]


def _figures(rows: "list[RatedRow]") -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        parts = {row.meter: row.quantity} if row.components is None else {
            f"sales.{name}": value for name, value in row.components.items()
        }  # fmt: skip
        for name, value in parts.items():
            found[name] = found.get(name, Decimal(0)) + value
    return found
