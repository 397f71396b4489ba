from celery import shared_task

from contracts.lifecycle import due


@shared_task
def run_due() -> None:
    """Everything of the lifecycle that falls due today; safe to run again."""
    due.run_due()
