from celery import shared_task

from contracts.ledger.verifying import keep_check, verify_ledger


@shared_task
def check_books() -> None:
    """Every night: re-add all books and keep what was found."""
    keep_check(verify_ledger())
