"""A stateful double of the part of Stripe that the product uses (one licensor's account), in process.

It checks parameters against the client's own parameter types, replays by idempotency key, refuses changed
parameters under the same key, numbers an invoice only when it is finalised, locks amounts then, and can fail
after having done the work. Events are signed; a test delivers them twice, late or out of order.
"""

import hashlib
import json
import re
import time
from itertools import count
from urllib.parse import parse_qsl, urlsplit

import stripe
from stripe import params as types

MAX_ITEMS = 250


class Refusal(Exception):
    def __init__(self, message, status=400, kind="invalid_request_error"):
        super().__init__(message)
        self.message, self.status, self.kind = message, status, kind


def _nested(pairs) -> dict:
    """Form fields such as metadata[a]=b as a tree."""
    tree: dict = {}
    for key, value in pairs:
        path = re.findall(r"[^\[\]]+", key)
        place = tree
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return tree


def _check(given: dict, kind: type) -> None:
    """Unknown names and words outside a closed list are refused, as the API does."""
    hints = {}
    for base in reversed(kind.__mro__):
        hints |= getattr(base, "__annotations__", {})
    own = kind.__annotations__
    for name, value in given.items():
        if name not in own:
            raise Refusal(f"Received unknown parameter: {name}")
        words = re.search(r"Literal\[([^\]]*)\]", str(hints[name]))
        if words and isinstance(value, str):
            allowed = re.findall(r"'([^']*)'", words[1])
            if allowed and allowed != [""] and value not in allowed:
                raise Refusal(f"Invalid {name}: must be one of {', '.join(allowed)}")


