import logging

from celery import shared_task

from contracts.billing import documents
from contracts.billing.charging import charge_contract
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import BILLABLE, BillingPolicy, CreditNote, Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import State
from marketplace.refusals import Refused

logger = logging.getLogger(__name__)
NOTHING_MORE = (State.WITHDRAWN, State.INVALIDATED)


@shared_task
def charge_due() -> None:
    """Charge every contract in effect, and invoice for licensors that bill without a person. One contract that
    cannot be rated does not stop the others; it is logged and tried again at the next run."""
    contracts = LicenceContract.objects.filter(effective_on__isnull=False).exclude(state__in=NOTHING_MORE)
    automatic = set(
        BillingPolicy.objects.filter(approve_automatically=True).values_list("organisation_id", flat=True)
    )
    for contract in contracts.order_by("pk").iterator(200):
        try:
            charge_contract(contract)
            if contract.licensor_id in automatic and contract.charges.filter(state__in=BILLABLE).exists():
                issue_invoices(contract)
        except (Refused, ValueError):
            logger.exception("Contract %s could not be charged", contract.number)


@shared_task
def make_billing_documents() -> None:
    """Render the PDFs that are missing, once each, after the numbers are safe."""
    for invoice in Invoice.objects.filter(document=None).order_by("pk")[:200]:
        documents.make_invoice_document(invoice)
    for note in CreditNote.objects.filter(document=None).order_by("pk")[:200]:
        documents.make_credit_note_document(note)
