"""Tasks are nudges: state is in the database, and the timer finds what a lost message left behind."""

import logging
import os

from celery import Celery
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
app = Celery("marketplace")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
STEPS = ("lifecycle", "usage", "billing", "payments", "ledger", "proceeds")
app.autodiscover_tasks(["marketplace", *(f"contracts.{step}" for step in STEPS)])

logger = logging.getLogger(__name__)


def nudge(task, *args) -> None:
    """Ask a worker to run `task` after this transaction commits; a broker that is down is only logged,
    because beat runs every such task as well."""

    def send():
        try:
            task.apply_async(args=args, retry=False)
        except Exception:
            logger.warning("Broker not reachable; %s waits for the timer", task.name, exc_info=True)

    transaction.on_commit(send)
