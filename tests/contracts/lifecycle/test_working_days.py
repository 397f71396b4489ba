from datetime import date

import pytest

from contracts.lifecycle import working_days
from contracts.lifecycle.models import CalendarDay

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("start", "days", "until"),
    [
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # the whole national holiday
        (date(2026, 10, 8), 2, date(2026, 10, 10)),  # a Saturday that is worked
        (date(2027, 2, 4), 1, date(2027, 2, 9)),  # before the notice for 2027: the days of the decree
        (date(2028, 5, 26), 1, date(2028, 5, 29)),  # a year that nobody has entered: weekends
    ],
)
def test_working_days_leave_out_what_the_calendar_knows(start, days, until):
    assert working_days.add_working_days(start, days) == until


def test_a_deadline_in_a_year_without_the_notice_says_so():
    assert working_days.note(date(2026, 12, 1)) == working_days.note(None) == ""
    assert "2027" in working_days.note(date(2027, 1, 5))
    CalendarDay.objects.create(day=date(2027, 2, 20), is_working=True, name="调休上班", source="notice")
    assert working_days.note(date(2027, 1, 5)) == ""
