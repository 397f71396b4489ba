"""Nudges: each may run twice; the timer runs them all."""

from celery import shared_task

from contracts.proceeds import booking, commissions, documents
from marketplace.celery import nudge


@shared_task
def accrue_commissions() -> None:
    commissions.accrue_commissions()


@shared_task
def book_proceeds() -> None:
    booking.book_proceeds()


@shared_task
def make_statements() -> None:
    if documents.make_missing_statements():
        nudge(make_statements)
