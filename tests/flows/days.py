"""The days of a story: the clock stands on one day; going on to another lets everything happen that falls due."""

from contextlib import ExitStack
from datetime import date, timedelta

from django.conf import settings
from django.utils.module_loading import import_string

from marketplace.clock import at, today

WEEK = timedelta(days=7)


class Calendar:
    def __init__(self) -> None:
        self._stack = ExitStack()

    def begin(self, day: date) -> None:
        self.end()
        self._stack.enter_context(at(day))

    def go_to(self, day: date) -> None:
        """The daily tasks run once in each week that passes, and on the day itself."""
        assert day >= today(), "a story goes forward"
        on = today()
        while on + WEEK < day:
            on += WEEK
            self._live(on)
        self._live(day)

    def after(self, days: int) -> date:
        self.go_to(today() + timedelta(days=days))
        return today()

    def _live(self, day: date) -> None:
        self.begin(day)
        run_daily_tasks()

    def end(self) -> None:
        self._stack.close()


def run_daily_tasks() -> None:
    """Everything that falls due today, as the timer runs it."""
    for name in settings.DAILY_TASKS:
        import_string(name)()
