"""Bookings of invoices, credit notes, receipts, allocations and refunds: pulled, each fact once by its key."""

from collections.abc import Callable, Iterable
from datetime import date

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.billing.models import Charge, CreditNote, Invoice
from contracts.ledger.chart import AccountCode
from contracts.ledger.models import Entry
from contracts.ledger.services import Line, post
from contracts.payments.models import Allocation, Payment, Refund
from marketplace.money import largest_remainder
from marketplace.organisations.models import Organisation

Booking = tuple[Organisation, date, str, list[Line]]


def unbooked(rows: QuerySet, kind: str, issuer: str) -> QuerySet:
    """Rows whose fact `kind:pk` has no entry in the book of their `issuer` (a path to the organisation)."""
    key = Concat(Value(f"{kind}:"), Cast(OuterRef("pk"), CharField()))
    entry = Entry.objects.annotate(fact=F("key")).filter(issuer=OuterRef(issuer), fact=key)
    return rows.filter(~Exists(entry)).order_by("pk")


def book_all(rows: Iterable, kind: str, booking: Callable[[object], Booking | None]) -> int:
    """Post each row; a row whose booking is None moves nothing."""
    count = 0
    with translation.override("zh-hans"):  # the book speaks the language of the market's authorities
        for row in rows:
            booked = booking(row)
            if booked is not None:
                issuer, day, text, lines = booked
                post(issuer, key=f"{kind}:{row.pk}", booked_on=day, text=text, lines=lines)
                count += 1
    return count


def _income(total_net: int, invoice: Invoice) -> tuple[int, int]:
    """(licence income, interest) of a net sum, in the proportion of the invoice's own lines."""
    lines = invoice.lines.all()
    interest = sum(line.price_minor for line in lines if line.charge.kind == Charge.Kind.INTEREST)
    licence = sum(line.price_minor for line in lines) - interest
    if not interest or not total_net:
        return total_net, 0
    if licence <= 0:
        return 0, total_net
    part, rest = largest_remainder(total_net, [licence, interest])
    return part, rest


def _lines_of_sale(invoice: Invoice, net: int, vat: int, sign: int, number: str) -> list[Line]:
    licence, interest = _income(net, invoice)
    currency = invoice.currency
    return [
        Line(AccountCode.RECEIVABLE, sign * (net + vat), currency, number),
        Line(AccountCode.LICENCE_INCOME, -sign * licence, currency, number),
        Line(AccountCode.INTEREST_INCOME, -sign * interest, currency, number),
        Line(AccountCode.VAT_PAYABLE, -sign * vat, currency, number),
    ]


def post_issued_invoices() -> int:
    """Book every issued invoice that is not booked: receivable against income and VAT. Returns how many."""

    def booking(invoice: Invoice) -> Booking:
        number = invoice.contract.number
        lines = _lines_of_sale(invoice, invoice.net_minor, invoice.vat_minor, 1, number)
        return invoice.issuer, invoice.issued_on, _("Invoice %(n)s") % {"n": invoice.number}, lines

    rows = unbooked(Invoice.objects.select_related("issuer", "contract"), "invoice", "issuer")
    return book_all(rows.prefetch_related("lines__charge"), "invoice", booking)


def post_credit_notes() -> int:
    def booking(note: CreditNote) -> Booking:
        invoice = note.invoice
        lines = _lines_of_sale(invoice, note.net_minor, note.vat_minor, -1, invoice.contract.number)
        return note.issuer, note.issued_on, _("Credit note %(n)s") % {"n": note.number}, lines

    rows = CreditNote.objects.select_related("issuer", "invoice__contract")
    rows = rows.prefetch_related("invoice__lines__charge")
    return book_all(unbooked(rows, "credit_note", "issuer"), "credit_note", booking)


def post_payments() -> int:
    """Receipts: bank against what is not allocated yet."""

    def booking(payment: Payment) -> Booking:
        lines = [
            Line(AccountCode.BANK, payment.amount_minor, payment.currency),
            Line(AccountCode.UNALLOCATED, -payment.amount_minor, payment.currency),
        ]
        return payment.issuer, payment.received_on, _("Receipt %(n)s") % {"n": payment.pk}, lines

    return book_all(
        unbooked(Payment.objects.select_related("issuer"), "payment", "issuer"), "payment", booking
    )


def post_allocations() -> int:
    """Allocations and their undoing: what was not allocated against the receivable."""

    def booking(allocation: Allocation) -> Booking:
        currency, number = allocation.payment.currency, allocation.invoice.contract.number
        lines = [
            Line(AccountCode.UNALLOCATED, allocation.amount_minor, currency),
            Line(AccountCode.RECEIVABLE, -allocation.amount_minor, currency, number),
        ]
        text = (
            _("Allocation to invoice %(n)s")
            if allocation.amount_minor > 0
            else _("Allocation to invoice %(n)s undone")
        )
        text = text % {"n": allocation.invoice.number}
        return allocation.payment.issuer, allocation.allocated_on, text, lines

    rows = Allocation.objects.select_related("payment__issuer", "invoice__contract")
    return book_all(unbooked(rows, "allocation", "payment__issuer"), "allocation", booking)


def post_refunds() -> int:
    def booking(refund: Refund) -> Booking:
        payment = refund.payment
        lines = [
            Line(AccountCode.UNALLOCATED, refund.amount_minor, payment.currency),
            Line(AccountCode.BANK, -refund.amount_minor, payment.currency),
        ]
        text = _("Refund out of receipt %(n)s") % {"n": payment.pk}
        return payment.issuer, refund.refunded_on, text, lines

    rows = Refund.objects.select_related("payment__issuer")
    return book_all(unbooked(rows, "refund", "payment__issuer"), "refund", booking)


def book_money() -> int:
    """Everything of this step that is not booked yet, in the order of the road."""
    steps = (post_issued_invoices, post_credit_notes, post_payments, post_allocations, post_refunds)
    return sum(step() for step in steps)
