"""Sales paths: what is assumed for a year or a reporting period, spread over the rows that rating takes. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import floor

from contracts.rating import Period
from contracts.rating.facts import DAY
from marketplace.terms.dates import add_months


def licence_years(effective_on: date, last: date) -> list[Period]:
    """The licence's years, whole ones; the last may reach beyond the licence's end."""
    years: list[Period] = []
    start = effective_on
    while start <= last:
        after = add_months(effective_on, 12 * (len(years) + 1))
        years.append(Period(start, after - DAY))
        start = after
    return years


def filled(amounts: Sequence[int], count: int) -> list[int]:
    """As many amounts as there are stretches: the last one goes on, superfluous ones fall away."""
    last = amounts[-1] if amounts else 0
    return [*amounts, *[last] * (count - len(amounts))][:count]


def spread(stretches: Sequence[Period], amounts: Sequence[int], rows: Sequence[Period]) -> list[int]:
    """What of the stretches' amounts falls into each row, in whole units.

    An amount lies evenly over the months of its stretch, a part of a month by its days. Cut off cumulatively, so that
    rows without a gap add up to the stretches' total exactly.
    """
    reached = [0]
    for amount in amounts:
        reached.append(reached[-1] + amount)

    def until(day: date) -> int:
        place = next((n for n, stretch in enumerate(stretches) if stretch.end >= day), None)
        if place is None:
            return reached[-1]
        stretch = stretches[place]
        if day < stretch.start:
            return reached[place]
        part = months(stretch.start, day) / months(stretch.start, stretch.end)
        return reached[place] + floor(amounts[place] * part)

    return [until(row.end) - until(row.start - DAY) for row in rows]


def going_on(stretches: Sequence[Period], last: date) -> list[Period]:
    """The stretches up to a last day: those that begin later fall away, others as long as the last one follow."""
    found = [stretch for stretch in stretches if stretch.start <= last]
    if found:
        length = max(round(months(*found[-1])), 1)
        while found[-1].end < last:
            start = found[-1].end + DAY
            found.append(Period(start, add_months(start, length) - DAY))
    return found


def cut(stretch: Period, amount: int, last: date) -> tuple[Period, int]:
    """A stretch that reaches beyond the last day, and the part of its amount that lies before, in whole units."""
    if stretch.end <= last:
        return stretch, amount
    part = months(stretch.start, last) / months(stretch.start, stretch.end)
    return Period(stretch.start, last), floor(amount * part)


def months(start: date, end: date) -> Fraction:
    """How many months from the first to the last day, both included."""
    return _place(end) - _place(start - DAY)


def _place(day: date) -> Fraction:
    return day.year * 12 + day.month - 1 + Fraction(day.day, monthrange(day.year, day.month)[1])