class StripeDouble(stripe.HTTPClient):
    name = "double"

    def __init__(self, key="sk_test_double", secret="whsec_double"):
        super().__init__()
        self.key, self.secret = key, secret
        self._ids = count(1)
        self.customers, self.invoices, self.items = {}, {}, {}
        self.payments, self.refunds, self.events = {}, {}, []
        self.kept: dict[str, tuple[str, tuple]] = {}
        self.calls: list[tuple[str, str]] = []
        self._failures: list[str] = []
        self._numbers = count(1)

    # --- the client's side --------------------------------------------------------------------------

    def fail(self, *ways: str) -> None:
        """The next calls fail: "before" the work, "after" it (the answer is lost), as "500", or with an "odd"
        answer that nobody foresaw."""
        self._failures += ways

    def request(self, method, url, headers, post_data=None):
        parts = urlsplit(url)
        pairs = parse_qsl(post_data if isinstance(post_data, str) else parts.query, keep_blank_values=True)
        if method == "get":
            pairs = parse_qsl(parts.query, keep_blank_values=True)
        self.calls.append((method, parts.path))
        way = self._failures.pop(0) if self._failures else ""
        if way == "before":
            raise stripe.APIConnectionError("connection refused", should_retry=False)
        if way == "500":
            return (
                json.dumps({"error": {"type": "api_error", "message": "oops"}}),
                500,
                {"stripe-should-retry": "false"},
            )
        if way == "odd":
            return json.dumps({"object": "oddity"}), 200, {}
        answer = self._answer(method, parts.path, _nested(pairs), dict(headers))
        if way == "after":
            raise stripe.APIConnectionError("read timed out", should_retry=False)
        return answer

    def close(self):
        pass

    def _answer(self, method, path, given, headers):
        try:
            if headers.get("Authorization") != f"Bearer {self.key}":
                raise Refusal("Invalid API Key provided", 401, "authentication_error")
            key = headers.get("Idempotency-Key") if method == "post" else None
            said = hashlib.sha256(json.dumps([path, given], sort_keys=True).encode()).hexdigest()
            if key in self.kept:
                before, answer = self.kept[key]
                if before != said:
                    raise Refusal("Keys for idempotent requests can only be used with the same parameters",
                                  400, "idempotency_error")  # fmt: skip
                return answer
            answer = (
                json.dumps(self._route(method, path, given)),
                200,
                {"Request-Id": f"req_{next(self._ids)}"},
            )
            if key:
                self.kept[key] = (said, answer)
            return answer
        except Refusal as refusal:
            error = {"error": {"type": refusal.kind, "message": refusal.message}}
            return json.dumps(error), refusal.status, {"Request-Id": f"req_{next(self._ids)}"}

    def _route(self, method, path, given):
        table = [
            ("get", r"/v1/account", self._account),
            ("post", r"/v1/customers", self._create_customer),
            ("get", r"/v1/customers/(\w+)", self._read_customer),
            ("get", r"/v1/invoices", self._list_invoices),
            ("post", r"/v1/invoices", self._create_invoice),
            ("get", r"/v1/invoices/(\w+)", self._read_invoice),
            ("delete", r"/v1/invoices/(\w+)", self._delete_invoice),
            ("post", r"/v1/invoiceitems", self._create_item),
            ("get", r"/v1/invoiceitems", self._list_items),
            ("delete", r"/v1/invoiceitems/(\w+)", self._delete_item),
            ("post", r"/v1/invoices/(\w+)/finalize", self._finalize),
            ("post", r"/v1/invoices/(\w+)/send", self._send),
            ("post", r"/v1/invoices/(\w+)/void", self._void),
            ("get", r"/v1/invoice_payments", self._list_payments),
            ("get", r"/v1/refunds", self._list_refunds),
        ]
        for verb, pattern, handle in table:
            match = re.fullmatch(pattern, path)
            if match and verb == method:
                return handle(*match.groups(), given)
        raise Refusal(f"Unrecognized request URL ({method.upper()}: {path})", 404)

    def _new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._ids):06d}"

    def _account(self, given):
        return {"id": "acct_double", "object": "account", "country": "HK"}

    def _create_customer(self, given):
        _check(given, types.CustomerCreateParams)
        row = {"id": self._new("cus"), "object": "customer", "created": int(time.time()), **given}
        self.customers[row["id"]] = row
        return row

    def _read_customer(self, pk, given):
        if pk not in self.customers:
            raise Refusal(f"No such customer: '{pk}'", 404)
        return self.customers[pk]

    def _invoice(self, pk) -> dict:
        if pk not in self.invoices:
            raise Refusal(f"No such invoice: '{pk}'", 404)
        return self.invoices[pk]

    def _create_invoice(self, given):
        _check(given, types.InvoiceCreateParams)
        if self.customers.get(given.get("customer"), {"deleted": True}).get("deleted"):
            raise Refusal("No such customer")
        if given.get("collection_method") == "send_invoice" and "days_until_due" not in given:
            raise Refusal("If invoices are sent, 'days_until_due' or 'due_date' must be given")
        if int(given.get("days_until_due", 0)) < 0:
            raise Refusal("days_until_due must not be negative")
        row = {
            "id": self._new("in"),
            "object": "invoice",
            "status": "draft",
            "number": None,
            "total": 0,
            "amount_paid": 0,
            "amount_remaining": 0,
            "customer": given["customer"],
            "currency": given["currency"],
            "metadata": given.get("metadata", {}),
            "hosted_invoice_url": None,
            "created": int(time.time()),
        }
        self.invoices[row["id"]] = row
        self._tell("invoice.created", row)
        return row

    def _create_item(self, given):
        _check(given, types.InvoiceItemCreateParams)
        invoice = self._invoice(given.get("invoice"))
        if invoice["status"] != "draft":
            raise Refusal("This invoice is no longer editable")
        if given["currency"] != invoice["currency"]:
            raise Refusal("The currency of the invoice item must match the invoice")
        if sum(item["invoice"] == invoice["id"] for item in self.items.values()) >= MAX_ITEMS:
            raise Refusal("There is a maximum of 250 items per invoice")
        row = {"id": self._new("ii"), "object": "invoiceitem", **given, "amount": int(given["amount"])}
        self.items[row["id"]] = row
        invoice["total"] += row["amount"]
        invoice["amount_remaining"] = invoice["total"] - invoice["amount_paid"]
        return row

    def _list_items(self, given):
        _check(given, types.InvoiceItemListParams)
        rows = [row for row in self.items.values() if row["invoice"] == given.get("invoice", row["invoice"])]
        return self._list(rows, given, "/v1/invoiceitems")

    def _delete_item(self, pk, given):
        if pk not in self.items:
            raise Refusal(f"No such invoiceitem: '{pk}'", 404)
        invoice = self.invoices.get(self.items[pk]["invoice"])
        if invoice:
            if invoice["status"] != "draft":
                raise Refusal("This invoice is no longer editable")
            invoice["total"] -= self.items[pk]["amount"]
            invoice["amount_remaining"] = invoice["total"]
        del self.items[pk]
        return {"id": pk, "object": "invoiceitem", "deleted": True}

    def _delete_invoice(self, pk, given):
        """What was put on the draft and not deleted before waits for the customer's next invoice."""
        if self._invoice(pk)["status"] != "draft":
            raise Refusal("You can only delete draft invoices.")
        for item in self.items.values():
            if item["invoice"] == pk:
                item["invoice"] = None
        del self.invoices[pk]
        return {"id": pk, "object": "invoice", "deleted": True}

    def _read_invoice(self, pk, given):
        return self._invoice(pk)

    def _list_invoices(self, given):
        _check(given, types.InvoiceListParams)
        rows = [
            row for row in self.invoices.values() if row["customer"] == given.get("customer", row["customer"])
        ]
        return self._list(rows, given, "/v1/invoices")

    def _list(self, rows, given, url):
        rows = rows[::-1]
        if given.get("starting_after"):
            places = [row["id"] for row in rows]
            rows = rows[places.index(given["starting_after"]) + 1 :]
        limit = int(given.get("limit", 10))
        return {"object": "list", "url": url, "data": rows[:limit], "has_more": len(rows) > limit}

    def _finalize(self, pk, given):
        _check(given, types.InvoiceFinalizeInvoiceParams)
        row = self._invoice(pk)
        if row["status"] != "draft":
            raise Refusal("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
        row["status"], row["number"] = "open", f"DOUBLE-{next(self._numbers):04d}"
        row["hosted_invoice_url"] = f"https://invoice.stripe.com/i/{pk}"
        self._tell("invoice.finalized", row)
        return row

    def _send(self, pk, given):
        row = self._invoice(pk)
        if row["status"] not in ("open", "paid"):
            raise Refusal("You can only manually send an invoice that is open")
        self._tell("invoice.sent", row)
        return row

    def _void(self, pk, given):
        row = self._invoice(pk)
        if row["status"] != "open":
            raise Refusal(f"You can only pass in open invoices. This invoice isn't open ({row['status']}).")
        row["status"] = "void"
        self._tell("invoice.voided", row)
        return row

    def _list_payments(self, given):
        _check(given, types.InvoicePaymentListParams)
        rows = [
            row
            for row in self.payments.values()
            if row["invoice"] == given.get("invoice", row["invoice"])
            and row["status"] == given.get("status", row["status"])
        ]
        return self._list(rows, given, "/v1/invoice_payments")

    def _list_refunds(self, given):
        _check(given, types.RefundListParams)
        intent = given.get("payment_intent")
        rows = [row for row in self.refunds.values() if intent in (None, row["payment_intent"])]
        return self._list(rows, given, "/v1/refunds")

    # --- the payer's side ---------------------------------------------------------------------------

    def pay(self, invoice_id: str, amount: int | None = None) -> dict:
        """The customer pays an open invoice, in whole or in part."""
        row = self._invoice(invoice_id)
        if row["status"] != "open":
            raise Refusal("This invoice is not open")
        amount = amount or row["amount_remaining"]
        if amount > row["amount_remaining"]:
            raise Refusal("More than remains")
        payment = {
            "id": self._new("inpay"),
            "object": "invoice_payment",
            "invoice": invoice_id,
            "amount_paid": amount,
            "amount_requested": amount,
            "currency": row["currency"],
            "created": int(time.time()),
            "status": "paid",
            "status_transitions": {"paid_at": int(time.time()), "canceled_at": None},
            "payment": {"type": "payment_intent", "payment_intent": self._new("pi")},
        }
        self.payments[payment["id"]] = payment
        row["amount_paid"] += amount
        row["amount_remaining"] -= amount
        self._tell("invoice_payment.paid", payment)
        if row["amount_remaining"] == 0:
            row["status"] = "paid"
            self._tell("invoice.paid", row)
        return payment

    def refund(self, payment: dict, amount: int) -> dict:
        given = sum(r["amount"] for r in self.refunds.values() if r["invoice_payment"] == payment["id"])
        if given + amount > payment["amount_paid"]:
            raise Refusal("Refund amount is greater than the unrefunded amount")
        row = {
            "id": self._new("re"),
            "object": "refund",
            "amount": amount,
            "payment_intent": payment["payment"]["payment_intent"],
            "invoice_payment": payment["id"],
            "status": "succeeded",
            "created": int(time.time()),
        }
        self.refunds[row["id"]] = row
        self._tell("refund.created", row)
        return row

    # --- webhooks -----------------------------------------------------------------------------------

    def _tell(self, kind, row) -> None:
        self.events.append(
            {
                "id": self._new("evt"),
                "object": "event",
                "type": kind,
                "created": int(time.time()),
                "data": {"object": json.loads(json.dumps(row))},
            }
        )

    def signed(self, event: dict, *, secret: str | None = None, at: int | None = None) -> tuple[bytes, str]:
        """(raw body, signature header) of a delivery."""
        body = json.dumps(event, indent=2).encode()
        secret = self.secret if secret is None else secret
        header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, at)
        return body, header
