"""What a gateway says of our invoices: its messages, and what it answers when it is asked."""

import logging

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from contracts.batches import one_by_one
from contracts.payments.gateways import stripe
from contracts.payments.gateways.errors import GatewayError, Unreachable
from contracts.payments.gateways.models import MAX_ATTEMPTS, GatewayAccount, GatewayInvoice, WebhookEvent
from contracts.payments.gateways.runs import Run, run_through
from contracts.payments.gateways.steps import facts_of, foreseen, store_step
from contracts.payments.models import Payment
from contracts.payments.queries import balance
from contracts.payments.reasons import THROUGH_STRIPE
from contracts.payments.services import receive_from_gateway, record_refund
from contracts.payments.states import GatewayState
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import now, today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.organisations.models import Organisation

logger = logging.getLogger(__name__)
HEARING_SECONDS, SYNC_SECONDS = 100, 400  # no run is still there when beat starts the next


def store_event(account: GatewayAccount, event: dict) -> WebhookEvent:
    """Keep a verified event, once; the same one again returns the first."""
    found = ((event.get("data") or {}).get("object")) or {}
    row, _made = WebhookEvent.objects.get_or_create(
        account=account,
        event_id=event["id"][:120],
        defaults={
            "kind": str(event["type"])[:80],
            "object_id": str(found.get("id") or "")[:120],
            "payload": event,
        },
    )
    from contracts.payments.tasks import handle_webhooks

    nudge(handle_webhooks)
    return row


def handle_events() -> Run:
    """Re-read the object of every event that waits, those that failed most often last: order, once-only and content of
    webhooks are not trusted. One that fails stops no other."""
    waiting = WebhookEvent.objects.in_state(WebhookEvent.State.WAITING).order_by("attempts", "pk")
    return run_through(waiting.values_list("account_id", "pk"), handle_event, seconds=HEARING_SECONDS)


def handle_event(pk: int) -> bool:
    """One that failed too often is given up, and somebody is told. False: the gateway did not answer."""
    event = WebhookEvent.objects.select_related("account").get(pk=pk)
    if event.handled_at is not None:
        return True
    problem, answered = "", True
    try:
        with foreseen(event):
            if event.account.removed_at is None:
                _sync_all(_concerned(event))
    except GatewayError as error:
        problem, answered = error.message, not isinstance(error, Unreachable)
    done = {"attempts": event.attempts + 1, "problem": problem[:300]}
    if not problem:
        done["handled_at"] = now()
    with transaction.atomic():
        written = WebhookEvent.objects.filter(pk=pk, handled_at__isnull=True).update(**done)
        if written and problem and done["attempts"] == MAX_ATTEMPTS:
            _give_up(event)
    return answered


def _give_up(event: WebhookEvent) -> None:
    """The finance of the licensor is told of the first; who has a hundred more needs no hundred letters."""
    account = GatewayAccount.objects.select_for_update().get(pk=event.account_id)
    record(None, "gateway.message_given_up", account, event=event.event_id, kind=event.kind)
    if account.events.in_state(WebhookEvent.State.GIVEN_UP).exclude(pk=event.pk).exists():
        return
    notify(
        members(account.organisation, "account.edit"),
        "payments/webhooks_given_up",
        path=f"{reverse('gateway_messages')}?state={WebhookEvent.State.GIVEN_UP}",
        event=WebhookEvent.objects.get(pk=event.pk),
    )


@transaction.atomic
def retry_messages(*, actor, organisation: Organisation | None = None) -> int:
    """Have the messages tried again that were given up, of one licensor by its finance, or of all by who watches the
    market; returns how many there were."""
    if organisation is not None:
        permit(actor, "account.edit", organisation)
    else:
        permit(actor, "market.watch", actor.organisation)
    given_up = WebhookEvent.objects.in_state(WebhookEvent.State.GIVEN_UP)
    if organisation is not None:
        given_up = given_up.filter(account__organisation=organisation)
    number = given_up.update(attempts=0)
    if number:
        record(actor, "gateway.messages_retried", organisation or actor.organisation, count=number)
    from contracts.payments.tasks import handle_webhooks

    nudge(handle_webhooks)
    return number


