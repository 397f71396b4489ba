"""The one clock. Every rule takes today from here.

`at(moment)` sets it for a block (tests, the demo's story). In demo mode the operator may move it forward:
the number of days is one row in the database, so web, worker and timer agree. Sessions, one-time codes
and webhook tolerances stay on real time.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from marketplace.watched import Watch

ZONE = ZoneInfo("Asia/Shanghai")
_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)
_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)
_demo_days: tuple[float, int] = (float("-inf"), 0)  # (monotonic time of reading, days)
_DEMO_READ_SECONDS = 1.0


def now() -> datetime:
    """The present moment, aware, in the market's time zone."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    return datetime.now(ZONE) + timedelta(days=_days_forward())


def today() -> date:
    watch = _watch.get()
    return now().date() if watch is None else watch.today


@contextmanager
def at(moment: datetime | date) -> Iterator[None]:
    """Set the clock for a block; a date means noon of that day. Nests."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time_of_day(12), tzinfo=ZONE)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZONE)
    token = _fixed.set(moment.astimezone(ZONE))
    try:
        yield
    finally:
        _fixed.reset(token)


@contextmanager
def watching() -> Iterator[Watch]:
    """Let today() be one `watched.Day` for a block: the watch says until when the block would go the same way over the
    same facts. `now()` is not watched: it dates what happens and decides nothing."""
    watch = Watch(now().date())
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def _days_forward() -> int:
    global _demo_days
    from django.conf import settings

    if not settings.DEMO:
        return 0
    read_at, days = _demo_days
    if time.monotonic() - read_at > _DEMO_READ_SECONDS:
        from marketplace.models import DemoClock

        days = DemoClock.days()
        _demo_days = (time.monotonic(), days)
    return days


def forget() -> None:
    """Read the demo's row again at the next call; called by whoever moved it."""
    global _demo_days
    _demo_days = (float("-inf"), 0)
