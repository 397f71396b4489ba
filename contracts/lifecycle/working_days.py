"""Working days: Monday to Friday, unless the dated calendar says otherwise."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

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


def note(until: date | None) -> str:
    """What a reader of a deadline counted in working days should know: nothing where the State Council's notice for
    the year is in the calendar (it alone moves working days to weekends), otherwise that the day may come later."""
    if until is None or CalendarDay.objects.filter(day__year=until.year, is_working=True).exists():
        return ""
    return _(
        "Counted without the notice on public holidays of %(year)s, which was not known yet: the day may shift by a "
        "few days. Check it before you rely on it."
    ) % {"year": until.year}
