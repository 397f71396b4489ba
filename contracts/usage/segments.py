"""The parts of a reporting period that need rows of their own, and what the events say for each."""

from datetime import date, timedelta

from contracts.lifecycle.facts import terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.rating import UsageRow as RatedRow
from contracts.rating import periods, rate
from contracts.usage.metering.queries import metered_names, rated_stretches
from contracts.usage.models import UsageReport
from contracts.usage.queries import rating_inputs
from marketplace.clock import today


def segments_of(report: UsageReport) -> list[tuple[date, date]]:
    """The parts of the period that need rows of their own: charging begins, or a version changes, inside it."""
    return stretches_of(report.period_start, report.period_end, *rating_inputs(report.contract))


def stretches_of(start: date, end: date, versions, facts, usage) -> list[tuple[date, date]]:
    until = max(today(), end)
    splits = rate(versions, facts, usage, until, working=False).split_days
    found = [p for p in periods(versions, facts, until, splits) if (p.start, p.end) == (start, end)]
    cuts = [day for day in (found[0].splits if found else ()) if start < day <= end]
    ends = [*(cut - timedelta(days=1) for cut in cuts), end]
    return list(zip([start, *cuts], ends, strict=True))


def drafted_rows(contract: LicenceContract, stretches: list[tuple[date, date]]) -> list[RatedRow]:
    """The figures of a report as the events have them; none of metered meters, which need no report."""
    return rated_stretches(contract, stretches, metered_names(terms_versions(contract)))
