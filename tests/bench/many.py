"""Many contracts in a moment: copies of one, made in the database."""

from django.db import connection

from contracts.billing.models import BillingDocument, Charge, Invoice, InvoiceLine
from contracts.lifecycle.models import ContractAnnex, ContractTerms, LicenceContract
from contracts.payments.models import Allocation
from contracts.proceeds.models import Commission
from marketplace.deals.models import Deal, Offer, TermSheet

FIRST = 1_000_000  # ids of copies begin here


def copies(contract: LicenceContract, count: int, *, first: int = FIRST) -> range:
    """Copies of a contract with its deal, offer, term sheet and terms; the range of their ids."""
    sheet = contract.term_sheet
    _copy(Deal, sheet.deal_id, count, first, number=f"'D-{first // 1000}-' || n")
    _copy(Offer, sheet.offer_id, count, first, deal_id="%(first)s + n")
    _copy(TermSheet, sheet.pk, count, first, deal_id="%(first)s + n", offer_id="%(first)s + n")
    _copy(
        LicenceContract,
        contract.pk,
        count,
        first,
        number=f"'C-{first // 1000}-' || n",
        term_sheet_id="%(first)s + n",
    )
    _copy(ContractTerms, contract.versions.get().pk, count, first, contract_id="%(first)s + n")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return range(first + 1, first + count + 1)


def idle_invoices(invoice: Invoice, contracts: range) -> None:
    """Copies of an invoice, with its line, paper, receipt and commission, one for each of some copied contracts."""
    first, count = contracts.start - 1, len(contracts)
    line, annex = invoice.lines.get(), invoice.contract.annexes.get(kind="COMMISSION")
    _copy(ContractAnnex, annex.pk, count, first, contract_id="%(first)s + n")
    _copy(Charge, line.charge_id, count, first, contract_id="%(first)s + n")
    number, code = f"'I-{first // 1000}-' || n", f"'{first // 1000}-' || n"
    _copy(Invoice, invoice.pk, count, first, contract_id="%(first)s + n", number=number, reference_code=code,
          sequence="%(first)s + n")  # fmt: skip
    _copy(InvoiceLine, line.pk, count, first, invoice_id="%(first)s + n", charge_id="%(first)s + n")
    _copy(BillingDocument, invoice.document.pk, count, first, invoice_id="%(first)s + n")
    commission = Commission.objects.get(allocation__invoice=invoice)
    _copy(Allocation, commission.allocation_id, count, first, invoice_id="%(first)s + n")
    _copy(Commission, commission.pk, count, first, contract_id="%(first)s + n", annex_id="%(first)s + n",
          allocation_id="%(first)s + n")  # fmt: skip


def _copy(model, pk: int, count: int, first: int, **changed: str) -> None:
    table = model._meta.db_table
    changed = {"id": "%(first)s + n", **changed}
    others = [field.column for field in model._meta.concrete_fields if field.column not in changed]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join([*changed, *others])}) SELECT {', '.join([*changed.values(), *others])}"
            f" FROM {table}, generate_series(1, %(count)s) AS n WHERE {table}.id = %(pk)s",
            {"first": first, "count": count, "pk": pk},
        )
