"""Late receipts told to billing, which charges interest: pulled, running it twice adds nothing. And what interest has
come to so far on what is still open: told to both sides, charged when the money arrives."""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from contracts.billing.interest import accrue_interest, interest_items
from contracts.billing.models import SETTLED, Charge, Invoice
from contracts.payments.models import Allocation
from contracts.payments.queries import annotate_balances
from contracts.rating.interest import Paid
from marketplace.clock import today


def receipts_of(invoice: Invoice) -> list[Paid]:
    """What stands against an invoice: the day it reached the bank and the sum, undone allocations left out."""
    rows = Allocation.objects.filter(invoice=invoice, amount_minor__gt=0, reversed_by__isnull=True)
    return [Paid(row.payment.received_on, row.amount) for row in rows.select_related("payment")]


def charge_interest() -> int:
    """Interest of every invoice with a receipt after its due date, or with interest to take back."""
    late = Allocation.objects.filter(invoice=OuterRef("pk"), payment__received_on__gt=F("invoice__due_on"))
    charged = Charge.objects.filter(of_invoice=OuterRef("pk"))
    count = 0
    invoices = Invoice.objects.filter(Q(Exists(late)) | Q(Exists(charged))).select_related("contract")
    for invoice in invoices.order_by("pk").iterator(200):
        count += len(accrue_interest(invoice, receipts_of(invoice)))
    return count


def open_interest(invoice: Invoice, until: date | None = None) -> int:
    """Interest (minor units) on what is open of an invoice, if it were paid on `until` (today)."""
    if invoice.due_on >= (until or today()):
        return 0
    items = interest_items(invoice, receipts_of(invoice), until=until)
    return sum(item.amount.minor for item in items if not item.paid)


def interest_so_far(invoices: QuerySet[Invoice], until: date) -> int:
    """Interest of invoices up to a day that is on no invoice yet: on what is open, and what was charged for late receipts
    and neither invoiced nor waived."""
    late = annotate_balances(invoices.filter(due_on__lt=until, issued_on__lte=until)).select_related(
        "contract"
    )
    if until >= today():
        late = late.filter(open_minor__gt=0)
    running = sum(open_interest(invoice, until) for invoice in late.order_by("pk"))
    charges = Charge.objects.filter(of_invoice__in=invoices, dated_on__lte=until).exclude(state__in=SETTLED)
    return running + (charges.aggregate(total=Sum("amount_minor"))["total"] or 0)
