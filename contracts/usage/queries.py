"""What rating takes from reports: rows and periods that were accepted, or a report as if it were."""

from dataclasses import replace
from datetime import date, datetime

from contracts.lifecycle.facts import facts_of, knew, terms_versions
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


def accepted_usage(
    contract,
    *,
    instead: UsageReport | None = None,
    rows: list[UsageRow] | None = None,
    as_of: datetime | None = None,
):
    """(rows, periods) of all accepted reports; with `instead`, as if that report with `rows` were accepted
    in place of whatever is accepted for its period (the preview before submitting); with `as_of`, of those that
    counted at that moment of the database's clock."""
    reports = UsageReport.objects.filter(contract=contract).prefetch_related("rows")
    if as_of is None:
        reports = reports.filter(state=ReportState.ACCEPTED)
    else:
        reports = reports.filter(known_at__lte=as_of)
    found, periods = [], []
    for report in reports.order_by("period_start", "id"):
        if not knew(report, as_of):
            continue
        if instead and (report.period_start, report.period_end) == (instead.period_start, instead.period_end):
            continue
        found += [rated_row(row) for row in report.rows.all()]
        periods.append(Period(report.period_start, report.period_end))
    if instead is not None:
        found += [rated_row(row) for row in rows or []]
        periods.append(Period(instead.period_start, instead.period_end))
    return found, tuple(periods)


def rating_inputs(
    contract,
    *,
    instead: UsageReport | None = None,
    rows: list[UsageRow] | None = None,
    as_of: datetime | None = None,
):
    """(versions, facts, usage): everything `rate` needs to know of a contract now, or knew at a moment."""
    usage, periods = accepted_usage(contract, instead=instead, rows=rows, as_of=as_of)
    facts: Facts = replace(facts_of(contract, as_of=as_of), accepted=periods)
    return terms_versions(contract, as_of=as_of), facts, usage


def rating_of(
    contract, until: date, *, instead: UsageReport | None = None, rows: list[UsageRow] | None = None
) -> Rating:
    """The contract rated from its start to `until`; the same code for charging, previews and simulations."""
    versions, facts, usage = rating_inputs(contract, instead=instead, rows=rows)
    return rate(versions, facts, usage, until)
