"""Invoices: who may issue them, and the numbers of the tax invoices beside them."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from contracts.billing.closing.drafts import issue
from contracts.billing.crediting import issue_credit_note, left_to_credit
from contracts.billing.models import CreditNote, Invoice, RedLetter
from contracts.lifecycle.models import LicenceContract
from marketplace.audit.services import record
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused

__all__ = [
    "issue_credit_note",
    "issue_invoices",
    "issue_papers",
    "left_to_credit",
    "note_red_letter",
    "note_tax_invoice",
]


def issue_invoices(
    contract: LicenceContract, *, actor=None, ids: list[int] | None = None, with_carried: bool = False
) -> list[Invoice]:
    """Invoice the approved charges of a contract now, whether a draft waits or not, one invoice per due date;
    adjustments that lower something already invoiced become credit notes on that invoice. Small corrections are
    carried on (see planning.py) unless `with_carried`.

    `actor` None is the timer for licensors who bill automatically. Nothing to invoice gives an empty list.
    Raises NotPermitted unless the actor is the licensor's finance, Refused while the contract is in dispute.
    Numbers are taken last.
    """
    if actor is not None:
        permit(actor, "invoice.issue", contract.licensor, against=contract.licensee)
        if LicenceContract.objects.get(pk=contract.pk).disputed:
            raise Refused(_("The contract is in dispute; nothing is invoiced until it is settled."))
    return issue([contract.pk], actor=actor, ids=ids, with_carried=with_carried)


def issue_papers(
    contract: LicenceContract, *, actor, with_carried: bool = False
) -> list[Invoice | CreditNote]:
    """Invoice as `issue_invoices` does; the answer names the credit notes too that corrections became."""
    notes = CreditNote.objects.filter(invoice__contract=contract)
    newest = notes.aggregate(newest=Max("pk"))["newest"] or 0
    issued = issue_invoices(contract, actor=actor, with_carried=with_carried)
    return [*issued, *notes.filter(pk__gt=newest).order_by("pk")]


@transaction.atomic
def note_tax_invoice(invoice: Invoice, *, actor, number: str) -> Invoice:
    """Note the number of the tax invoice (数电票) that was issued outside."""
    permit(actor, "invoice.issue", invoice.issuer)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    invoice.tax_invoice_number = number.strip()
    invoice.save(update_fields=["tax_invoice_number"])
    record(actor, "invoice.tax_number_noted", invoice)
    return invoice


@transaction.atomic
def note_red_letter(note: CreditNote, *, actor, reference: str, tax_invoice_number: str = "") -> RedLetter:
    """Note the red-letter confirmation (红字发票信息确认单) and the red tax invoice that were issued outside. A row of
    its own, since a credit note is never edited; the newest counts."""
    permit(actor, "invoice.issue", note.issuer)
    row = RedLetter.objects.create(
        credit_note=note,
        reference=reference.strip(),
        tax_invoice_number=tax_invoice_number.strip(),
        noted_by=actor.user,
    )
    record(actor, "credit_note.red_letter_noted", note)
    return row
