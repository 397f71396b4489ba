"""Counting dates the way contracts say it.

Months: the same day, clamped to the month's last day, always counted from the original date, never step by
step (31 January + 1 month = 28 or 29 February, + 2 = 31 March). The day after the count is the first
chargeable one, which departs from Civil Code 201–203 and is agreed under art. 204; the plain words say so.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

DAY = timedelta(days=1)


def add_months(start: date, months: int) -> date:
    """The same day `months` later (or earlier), clamped to the last day of the month."""
    place = start.year * 12 + start.month - 1 + months
    year, month = place // 12, place % 12 + 1
    day = start.day
    if day > 28:
        day = min(day, monthrange(year, month)[1])
    return date(year, month, day)


def last_free_day(start: date, months: int) -> date:
    """The last day of a period of `months` that begins on `start`, inclusive."""
    return add_months(start, months) - DAY


def days_between(start: date, end: date) -> int:
    """Days between = end − start."""
    return (end - start).days


def year_of(start: date, on: date) -> int:
    """Which year since `start` a day lies in, from 0; years begin on the anniversaries of `start`."""
    years = on.year - start.year
    return years if add_months(start, 12 * years) <= on else years - 1


def months_counted(start: date, end: date, *, partial: bool) -> int:
    """Calendar months from `start` to `end` inclusive; the first and last count if `partial` or when whole."""
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    if not partial:
        if start.day != 1:
            months -= 1
        if (end + DAY).day != 1:
            months -= 1
    return max(months, 0)


def licence_months_counted(anchor: date, start: date, end: date, *, partial: bool) -> int:
    """The same for months that begin on the anchor's day of the month."""
    first = _month_place(anchor, start)
    last = _month_place(anchor, end)
    months = last - first + 1
    if not partial:
        if add_months(anchor, first) != start:
            months -= 1
        if add_months(anchor, last + 1) - DAY != end:
            months -= 1
    return max(months, 0)


def _month_place(anchor: date, on: date) -> int:
    place = (on.year - anchor.year) * 12 + on.month - anchor.month
    return place if add_months(anchor, place) <= on else place - 1
