"""Nudges: each may run twice; the timer runs them all."""

from celery import shared_task

from contracts.payments import booking, interest, overpaid
from contracts.payments.collecting import dunning
from contracts.payments.gateways import hearing, sending


@shared_task
def book_money() -> None:
    booking.book_money()


@shared_task
def charge_interest() -> None:
    interest.charge_interest()


@shared_task
def send_reminders() -> None:
    dunning.send_due()


@shared_task
def release_overpaid() -> None:
    overpaid.release_overpaid()
    booking.book_money()


@shared_task
def send_gateway_invoices() -> None:
    sending.send_waiting()


@shared_task
def handle_webhooks() -> None:
    hearing.handle_events()


@shared_task
def sync_gateway_invoices() -> None:
    hearing.handle_events()
    hearing.sync_open()
