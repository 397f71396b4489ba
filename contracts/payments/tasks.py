"""Nudges: each may run twice; the timer runs them all."""

from celery import shared_task

from contracts.payments import booking, services


@shared_task
def book_money() -> None:
    booking.book_money()


@shared_task
def release_overpaid() -> None:
    services.release_overpaid()
    booking.book_money()
