"""Counting months, years and broken windows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.terms.dates import (
    add_months,
    days_between,
    last_free_day,
    licence_months_counted,
    months_counted,
    year_of,
)
from marketplace.terms.elements import FixedDay

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-03-15", -3, "2025-12-15"),
    ],
)
def test_months_are_counted_from_the_original_date(start, months, expected):
    assert add_months(date.fromisoformat(start), months).isoformat() == expected


def test_twelve_months_free():
    assert last_free_day(date(2026, 1, 15), 12) == date(2027, 1, 14)
    assert days_between(date(2026, 1, 1), date(2026, 4, 11)) == 100


@given(days, days)
def test_a_day_lies_in_its_year_since(start, on):
    year = year_of(start, on)
    assert add_months(start, 12 * year) <= on < add_months(start, 12 * year + 12)


@pytest.mark.parametrize(
    ("start", "end", "partial", "whole"),
    [
        ("2026-09-10", "2026-12-31", 4, 3),
        ("2026-09-01", "2026-12-31", 4, 4),
        ("2026-01-01", "2026-05-20", 5, 4),
        ("2026-05-10", "2026-05-20", 1, 0),
    ],
)
def test_months_of_a_broken_year(start, end, partial, whole):
    period = date.fromisoformat(start), date.fromisoformat(end)
    assert months_counted(*period, partial=True) == partial
    assert months_counted(*period, partial=False) == whole


def test_months_of_a_broken_licence_year():
    anchor = date(2026, 3, 10)
    assert licence_months_counted(anchor, date(2026, 9, 10), date(2027, 3, 9), partial=True) == 6
    assert licence_months_counted(anchor, date(2026, 9, 12), date(2027, 3, 9), partial=False) == 5


@given(days)
def test_a_fixed_day_lies_after_the_charge(on):
    due = FixedDay(month=1, day=31).on(on)
    assert (due.month, due.day) == (1, 31)
    assert on < due <= on + timedelta(days=366)
