"""How receipts are booked: pulled from what is not booked yet, each fact once by its key."""

from collections import Counter

from django.db.models import Sum
from django.utils.translation import gettext as _

from contracts.billing.booking import CREDIT_NOTES, INVOICES
from contracts.billing.models import CreditNote, Invoice
from contracts.ledger.chart import AccountCode
from contracts.ledger.models import FindingKind, Posting
from contracts.ledger.services import Line
from contracts.ledger.sources import Booking, Source, book, ledger_check, register
from contracts.ledger.verifying import Finding
from contracts.payments.collecting.models import WriteOff, WriteOffState
from contracts.payments.models import Allocation, Payment, Refund


def _of_payment(payment: Payment) -> Booking:
    """Receipts: bank against what is not allocated yet."""
    lines = [
        Line(AccountCode.BANK, payment.amount_minor, payment.currency),
        Line(AccountCode.UNALLOCATED, -payment.amount_minor, payment.currency),
    ]
    return payment.issuer, payment.received_on, _("Receipt %(n)s") % {"n": payment.pk}, lines


def _of_allocation(allocation: Allocation) -> Booking:
    """Allocations and their undoing: what was not allocated against the receivable."""
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
    return allocation.payment.issuer, allocation.allocated_on, text % {"n": allocation.invoice.number}, lines


def _of_refund(refund: Refund) -> Booking:
    payment = refund.payment
    lines = [
        Line(AccountCode.UNALLOCATED, refund.amount_minor, payment.currency),
        Line(AccountCode.BANK, -refund.amount_minor, payment.currency),
    ]
    text = _("Refund out of receipt %(n)s") % {"n": payment.pk}
    return payment.issuer, refund.refunded_on, text, lines


def _lines_of_loss(row: WriteOff, sign: int) -> list[Line]:
    currency, number = row.invoice.currency, row.invoice.contract.number
    return [
        Line(AccountCode.BAD_DEBT, sign * row.amount_minor, currency, number),
        Line(AccountCode.RECEIVABLE, -sign * row.amount_minor, currency, number),
    ]


def _of_write_off(row: WriteOff) -> Booking:
    """The whole open sum is the loss: VAT that was declared is not given back for a bad debt."""
    text = _("Write-off of invoice %(n)s") % {"n": row.invoice.number}
    return row.invoice.issuer, row.decided_on, text, _lines_of_loss(row, 1)


def _of_taking_back(row: WriteOff) -> Booking:
    text = _("Write-off of invoice %(n)s taken back") % {"n": row.invoice.number}
    return row.invoice.issuer, row.taken_back_on, text, _lines_of_loss(row, -1)


def _write_offs(*states: str):
    rows = WriteOff.objects.filter(state__in=states)
    return rows.select_related("invoice__issuer", "invoice__contract")


PAYMENTS = register(Source("payment", lambda: Payment.objects.select_related("issuer"), _of_payment))
ALLOCATIONS = register(
    Source(
        "allocation",
        lambda: Allocation.objects.select_related("payment__issuer", "invoice__contract"),
        _of_allocation,
        issuer="payment__issuer",
    )
)
REFUNDS = register(
    Source(
        "refund",
        lambda: Refund.objects.select_related("payment__issuer"),
        _of_refund,
        issuer="payment__issuer",
    )
)
WRITE_OFFS = register(
    Source(
        "write_off",
        lambda: _write_offs(WriteOffState.APPROVED, WriteOffState.TAKEN_BACK),
        _of_write_off,
        issuer="invoice__issuer",
    )
)
TAKEN_BACK = register(
    Source(
        "write_off_back",
        lambda: _write_offs(WriteOffState.TAKEN_BACK),
        _of_taking_back,
        issuer="invoice__issuer",
    )
)
SOURCES = (INVOICES, CREDIT_NOTES, PAYMENTS, ALLOCATIONS, REFUNDS, WRITE_OFFS, TAKEN_BACK)


def book_money() -> int:
    """Everything up to this step that is not booked yet, in the order of the road. Invoices and credit notes are
    booked where they are issued; they stand here for books that were kept before that was so."""
    return book(SOURCES)


@ledger_check
def receivables_agree(issuer_id: int, *, files: bool) -> list[Finding]:
    """What the account of receivables says beside what the documents add up to, per currency, in one query each;
    left aside while something waits to be booked."""
    pulled = (ALLOCATIONS, WRITE_OFFS, TAKEN_BACK)
    if any(source.unbooked().filter(**{source.issuer: issuer_id}).exists() for source in pulled):
        return []
    wanted: Counter[str] = Counter()
    for sign, rows, currency, amount in (
        (1, Invoice.objects.filter(issuer=issuer_id), "currency", "total_minor"),
        (-1, CreditNote.objects.filter(issuer=issuer_id), "currency", "total_minor"),
        (
            -1,
            Allocation.objects.filter(payment__issuer=issuer_id),
            "payment__currency",
            "amount_minor",
        ),
        (
            -1,
            WriteOff.objects.filter(invoice__issuer=issuer_id, state=WriteOffState.APPROVED),
            "invoice__currency",
            "amount_minor",
        ),
    ):
        for code, total in rows.order_by().values_list(currency).annotate(Sum(amount)):
            wanted[code] += sign * total
    rows = Posting.objects.filter(entry__issuer=issuer_id, account=AccountCode.RECEIVABLE)
    booked = Counter(dict(rows.order_by().values_list("currency").annotate(Sum("amount_minor"))))
    return [
        Finding(
            FindingKind.TOTAL,
            issuer_id,
            f"{AccountCode.RECEIVABLE} {code}",
            _("the book says %(book)s, the documents %(papers)s")
            % {"book": booked[code], "papers": wanted[code]},
        )
        for code in sorted(booked.keys() | wanted.keys())
        if booked[code] != wanted[code]
    ]
