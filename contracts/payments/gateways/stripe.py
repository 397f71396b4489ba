"""Stripe, through the licensor's own key: plain invoices, no meters, subscriptions or prices.

Keys of idempotency are our facts, so a time-out after success is repeated safely; Stripe forgets keys after a day,
so before an old attempt is repeated the invoice is looked for by our id in its metadata. An invoice that is asked for once
more gets keys of its round: Stripe answers an old key as before, also with what is gone. `StripeObject` is turned
into a dict at the border.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import stripe

from contracts.payments.gateways import errors
from contracts.payments.gateways.errors import GatewayError, Missing, Unreachable
from contracts.payments.gateways.models import GatewayAccount, GatewayInvoice
from marketplace.clock import ZONE

TIMEOUT_SECONDS = 20
WEBHOOK_TOLERANCE_SECONDS = 300
NOT_FOUND = 404
http_client_factory = stripe.new_default_http_client  # tests put their double here


def client(account: GatewayAccount) -> stripe.StripeClient:
    http = http_client_factory(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(account.secret_key, http_client=http, max_network_retries=1)


def _call(method, *args, **kwargs) -> dict:
    """Call the API; the answer as a dict. Raises GatewayError."""
    try:
        return method(*args, **kwargs).to_dict()
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise GatewayError(errors.KEY, retry=False) from error
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise Unreachable from error
    except stripe.IdempotencyError as error:
        raise GatewayError(errors.OTHER_FIGURES, retry=False) from error
    except stripe.StripeError as error:
        words = str(errors.REFUSED) % {"words": (error.user_message or str(error))[:200]}
        if error.http_status == NOT_FOUND:
            raise Missing(words) from error
        raise GatewayError(words, retry=False) from error


@dataclass(frozen=True)
class AccountFacts:
    external_id: str
    country: str


def read_account(account: GatewayAccount) -> AccountFacts:
    """Ask Stripe whose key this is."""
    found = _call(client(account).v1.accounts.retrieve_current)
    return AccountFacts(found["id"], found.get("country") or "")


def create_customer(row: GatewayInvoice) -> str:
    """The payer as a customer of the licensor's account, made once for each payer and account (and once more in place of
    one that was deleted there)."""
    payer = row.invoice.payer
    if not payer.contact_email:
        raise GatewayError(errors.NO_EMAIL, retry=False)
    facts = (payer.name_zh, payer.name_en, payer.contact_email)
    if row.external_customer:
        facts += (row.external_customer,)
    found = _call(
        client(row.account).v1.customers.create,
        {
            "name": payer.name_zh or payer.name_en,
            "email": payer.contact_email,
            "metadata": {"usefirst_organisation": str(payer.pk)},
        },
        {"idempotency_key": f"acc:{row.account_id}:payer:{payer.pk}:{_digest(*facts)}"},
    )
    return found["id"]


def has_customer(row: GatewayInvoice) -> bool:
    try:
        return not _call(client(row.account).v1.customers.retrieve, row.external_customer).get("deleted")
    except Missing:
        return False


def _digest(*facts: str) -> str:
    """Part of a key where the facts sent may change: other facts, another key."""
    return hashlib.sha256("|".join(facts).encode()).hexdigest()[:12]


def find_invoices(row: GatewayInvoice) -> list[dict]:
    """What earlier attempts and rounds made and is neither void nor given up there, by our id in its metadata."""
    page, ours = {"customer": row.external_customer, "limit": 100}, []
    while True:
        found = _call(client(row.account).v1.invoices.list, page)
        ours += [
            invoice
            for invoice in found["data"]
            if _is_ours(row, invoice) and invoice["status"] in ("draft", "open", "paid")
        ]
        if not found["has_more"]:
            return ours
        page["starting_after"] = found["data"][-1]["id"]


def _is_ours(row: GatewayInvoice, found: dict) -> bool:
    return (found.get("metadata") or {}).get("usefirst_invoice") == str(row.invoice_id)


def serves(row: GatewayInvoice, found: dict) -> bool:
    """Whether an invoice that was found is gone on with: one of this round, or an open one over just what is open here."""
    if found["metadata"].get("usefirst_round", "1") == str(row.round):
        return True
    return found["status"] == "open" and found["amount_remaining"] == row.amount_minor


def take_back(row: GatewayInvoice, found: dict) -> None:
    """Delete a draft, with the items that we put on it (Stripe would keep them for another invoice of the customer), or
    void an open invoice. What is gone already is well."""
    api = client(row.account).v1
    try:
        if found["status"] == "open":
            _call(api.invoices.void_invoice, found["id"], {}, {"idempotency_key": f"{found['id']}:void"})
            return
        for item in _call(api.invoice_items.list, {"invoice": found["id"], "limit": 100})["data"]:
            if _is_ours(row, item):
                _call(api.invoice_items.delete, item["id"])
        _call(api.invoices.delete, found["id"])
    except Missing:
        return


def _key(row: GatewayInvoice, step: str) -> str:
    return f"inv:{row.invoice_id}:{step}" if row.round == 1 else f"inv:{row.invoice_id}:{row.round}:{step}"


def create_invoice(row: GatewayInvoice, *, today: date) -> str:
    invoice = row.invoice
    days = max((invoice.due_on - today).days, 0)
    found = _call(
        client(row.account).v1.invoices.create,
        {
            "customer": row.external_customer,
            "collection_method": "send_invoice",
            "days_until_due": days,
            "auto_advance": False,
            "currency": invoice.currency.lower(),
            "pending_invoice_items_behavior": "exclude",
            "description": f"{invoice.number} · {invoice.contract.number}",
            "metadata": {
                "usefirst_invoice": str(invoice.pk),
                "usefirst_number": invoice.number,
                "usefirst_round": str(row.round),
            },
        },
        {"idempotency_key": _key(row, f"create:{days}")},
    )
    return found["id"]


def add_item(row: GatewayInvoice) -> None:
    """One item: what was open on our invoice when it was sent. The lines stand on our own paper. An item that
    an earlier attempt has added (Stripe may have forgotten its key) is not added twice."""
    invoice = row.invoice
    if row.attempts > 1 or row.round > 1:
        there = read_invoice(row)
        if there["status"] != "draft" or there.get("total") == row.amount_minor:
            return
    _call(
        client(row.account).v1.invoice_items.create,
        {
            "customer": row.external_customer,
            "invoice": row.external_id,
            "amount": row.amount_minor,
            "currency": invoice.currency.lower(),
            "description": f"{invoice.number} ({invoice.reference_code})",
            "metadata": {"usefirst_invoice": str(invoice.pk)},
        },
        {"idempotency_key": _key(row, "item")},
    )


def finalize(row: GatewayInvoice) -> dict:
    """Finalise: the amount is locked and Stripe gives its number. One that is final already is read."""
    current = read_invoice(row)
    if row.amount_minor not in (current.get("total"), current.get("amount_remaining")):
        raise GatewayError(errors.OTHER_AMOUNT, retry=False)
    if current["status"] != "draft":
        return current
    return _call(
        client(row.account).v1.invoices.finalize_invoice,
        row.external_id,
        {"auto_advance": False},
        {"idempotency_key": _key(row, "finalize")},
    )


def send(row: GatewayInvoice) -> dict:
    return _call(
        client(row.account).v1.invoices.send_invoice,
        row.external_id,
        {},
        {"idempotency_key": _key(row, "send")},
    )


def read_invoice(row: GatewayInvoice) -> dict:
    return _call(client(row.account).v1.invoices.retrieve, row.external_id)


def void(row: GatewayInvoice) -> dict:
    return _call(
        client(row.account).v1.invoices.void_invoice,
        row.external_id,
        {},
        {"idempotency_key": f"{row.external_id}:void"},
    )


@dataclass(frozen=True)
class Received:
    """A payment on an invoice as Stripe tells it now."""

    key: str
    amount_minor: int
    paid_on: date
    reference: str


def read_payments(row: GatewayInvoice) -> list[Received]:
    """The paid Invoice Payments of an invoice (the fields on the invoice itself are gone since 2025-03-31)."""
    found = _call(
        client(row.account).v1.invoice_payments.list,
        {"invoice": row.external_id, "status": "paid", "limit": 100},
    )
    payments = []
    for item in found["data"]:
        paid_at = (item.get("status_transitions") or {}).get("paid_at") or item["created"]
        source = item.get("payment") or {}
        reference = source.get("payment_intent") or source.get("charge") or ""
        payments.append(
            Received(
                f"stripe:{item['id']}",
                item["amount_paid"],
                datetime.fromtimestamp(paid_at, UTC).astimezone(ZONE).date(),
                reference if isinstance(reference, str) else reference.get("id", ""),
            )
        )
    return payments


def read_refunds(account: GatewayAccount, reference: str) -> list[Received]:
    """Refunds that went through, of the payment that `reference` (a payment intent) names."""
    if not reference.startswith("pi_"):
        return []
    found = _call(client(account).v1.refunds.list, {"payment_intent": reference, "limit": 100})
    return [
        Received(
            f"stripe:{item['id']}",
            item["amount"],
            datetime.fromtimestamp(item["created"], UTC).astimezone(ZONE).date(),
            reference,
        )
        for item in found["data"]
        if item.get("status") == "succeeded"
    ]


def read_event(account: GatewayAccount, body: bytes, signature: str) -> dict:
    """The event of a webhook whose signature over the raw body is right and fresh (real time, not the demo's).

    Raises ValueError for anything else: also without a secret, since a signature with an empty one is anybody's, and
    for what a JSON column cannot hold.
    """
    if not account.webhook_secret:
        raise ValueError("no signing secret")
    try:
        text = body.decode("utf-8")
        stripe.WebhookSignature.verify_header(
            text, signature, account.webhook_secret, tolerance=WEBHOOK_TOLERANCE_SECONDS
        )
        event = json.loads(text)
        written = json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError, stripe.SignatureVerificationError) as error:
        raise ValueError("not a signed event") from error
    if b"\\u0000" in written or not isinstance(event, dict) or not isinstance(event.get("id"), str):
        raise ValueError("not an event")
    told = event.get("data")
    if "type" not in event or not isinstance(told, dict) or not isinstance(told.get("object"), dict):
        raise ValueError("not an event about an object")
    return event