def _sync_all(rows: list[GatewayInvoice]) -> None:
    """Each is tried before the first failure is raised."""
    for error in one_by_one(rows, sync, transaction_each=False).values():
        raise error


def _concerned(event: WebhookEvent) -> list[GatewayInvoice]:
    """Our invoices that an event is about: by the invoice itself, or by the payment that was given back."""
    found = ((event.payload.get("data") or {}).get("object")) or {}
    rows = GatewayInvoice.objects.filter(account=event.account).select_related("invoice", "account")
    if event.kind.startswith("invoice_payment."):
        return list(rows.filter(external_id=found.get("invoice") or "-"))
    if event.kind.startswith("invoice."):
        return list(rows.filter(external_id=event.object_id))
    intent = found.get("payment_intent")
    if event.kind.startswith(("refund.", "charge.")) and isinstance(intent, str):
        paid = Payment.objects.filter(issuer=event.account.organisation, external_reference=intent)
        return list(rows.filter(invoice__allocations__payment__in=paid).distinct())
    return []


def sync(row: GatewayInvoice) -> GatewayInvoice:
    """Read an invoice at the gateway and take over what was paid and given back, each once."""
    if not row.external_id or row.account.removed_at is not None:
        return row
    current = stripe.read_invoice(row)
    take_over(row)
    state = {"paid": GatewayState.PAID, "void": GatewayState.VOID}.get(current["status"], row.state)
    done = {"problem": ""} if row.state == GatewayState.SENT else {}  # before, a problem is one of sending
    return store_step(row, state=state, synced_at=now(), **done, **facts_of(current))


def take_over(row: GatewayInvoice) -> None:
    """What was paid on an invoice at the gateway and given back, each once."""
    for received in stripe.read_payments(row):
        payment = receive_from_gateway(
            row.invoice,
            key=received.key,
            amount_minor=received.amount_minor,
            received_on=min(received.paid_on, today()),  # the gateway lives on real time
            reference=received.reference,
        )
        for refund in stripe.read_refunds(row.account, received.reference):
            if not payment.refunds.filter(external_key=refund.key).exists():
                _take_refund(payment, refund)


def _take_refund(payment: Payment, refund: stripe.Received) -> None:
    with transaction.atomic():
        Payment.objects.select_for_update().get(pk=payment.pk)
        if payment.refunds.filter(external_key=refund.key).exists():
            return
        record_refund(
            payment,
            actor=None,
            amount_minor=refund.amount_minor,
            refunded_on=max(min(refund.paid_on, today()), payment.received_on),
            reason=str(THROUGH_STRIPE),
            external_key=refund.key,
        )


def sync_open() -> Run:
    """The timer's way to the same facts: read every sent invoice, those that were asked about longest ago first, and
    void one that was settled by other means. One that fails stops no other."""
    rows = GatewayInvoice.objects.filter(
        state__in=[GatewayState.SENT, GatewayState.FINAL], account__removed_at__isnull=True
    ).order_by(F("synced_at").asc(nulls_first=True), "pk")
    return run_through(rows.values_list("account_id", "pk"), _sync_open, seconds=SYNC_SECONDS)


def _sync_open(pk: int) -> bool:
    """False: the gateway did not answer."""
    row = GatewayInvoice.objects.select_related("invoice", "account").get(pk=pk)
    try:
        with foreseen(row):
            row = sync(row)
            still_ours = row.state == GatewayState.SENT and row.account.removed_at is None
            if still_ours and balance(row.invoice).open_minor <= 0:
                stripe.void(row)
                store_step(row, state=GatewayState.VOID)
                record(None, "gateway.invoice_voided", row.invoice, external=row.external_id)
    except GatewayError as error:
        logger.warning("Gateway invoice %s not read: %s", row.pk, error.message)
        store_step(row, problem=error.message[:300], synced_at=now())
        return not isinstance(error, Unreachable)
    return True
