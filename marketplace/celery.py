"""Tasks are nudges: state is in the database, and the timer finds what a lost message left behind."""

import logging
import os
import time

from celery import Celery
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
app = Celery("marketplace")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
STEPS = ("lifecycle", "usage", "billing", "payments", "ledger", "proceeds")
app.autodiscover_tasks(["marketplace", *(f"contracts.{step}" for step in STEPS)])

logger = logging.getLogger(__name__)


PAUSE = 5  # seconds after a failure in which no page waits for the broker again
_away_until = 0.0


def nudge(task, *args) -> None:
    """Ask a worker to run `task` after this transaction commits; a broker that is down is only logged,
    because beat runs every such task as well. Where it does not answer at all, one page waits for it, not each nudge."""

    def send():
        global _away_until
        if time.monotonic() < _away_until:
            return
        try:
            task.apply_async(args=args, retry=False)
        except Exception:
            _away_until = time.monotonic() + PAUSE
            logger.warning("Broker not reachable; %s waits for the timer", task.name, exc_info=True)

    transaction.on_commit(send)
