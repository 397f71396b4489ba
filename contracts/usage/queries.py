"""What rating takes from reports: rows and periods that were accepted, or a report as if it were."""

from dataclasses import replace
from datetime import date

from contracts.lifecycle.facts import facts_of, terms_versions
from contracts.rating import Facts, Period, Rating, rate
from contracts.rating import UsageRow as RatedRow
from contracts.usage.models import UsageReport, UsageRow
from contracts.usage.states import ReportState


def rated_row(row: UsageRow) -> RatedRow:
    return RatedRow(
        meter=row.meter,
        period_start=row.period_start,
        period_end=row.period_end,
        quantity=row.quantity,
        product=row.product,
        components=row.components,
    )


def accepted_usage(contract, *, instead: UsageReport | None = None, rows: list[UsageRow] | None = None):
    """(rows, periods) of all accepted reports; with `instead`, as if that report with `rows` were accepted
    in place of whatever is accepted for its period (the preview before submitting)."""
    reports = UsageReport.objects.filter(contract=contract, state=ReportState.ACCEPTED).prefetch_related(
        "rows"
    )
    found, periods = [], []
    for report in reports.order_by("period_start", "id"):
        if instead and (report.period_start, report.period_end) == (instead.period_start, instead.period_end):
            continue
        found += [rated_row(row) for row in report.rows.all()]
        periods.append(Period(report.period_start, report.period_end))
    if instead is not None:
        found += [rated_row(row) for row in rows or []]
        periods.append(Period(instead.period_start, instead.period_end))
    return found, tuple(periods)


def rating_inputs(contract, *, instead: UsageReport | None = None, rows: list[UsageRow] | None = None):
    """(versions, facts, usage): everything `rate` needs to know of a contract now."""
    usage, periods = accepted_usage(contract, instead=instead, rows=rows)
    facts: Facts = replace(facts_of(contract), accepted=periods)
    return terms_versions(contract), facts, usage


def rating_of(
    contract, until: date, *, instead: UsageReport | None = None, rows: list[UsageRow] | None = None
) -> Rating:
    """The contract rated from its start to `until`; the same code for charging, previews and simulations."""
    versions, facts, usage = rating_inputs(contract, instead=instead, rows=rows)
    return rate(versions, facts, usage, until)
