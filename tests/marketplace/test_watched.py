"""A day that tells until when what was decided by it holds."""

from datetime import date, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from marketplace.clock import at, today, watching
from marketplace.terms.dates import add_months
from marketplace.watched import Watch

NOW = date(2026, 11, 23)
AFAR = date.max
days = st.integers(-40, 40).map(lambda number: NOW + timedelta(days=number))
COMPARE = {
    "<": lambda day, other: day < other,
    "<=": lambda day, other: day <= other,
    ">": lambda day, other: day > other,
    ">=": lambda day, other: day >= other,
    "==": lambda day, other: day == other,
    "!=": lambda day, other: day != other,
    "reflected": lambda day, other: other <= day,
    "in": lambda day, other: day in [other, AFAR],
    "min": lambda day, other: min(day, other) == other,
    "later": lambda day, other: day + timedelta(days=5) < other,
    "earlier": lambda day, other: day - timedelta(days=5) >= other,
    "distance": lambda day, other: (other - day).days > 3,
    "month": lambda day, other: day.month == other.month,
    "text": lambda day, other: f"{day:%Y-%m}" == f"{other:%Y-%m}",
    "moved": lambda day, other: add_months(day, 1) < other,
    "key": lambda day, other: day in {other},
}


@given(st.lists(st.tuples(st.sampled_from(sorted(COMPARE)), days), min_size=1, max_size=6))
def test_until_the_day_it_names_every_answer_stays_the_same(questions):
    def answers(day):
        return [COMPARE[how](day, other) for how, other in questions]

    watch = Watch(NOW)
    said = answers(watch.today)
    assert said == answers(NOW)
    later = min(watch.until, NOW + timedelta(days=60))
    for ahead in range((later - NOW).days):
        assert answers(NOW + timedelta(days=ahead)) == said


@pytest.mark.parametrize(
    ("how", "other", "until"),
    [
        ("<", date(2026, 12, 1), date(2026, 12, 1)),
        ("<=", date(2026, 12, 1), date(2026, 12, 2)),
        (">", NOW, date(2026, 11, 24)),
        (">=", NOW, AFAR),
        ("==", date(2026, 12, 1), date(2026, 12, 1)),
        ("<", date(2026, 11, 1), AFAR),
        ("later", date(2026, 12, 10), date(2026, 12, 5)),
        ("min", date(2026, 12, 1), date(2026, 12, 1)),
        ("text", date(2020, 1, 1), date(2026, 11, 24)),
    ],
)
def test_a_comparison_names_the_first_day_that_answers_otherwise(how, other, until):
    watch = Watch(NOW)
    COMPARE[how](watch.today, other)
    assert watch.until == until


def test_two_days_of_one_watch_move_together():
    watch = Watch(NOW)
    assert watch.today < watch.today + timedelta(days=1)
    assert watch.today + timedelta(days=1) > watch.today
    assert watch.until == AFAR


@pytest.mark.django_db
def test_what_goes_to_the_database_may_be_another_answer_tomorrow():
    with at(NOW), watching() as watch:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::date > '2026-01-01'", [today()])
            assert cursor.fetchone() == (True,)
        assert watch.until == date(2026, 11, 24)
    with at(NOW):
        assert type(today()) is date
