"""Reporting periods, years and windows: which stretch of days a figure belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from marketplace.terms import Report, Royalty, Terms, Year, YearlyRates
from marketplace.terms.dates import add_months, year_of

from .facts import DAY, Facts, Period, TermsVersion


class ReportPeriod(NamedTuple):
    """A period for which a report is due. `splits` are days on which a row must begin anew."""

    start: date
    end: date
    due_on: date
    final: bool
    splits: tuple[date, ...] = ()


def spans(versions: Sequence[TermsVersion], facts: Facts, until: date) -> list[Period]:
    """The reporting periods that begin by `until`, broken at the licence's start and end; then those of a sell-off.

    An amendment that changes the rhythm of reporting breaks the period in which it takes effect.
    """
    licence_end = end = facts.licence_end(versions[-1].terms)
    if facts.sell_off_until is not None and facts.sell_off_until > licence_end:
        end = facts.sell_off_until
    found: list[Period] = []
    start = facts.effective_on
    place = 0
    report = versions[0].terms.report
    every, year = report.every.months, report.year
    while start <= end and start <= until:
        while place + 1 < len(versions) and versions[place + 1].effective_on <= start:
            place += 1
            report = versions[place].terms.report
            every, year = report.every.months, report.year
        natural = natural_end(start, every, year, facts.effective_on)
        if len(versions) > 1:
            natural = _broken_by_amendment(versions[place + 1 :], report, natural)
        if start <= licence_end < natural:
            natural = licence_end
        elif natural > end:
            natural = end
        found.append(Period(start, natural))
        start = natural + DAY
    return found


def _broken_by_amendment(later: Sequence[TermsVersion], report: Report, natural: date) -> date:
    """The end of a period, or the day before an amendment that changes the rhythm inside it."""
    for version in later:
        if version.effective_on > natural:
            break
        new = version.terms.report
        if (new.every, new.year) != (report.every, report.year):
            return version.effective_on - DAY
    return natural


def natural_end(start: date, months: int, year: Year, effective_on: date) -> date:
    """The last day of the period of the calendar, or of the licence's own months, that holds `start`."""
    if year is Year.CALENDAR:
        place = start.year * 12 + (start.month - 1) // months * months + months
        return date(place // 12, place % 12 + 1, 1) - DAY
    passed = (start.year - effective_on.year) * 12 + start.month - effective_on.month
    if add_months(effective_on, passed) > start:
        passed -= 1
    return add_months(effective_on, (passed // months + 1) * months) - DAY


def periods(
    versions: Sequence[TermsVersion] | Terms,
    facts: Facts,
    until: date,
    triggers: Sequence[date] = (),
) -> list[ReportPeriod]:
    """The reports due for periods that begin by `until`, with due dates (used to schedule reporting).

    `triggers` are days on which charging begins (`Rating.split_days`): a period that holds one asks for rows
    on both sides of it, as it does for a change of version and for a new year of yearly rates.
    """
    if isinstance(versions, Terms):
        versions = [TermsVersion(facts.effective_on, versions)]
    last = max(facts.licence_end(versions[-1].terms), facts.sell_off_until or date.min)
    by_licence_year = any(
        isinstance(element, Royalty)
        and isinstance(element.rate, YearlyRates)
        and element.rate.year is Year.LICENCE
        for version in versions
        for element in version.terms.elements
    )
    cuts = {version.effective_on for version in versions[1:]} | set(triggers)
    found = []
    for period in spans(versions, facts, until):
        inside = {cut for cut in cuts if period.start < cut <= period.end}
        if by_licence_year:
            year = year_of(facts.effective_on, period.end)
            inside |= {
                cut for cut in [add_months(facts.effective_on, 12 * year)] if period.start < cut <= period.end
            }
        report = _in_force(versions, period.end).terms.report
        final = period.end == last
        days = report.final_days if final else report.days
        due_on = period.end + timedelta(days=days)
        found.append(ReportPeriod(period.start, period.end, due_on, final, tuple(sorted(inside))))
    return found


def window_of(year: Year, on: date, effective_on: date) -> int:
    """The key of the year that holds a day: its number in the calendar, or the licence's year from 0."""
    return on.year if year is Year.CALENDAR else year_of(effective_on, on)


def window(year: Year, key: int, effective_on: date) -> Period:
    """The days of a year, inclusive."""
    if year is Year.CALENDAR:
        return Period(date(key, 1, 1), date(key, 12, 31))
    return Period(
        add_months(effective_on, 12 * key) if key else effective_on,
        add_months(effective_on, 12 * key + 12) - DAY,
    )


def _in_force(versions: Sequence[TermsVersion], on: date) -> TermsVersion:
    chosen = versions[0]
    for version in versions[1:]:
        if version.effective_on <= on:
            chosen = version
    return chosen
