"""Late receipts told to billing, which charges interest: pulled, running it twice adds nothing."""

from django.db.models import Exists, F, OuterRef, Q

from contracts.billing.interest import accrue_interest
from contracts.billing.models import Charge, Invoice
from contracts.payments.models import Allocation
from contracts.rating.interest import Paid


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
