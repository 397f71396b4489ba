"""How steps at a gateway are stored and how failures come: shared by sending and hearing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, transaction

from contracts.payments.gateways.errors import UNFORESEEN, GatewayError
from contracts.payments.gateways.models import GatewayInvoice, WebhookEvent
from contracts.payments.states import GATEWAY_NEXT

logger = logging.getLogger(__name__)


@contextmanager
def foreseen(row: GatewayInvoice | WebhookEvent) -> Iterator[None]:
    """Any failure as a GatewayError, so that it is counted, told on the page and gives way to the others. A database that
    is gone (OperationalError) is nobody's fault."""
    try:
        yield
    except (GatewayError, OperationalError):
        raise
    except Exception as error:
        logger.exception("Nobody foresaw this: %s %s", row._meta.model_name, row.pk)
        raise GatewayError(UNFORESEEN, retry=True) from error


def store_step(row: GatewayInvoice, **changes) -> GatewayInvoice:
    """Write a step in a transaction of its own; a row that somebody else moved on meanwhile wins, and of one that was
    asked for once more nothing older is written."""
    with transaction.atomic():
        current = GatewayInvoice.objects.select_for_update().get(pk=row.pk)
        if current.round != row.round:
            return current
        target = changes.get("state", current.state)
        if target != current.state and target not in GATEWAY_NEXT[current.state]:
            changes.pop("state")
        for name, value in changes.items():
            setattr(current, name, value)
            setattr(row, name, value)
        current.attempts = max(current.attempts, row.attempts)
        current.save()
    row.state = current.state
    return row


def facts_of(invoice: dict) -> dict:
    """What is kept of an invoice as the gateway tells it."""
    return {
        "external_number": invoice.get("number") or "",
        "hosted_url": invoice.get("hosted_invoice_url") or "",
    }
