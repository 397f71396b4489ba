"""What rating takes from usage: reports that were accepted (or one as if it were), and the events of metered meters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db.models import prefetch_related_objects

from contracts.lifecycle.facts import facts_of, knew, terms_versions
from contracts.rating import Facts, Period, Rating, rate
from contracts.rating import UsageRow as RatedRow
from contracts.usage.metering.deemed import with_deemed
from contracts.usage.metering.queries import (
    Recorded,
    closings,
    counted_days,
    is_metered,
    metered_names,
    rated_days,
    recorded,
    standing_closings,
)
from contracts.usage.metering.statements import hold_events
from contracts.usage.models import DeemedReport, UsageReport, UsageRow
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


def stored_row(row: UsageRow) -> dict:
    """A row as JSON, for `read_row`; equal quantities are written the same."""
    return {
        "meter": row.meter,
        "product": row.product,
        "period_start": row.period_start.isoformat(),
        "period_end": row.period_end.isoformat(),
        "quantity": None if row.quantity is None else f"{Decimal(row.quantity).normalize():f}",
        "components": row.components,
    }


def read_row(stored: dict) -> RatedRow:
    """A row as deemed reports and findings of audits keep it in JSON."""
    return RatedRow(
        meter=stored["meter"],
        period_start=date.fromisoformat(stored["period_start"]),
        period_end=date.fromisoformat(stored["period_end"]),
        quantity=None if stored["quantity"] is None else Decimal(stored["quantity"]),
        product=stored["product"],
        components=stored["components"],
    )


def _deemed(contracts, as_of: datetime | None) -> list[DeemedReport]:
    """What stands in for reports that are missing; from the acceptance of one on, it counts instead, and nothing from
    the day on which its period turned out to be no more."""
    made = DeemedReport.objects.filter(report__contract__in=contracts)
    return [
        deemed
        for deemed in made.select_related("report").order_by("report__period_start")
        if knew(deemed, as_of)
        and not knew(deemed.report, as_of, counts=deemed.report.known_at is not None)
        and not _was_withdrawn(deemed.report, as_of)
    ]


def _was_withdrawn(report: UsageReport, as_of: datetime | None) -> bool:
    if report.state != ReportState.WITHDRAWN:
        return False
    return as_of is None or report.unknown_at is None or report.unknown_at <= as_of


def _reports(contracts, as_of: datetime | None) -> list[UsageReport]:
    """Those that count, or counted at a moment."""
    reports = UsageReport.objects.filter(contract__in=contracts).prefetch_related("rows")
    if as_of is None:
        reports = reports.filter(state=ReportState.ACCEPTED)
    else:
        reports = reports.filter(known_at__lte=as_of)
    return [report for report in reports.order_by("period_start", "id") if knew(report, as_of)]


def accepted_usage(
    contract,
    *,
    instead: UsageReport | None = None,
    rows: list[UsageRow] | None = None,
    as_of: datetime | None = None,
    found: Mapping[int, list[RatedRow]] | None = None,
):
    """(rows, periods) of all accepted reports; with `instead`, as if that report with `rows` were accepted
    in place of whatever is accepted for its period (the preview before submitting); with `found`, as if the
    reports of these ids said this (an audit's findings); with `as_of`, of those that counted at that moment of the
    database's clock."""
    usage, periods = _counted(_reports([contract], as_of), _deemed([contract], as_of), instead, found)
    if instead is not None:
        usage += [rated_row(row) for row in rows or []]
        periods.append(Period(instead.period_start, instead.period_end))
    return usage, tuple(periods)


def _counted(reports: Iterable[UsageReport], deemed: Iterable[DeemedReport], instead=None, found=None):
    """(rows, periods) of what one contract's reports say."""
    usage, periods = [], []
    for report in reports:
        period = Period(report.period_start, report.period_end)
        if instead is not None and period == (instead.period_start, instead.period_end):
            continue
        if found and report.pk in found:
            usage += found[report.pk]
        else:
            usage += [rated_row(row) for row in report.rows.all()]
        periods.append(period)
    for one in deemed:
        period = Period(one.report.period_start, one.report.period_end)
        if instead is None or period != (instead.period_start, instead.period_end):
            usage += [read_row(row) for row in one.rows]
            periods.append(period)
    return usage, periods


def rating_inputs(
    contract,
    *,
    instead: UsageReport | None = None,
    rows: list[UsageRow] | None = None,
    as_of: datetime | None = None,
    found: Mapping[int, list[RatedRow]] | None = None,
):
    """(versions, facts, usage): everything `rate` needs to know of a contract now, or knew at a moment.

    Metered meters come from the daily sums of their events, never from reports. Inside a transaction no event of a
    metered contract comes in until its end, so that what a run knew is what had been known by its moment.
    """
    versions = terms_versions(contract, as_of=as_of)
    usage, periods = accepted_usage(contract, instead=instead, rows=rows, as_of=as_of, found=found)
    return _told(contract, versions, usage, periods, as_of)


def rating_inputs_of(contracts) -> dict[int, tuple]:
    """`rating_inputs` now for several contracts that the caller has locked, by id, read together."""
    prefetch_related_objects(contracts, "versions", "facts")
    reports, deemed = defaultdict(list), defaultdict(list)
    for report in _reports([contract.pk for contract in contracts], None):
        reports[report.contract_id].append(report)
    for one in _deemed([contract.pk for contract in contracts], None):
        deemed[one.report.contract_id].append(one)
    versions = {contract.pk: terms_versions(contract) for contract in contracts}
    metered = [pk for pk, of_one in versions.items() if metered_names(of_one)]
    hold_events(*metered)
    events = recorded(metered) if metered else {}
    told = {}
    for contract in contracts:
        pk = contract.pk
        usage, periods = _counted(reports[pk], deemed[pk])
        told[pk] = _told(contract, versions[pk], usage, tuple(periods), None, events.get(pk))
    return told


def _told(
    contract,
    versions,
    usage: list[RatedRow],
    periods,
    as_of: datetime | None,
    events: Recorded | None = None,
):
    """With the metered figures; `events` where they were read already."""
    facts: Facts = replace(facts_of(contract, as_of=as_of), accepted=periods)
    metered = metered_names(versions)
    if metered:
        usage = [row for row in usage if not is_metered(row.meter, metered)]
        if events is None:
            hold_events(contract.pk)
            days, closed = (
                rated_days(contract, metered, as_of=as_of),
                closings(contract, metered, as_of=as_of),
            )
        else:
            days = counted_days(events.days, metered)
            closed = standing_closings(events.closings, events.voided, metered)
        deemed = None if events is None else events.deemed
        days, closed = with_deemed(contract, versions, days, closed, as_of=as_of, found=deemed)
        usage += days
        facts = replace(facts, closed=closed)
    return versions, facts, usage


def rating_of(
    contract, until: date, *, instead: UsageReport | None = None, rows: list[UsageRow] | None = None
) -> Rating:
    """The contract rated from its start to `until`; the same code for charging, previews and simulations."""
    versions, facts, usage = rating_inputs(contract, instead=instead, rows=rows)
    return rate(versions, facts, usage, until)
