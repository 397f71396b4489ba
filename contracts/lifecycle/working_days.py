"""Working days: Monday to Friday, unless the dated calendar says otherwise."""

from datetime import date, timedelta

from contracts.lifecycle.models import CalendarDay

SATURDAY = 5


def add_working_days(start: date, days: int) -> date:
    """The day that is `days` working days after `start`; `start` itself is not counted."""
    horizon = start + timedelta(days=3 * days + 30)
    known = dict(CalendarDay.objects.filter(day__gt=start, day__lte=horizon).values_list("day", "is_working"))
    day = start
    while days > 0:
        day += timedelta(days=1)
        if known.get(day, day.weekday() < SATURDAY):
            days -= 1
    return day
