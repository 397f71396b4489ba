"""The demo's clock: days pass one after the other, and what falls due on each really happens."""

import logging
import traceback
from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.utils.module_loading import import_string

from marketplace import clock
from marketplace.alone import alone
from marketplace.models import ClockRun, DemoClock

logger = logging.getLogger(__name__)
MOVING = 0x55F1C10C  # the name of an advisory lock


@shared_task
def live_through_days(run_id: int) -> None:
    """Move the clock to the run's last day, one day at a time, with every daily task on each day, in order.

    Other processes see each day as it comes, since the clock is a row in the database. Running it again goes
    on with the day it had reached: the daily tasks are safe to repeat. A task that fails stops the run and is
    named on it; nothing is passed over.
    """
    with alone(MOVING) as mine:
        if not mine:
            return  # a message that was delivered twice
        run = ClockRun.objects.filter(pk=run_id, state=ClockRun.State.RUNNING).first()
        if run is None:
            return
        while True:
            if not _live_through(run):
                return
            run.reached_on = min(clock.today(), run.to_on)
            if run.reached_on >= run.to_on:
                break
            DemoClock.move(1)
        _note(run, state=ClockRun.State.DONE, task="")


def _live_through(run: ClockRun) -> bool:
    """Everything due today, in order; False when a task failed."""
    for name in settings.DAILY_TASKS:
        _note(run, task=name)
        try:
            import_string(name)()
        except Exception:
            logger.exception("%s failed on %s", name, clock.today())
            _note(run, state=ClockRun.State.FAILED, error=traceback.format_exc(limit=-3))
            return False
    _note(run)
    return True


def _note(run: ClockRun, **changes) -> None:
    for name, value in changes.items():
        setattr(run, name, value)
    run.beat_at = datetime.now(UTC)  # real time: the run itself moves the market's
    run.save(update_fields=["reached_on", "beat_at", *changes])


def is_silent(run: ClockRun) -> bool:
    """No sign of life for a while: the worker died, or no worker was there."""
    return datetime.now(UTC) - run.beat_at > timedelta(minutes=1)
