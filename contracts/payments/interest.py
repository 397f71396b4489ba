"""Interest told to billing, which charges it: pulled, running it twice adds nothing. And what interest has come to so far
and is not charged yet: told to both sides."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from contracts.batches import one_by_one
from contracts.billing.interest import accrue_interest, interest_items
from contracts.billing.models import SETTLED, Charge, Invoice
from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import ContractTerms, LicenceContract
from contracts.lifecycle.models.looks import Task
from contracts.payments.collecting.models import WriteOff, WriteOffState
from contracts.payments.models import Allocation
from contracts.payments.queries import annotate_balances
from contracts.rating.interest import Paid
from marketplace.clock import today, watching
from marketplace.terms import Charged

SHORTEST_MONTH = timedelta(days=28)


def receipts_of(invoice: Invoice) -> list[Paid]:
    """What stands against an invoice: the day it reached the bank and the sum, undone allocations left out."""
    rows = Allocation.objects.filter(invoice=invoice, amount_minor__gt=0, reversed_by__isnull=True)
    return [
        Paid(row.payment.received_on, row.amount) for row in rows.select_related("payment").order_by("pk")
    ]


def written_off_on(invoice: Invoice) -> date | None:
    """From here on nothing of an invoice is expected any more, unless that is taken back. A write-off that a credit note
    only reduced (`reduce_write_off`) goes on from its first day."""
    found = None
    decided = WriteOff.objects.filter(
        invoice=invoice, state__in=[WriteOffState.APPROVED, WriteOffState.TAKEN_BACK]
    )
    for row in decided.order_by("-pk"):
        if row.state != WriteOffState.APPROVED and (found is None or row.taken_back_by_id):
            break
        found = row.decided_on
    return found


def charge_interest() -> int:
    """Interest of every invoice with a receipt after its due date, with a month over on what is open where the terms
    charge month by month, or with interest to take back; looked for where something changed or a month is over (see
    `lifecycle.looks`). An invoice that fails stops no other and is tried again by the next run. Returns how many charges
    were made."""
    made: dict[int, int] = {}

    def look(contracts: Sequence[LicenceContract]) -> dict[int, date]:
        days = dict.fromkeys((contract.pk for contract in contracts), date.max)
        found, failed = dict.fromkeys(days, 0), set()

        def charge(invoice: Invoice) -> None:
            found[invoice.contract_id] += len(accrue_interest(invoice, receipts_of, written_off_on))

        for invoice in _to_charge(contracts):
            with watching() as watch:
                if invoice.bore_interest or invoice.due_on + SHORTEST_MONTH < today():
                    failed |= {one.contract_id for one in one_by_one([invoice], charge)}
            days[invoice.contract_id] = min(days[invoice.contract_id], watch.until)
        made.update(found)
        return {pk: day for pk, day in days.items() if pk not in failed}

    invoiced = Invoice.objects.filter(contract=OuterRef("pk"))
    look_after(Task.INTEREST, LicenceContract.objects.filter(Exists(invoiced)), look)
    return sum(made.values())


def _to_charge(contracts: Sequence[LicenceContract]) -> QuerySet[Invoice]:
    """Invoices that bear interest (`bore_interest`), or will where they stay open."""
    late = Allocation.objects.filter(invoice=OuterRef("pk"), payment__received_on__gt=F("invoice__due_on"))
    charged = Charge.objects.filter(of_invoice=OuterRef("pk"))
    monthly = ContractTerms.objects.filter(
        contract=OuterRef("contract"), terms__interest__charged=Charged.MONTHLY.value
    )
    rows = annotate_balances(Invoice.objects.filter(contract__in=contracts))
    rows = rows.annotate(bore_interest=Exists(late) | Exists(charged))
    rows = rows.filter(Q(bore_interest=True) | Q(Exists(monthly), open_minor__gt=0))
    return rows.select_related("contract").order_by("pk")


def open_interest(invoice: Invoice, until: date | None = None) -> int:
    """Interest (minor units) of an invoice that is not charged yet, if what is open were paid on `until` (today)."""
    return max(_uncharged(invoice, until or today()), 0)


def _uncharged(invoice: Invoice, until: date) -> int:
    if invoice.due_on >= until:
        return 0
    items = interest_items(invoice, receipts_of(invoice), until=until)
    if not items:
        return 0
    return sum(item.amount.minor for item in items) - charged_interest(invoice, until)


def charged_interest(invoice: Invoice, until: date | None = None) -> int:
    """Interest (minor units) that was charged on an invoice by a day (today), less what was taken back."""
    rows = invoice.interest_charges.filter(dated_on__lte=until or today())
    return rows.aggregate(total=Sum("amount_minor"))["total"] or 0


def interest_so_far(invoices: QuerySet[Invoice], until: date) -> int:
    """Interest of invoices up to a day that is on no invoice yet: what is not charged on what is open, and what was
    charged and is neither invoiced nor waived."""
    late = annotate_balances(invoices.filter(due_on__lt=until, issued_on__lte=until)).select_related(
        "contract"
    )
    if until >= today():
        late = late.filter(open_minor__gt=0)
    running = sum(_uncharged(invoice, until) for invoice in late.order_by("pk"))
    charges = Charge.objects.filter(of_invoice__in=invoices, dated_on__lte=until).exclude(state__in=SETTLED)
    return running + (charges.aggregate(total=Sum("amount_minor"))["total"] or 0)
