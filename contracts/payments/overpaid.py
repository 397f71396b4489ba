"""Credit notes that make an invoice smaller than what stands against it: the rest is released."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Exists, OuterRef

from contracts.batches import one_by_one
from contracts.billing.models import CreditNote, Invoice
from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.models.looks import Task
from contracts.payments.collecting.write_offs import reduce_write_off
from contracts.payments.models import Allocation
from contracts.payments.queries import annotate_balances
from contracts.payments.reasons import SMALLER
from contracts.payments.services import locked, set_against, undo


def release_overpaid() -> int:
    """Credit notes may leave more written off or allocated than an invoice still asks. First the loss shrinks; then the
    newest allocation is undone and set anew for what is left, so that the rest waits in the queue. Called after each
    credit note and by the timer; running it twice is harmless. An invoice that fails stops no other. How many steps
    were kept."""
    count: dict[int, int] = {}

    def look(contracts: Sequence[LicenceContract]) -> dict[int, date]:
        found = dict.fromkeys((contract.pk for contract in contracts), 0)

        def release(invoice: Invoice) -> None:
            steps = 0
            while _release(invoice.pk):
                steps += 1
            found[invoice.contract_id] += steps  # of one that fails on the way nothing is kept

        below = annotate_balances(Invoice.objects.filter(contract__in=found)).filter(open_minor__lt=0)
        failed = {invoice.contract_id for invoice in one_by_one(below.order_by("pk"), release)}
        count.update(found)
        return {pk: date.max for pk in found if pk not in failed}

    credited = CreditNote.objects.filter(
        invoice__contract=OuterRef("pk")
    )  # nothing else makes an invoice smaller
    undone = look_after(Task.OVERPAID, LicenceContract.objects.filter(Exists(credited)), look)
    return sum(steps for pk, steps in count.items() if pk not in undone)


@transaction.atomic
def _release(pk: int) -> int:
    invoice = locked([Invoice.objects.get(pk=pk)])[pk]
    if invoice.open_minor < 0 and invoice.written_off_minor > 0:
        reduce_write_off(invoice)
        return 1
    newest = (
        Allocation.objects.filter(invoice=invoice, amount_minor__gt=0, reversed_by__isnull=True)
        .select_related("payment", "invoice")
        .order_by("-pk")
        .first()
    )
    if invoice.open_minor >= 0 or newest is None:
        return 0
    keep = max(0, newest.amount_minor + invoice.open_minor)
    undo(newest, reason=str(SMALLER), actor=None)
    if keep:
        invoice = annotate_balances(Invoice.objects.filter(pk=pk)).get()
        set_against(newest.payment, [(invoice, keep)], actor=None)
    return 1
