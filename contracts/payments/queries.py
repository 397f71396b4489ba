"""What is paid: derived from allocations and credit notes, never stored."""

from dataclasses import dataclass
from datetime import date

from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from contracts.billing.models import CreditNote, Invoice
from contracts.payments.collecting.models import WriteOff, WriteOffState
from contracts.payments.models import Allocation, BankAccount, Payment
from contracts.payments.states import PaidState
from marketplace.clock import today
from marketplace.organisations.models import Organisation


@dataclass(frozen=True)
class Balance:
    """Minor units. `open_minor` is negative where more is allocated than is left after credit notes."""

    total_minor: int
    paid_minor: int
    credited_minor: int
    written_off_minor: int
    due_on: date

    @property
    def open_minor(self) -> int:
        return self.total_minor - self.credited_minor - self.paid_minor - self.written_off_minor

    @property
    def state(self) -> PaidState:
        return paid_state(
            self.total_minor, self.paid_minor, self.credited_minor, self.due_on, self.written_off_minor
        )


def paid_state(
    total_minor: int, paid_minor: int, credited_minor: int, due_on: date, written_off_minor: int = 0
) -> PaidState:
    left = total_minor - credited_minor - paid_minor - written_off_minor
    if left <= 0:
        if written_off_minor > 0:
            return PaidState.WRITTEN_OFF
        return PaidState.CREDITED if paid_minor <= 0 else PaidState.PAID
    if due_on < today():
        return PaidState.OVERDUE
    return PaidState.PART_PAID if paid_minor > 0 else PaidState.OPEN


def _sum(rows, field: str = "amount_minor"):
    rows = rows.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    return Coalesce(
        Subquery(rows.annotate(total=Sum(field)).values("total"), output_field=BigIntegerField()), 0
    )


def annotate_balances(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Adds `paid_minor`, `credited_minor`, `written_off_minor` and `open_minor` to each invoice, in the same query."""
    return invoices.annotate(
        paid_minor=_sum(Allocation.objects),
        credited_minor=_sum(CreditNote.objects, "total_minor"),
        written_off_minor=_sum(WriteOff.objects.filter(state=WriteOffState.APPROVED)),
    ).annotate(open_minor=F("total_minor") - F("paid_minor") - F("credited_minor") - F("written_off_minor"))


def open_invoices(issuer: Organisation, *, payer: Organisation | None = None) -> QuerySet[Invoice]:
    """Invoices of an issuer on which something is still to be paid, oldest due date first."""
    invoices = annotate_balances(Invoice.objects.filter(issuer=issuer)).filter(open_minor__gt=0)
    if payer is not None:
        invoices = invoices.filter(payer=payer)
    return invoices.select_related("payer", "contract").order_by("due_on", "issued_on", "pk")


def balance(invoice: Invoice) -> Balance:
    row = annotate_balances(Invoice.objects.filter(pk=invoice.pk)).get()
    return Balance(row.total_minor, row.paid_minor, row.credited_minor, row.written_off_minor, row.due_on)


def state_of(invoice: Invoice) -> PaidState:
    """The state of an invoice that `annotate_balances` has annotated."""
    return paid_state(
        invoice.total_minor,
        invoice.paid_minor,
        invoice.credited_minor,
        invoice.due_on,
        invoice.written_off_minor,
    )


def life_of(invoice: Invoice) -> PaidState:
    """The state of an annotated invoice for people: one whose paper is not printed yet was not sent."""
    state = state_of(invoice)
    return PaidState.FINALISED if state == PaidState.OPEN and not hasattr(invoice, "document") else state


def unallocated(payment: Payment) -> int:
    return Payment.objects.with_unallocated().get(pk=payment.pk).unallocated_minor


def payee_account(invoice: Invoice) -> BankAccount | None:
    """Where the payer of an invoice sends the money."""
    accounts = BankAccount.objects.usable().filter(organisation=invoice.issuer, currency=invoice.currency)
    return accounts.filter(is_default=True).first()
