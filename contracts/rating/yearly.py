"""What is charged at the end of each year: fixed fees by days, and the shortfall of a minimum."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from marketplace.money import half_up
from marketplace.terms import DayCount, Minimum, ProRate, YearlyFee
from marketplace.terms.dates import days_between

from .facts import DAY, Period
from .royalty import months_in
from .run import LAST, ORDINARY, Point, Run
from .schedule import window, window_of
from .working import tidy


def prepare_yearly_fee(run: Run, order: int, element_id: str) -> None:
    _prepare(run, order, element_id, charge_fee, ORDINARY)


def prepare_minimum(run: Run, order: int, element_id: str) -> None:
    _prepare(run, order, element_id, charge_minimum, LAST)


def _prepare(run: Run, order: int, element_id: str, work, phase: int) -> None:
    """One point at the end of each year from the trigger on; the licence's end breaks the last one."""
    fired = run.fire(element_id)
    run.triggers[element_id] = fired and fired[0]
    if not fired or fired[0].on > run.until:
        return
    start = fired[0]
    element = run.element(element_id, run.version(start.on))
    effective_on = run.facts.effective_on
    key = window_of(element.year, start.on, effective_on)
    number = 0
    while True:
        days = window(element.year, key + number, effective_on)
        begins, ends = max(days.start, start.on), min(days.end, run.licence_end)
        removed = _removed_on(run, element_id, begins)
        if removed is not None and removed <= ends:
            ends = removed - DAY
        if begins > ends or ends > run.until:
            return
        payload = (element_id, days, Period(begins, ends), number, start.waits)
        run.points.append(Point(ends, phase, order, 0, work, payload))
        if ends < days.end:
            return
        number += 1


def _removed_on(run: Run, element_id: str, begins: date) -> date | None:
    if run.single:
        return None
    for version in run.versions:
        if version.effective_on >= begins and version.terms.element(element_id) is None:
            return version.effective_on
    return None


def charge_fee(run: Run, point: Point) -> None:
    """amount × days ÷ 365 (or the year's days); the day of termination is not charged."""
    element_id, days, used, number, waits = point.payload
    version = run.version(used.end)
    if run.limits.exhausted(element_id, version):
        return
    if waits or run.limits.blocked(element_id, used.end):
        run.wait(element_id, 0, used, "earlier_period")
        return
    element = run.element(element_id, version)
    note = run.notes()
    exact = tidy(sum(_by_days(run, element_id, days, part, number, note) for part in _by_version(run, used)))
    rounded = half_up(exact)
    note("round", (), rounded)
    rounded = run.limits.apply_caps(element_id, used.end, rounded, version, note)
    run.charge(element, 0, used, rounded, exact, version, note)


def _by_version(run: Run, used: Period) -> list[Period]:
    """The stretches of a year that lie under one version each."""
    cuts = [v.effective_on for v in run.versions[1:] if used.start < v.effective_on <= used.end]
    starts = [used.start, *cuts]
    return [
        Period(start, end)
        for start, end in zip(starts, [*(cut - DAY for cut in cuts), used.end], strict=True)
    ]


def _by_days(run: Run, element_id: str, days: Period, used: Period, number: int, note) -> Fraction:
    element = run.element(element_id, run.version(used.start))
    amount = _amount(element, number)
    counted = days_between(used.start, used.end) + (used.end != run.facts.terminated_on)
    of = 365 if element.day_count is DayCount.FIXED_365 else days_between(days.start, days.end) + 1
    exact = Fraction(amount * counted, of)
    note("days", (amount, counted, of), tidy(exact))
    return exact


def charge_minimum(run: Run, point: Point) -> None:
    """The shortfall against what the window was charged, after entry credit and caps."""
    element_id, days, used, number, waits = point.payload
    version = run.version(used.end)
    if run.limits.exhausted(element_id, version):
        return
    element = run.element(element_id, version)
    counted = frozenset(element.counts)
    before = _year_before(run, element, days) if element.carry_excess and number else None
    unsettled = _unsettled(run, counted, before.start if before else days.start, used)
    if waits or unsettled or run.limits.blocked(element_id, used.end):
        run.wait(element_id, 0, used, "earlier_period")
        return
    note = run.notes()
    nominal = lowered = _nominal(run, element, days, used, number, note)
    if before is not None:
        excess = max(
            _charged(run, counted, before)
            - run.nominals.get((element_id, number - 1), _amount(element, number - 1)),
            0,
        )
        if excess:
            lowered = max(nominal - excess, 0)
            note("excess", (nominal, excess), lowered)
    charged = _charged(run, counted, Period(days.start, used.end))
    shortfall = max(lowered - charged, 0)
    note("shortfall", (lowered, charged), shortfall)
    amount = run.limits.apply_caps(element_id, used.end, shortfall, version, note)
    run.charge(element, 0, used, amount, shortfall, version, note)


def _amount(element: YearlyFee | Minimum, number: int) -> int:
    """The amount of a year, from 0; the last one listed goes on."""
    return element.amounts[min(number, len(element.amounts) - 1)]


def _year_before(run: Run, element: Minimum, days: Period) -> Period:
    effective_on = run.facts.effective_on
    return window(element.year, window_of(element.year, days.start, effective_on) - 1, effective_on)


def _unsettled(run: Run, counted: frozenset[str], since: date, used: Period) -> bool:
    """Whether something that this minimum counts still waits, dated on or after `since`."""
    if any(waiting.element_id in counted and waiting.period_end >= since for waiting in run.waiting):
        return True
    return any(name in counted and since <= used.end for name, since in run.doubtful_from.items())


def _nominal(run: Run, element: Minimum, days: Period, used: Period, number: int, note) -> int:
    """The minimum of a window before any excess lowers it; a pro-rated one is rounded first."""
    amount = _amount(element, number)
    if used != days and element.pro_rate is not ProRate.NONE:
        months = months_in(element.pro_rate, element.year, run.facts.effective_on, used.start, used.end)
        nominal = half_up(Fraction(amount * months, 12))
        note("pro_rated_minimum", (amount, months), nominal)
        amount = nominal
    run.nominals[element.id, number] = amount
    return amount


def _charged(run: Run, ids: frozenset[str], days: Period) -> int:
    return sum(
        charge.minor
        for charge in run.charges
        if charge.element_id in ids and days.start <= charge.dated_on <= days.end
    )
