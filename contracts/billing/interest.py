"""逾期利息 as charges: when a late receipt arrives, and taken back when the receipt is."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum

from contracts.billing.charging import approve_one
from contracts.billing.models import BillingPolicy, Charge, Invoice
from contracts.lifecycle.facts import terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.rating import working_json
from contracts.rating.interest import InterestItem, Paid, interest
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.money import Money
from marketplace.terms import hash_of
from marketplace.terms.codec import write
from marketplace.terms.elements import AfterInvoice


def interest_items(
    invoice: Invoice, receipts: Sequence[Paid], *, until: date | None = None
) -> list[InterestItem]:
    """Interest on an invoice after the terms in force on its day: one item per late receipt, and one for what is
    open on `until`. Interest bears no interest; what credit notes took back never bore any."""
    version = _version(invoice)
    if version is None or version[1].interest is None:
        return []
    lines = list(invoice.lines.select_related("charge"))
    price = sum(line.price_minor for line in lines)
    bearing = sum(line.price_minor for line in lines if line.charge.kind != Charge.Kind.INTEREST)
    credited = invoice.credit_notes.aggregate(total=Sum("total_minor"))["total"] or 0
    debt = invoice.total_minor if bearing == price else invoice.total_minor * bearing // price
    return interest(
        version[1].interest,
        Money(max(debt - credited, 0), invoice.currency),
        due_on=invoice.due_on,
        invoiced_on=invoice.issued_on,
        paid=receipts,
        until=until or today(),
    )


def _version(invoice: Invoice):
    """(number, terms) in force on the invoice's day."""
    versions = sorted(terms_versions(invoice.contract), key=lambda version: version.effective_on)
    in_force = [(n, v.terms) for n, v in enumerate(versions, 1) if v.effective_on <= invoice.issued_on]
    return in_force[-1] if in_force else None


@transaction.atomic
def accrue_interest(invoice: Invoice, receipts: Sequence[Paid]) -> list[Charge]:
    """Charge the interest of the receipts that came late, once: what was charged for a day is subtracted, so
    that the same receipts again add nothing and a receipt that was undone takes its interest back.

    Nothing while the contract is in dispute, or without interest in its terms.
    """
    contract = LicenceContract.objects.select_for_update().get(pk=invoice.contract_id)
    if contract.disputed:
        return []
    wanted: dict[date, list[InterestItem]] = {}
    for item in interest_items(invoice, receipts):
        if item.paid:
            wanted.setdefault(item.to, []).append(item)
    before: dict[date, list[Charge]] = {}
    for charge in invoice.interest_charges.order_by("sequence"):
        before.setdefault(charge.period_end, []).append(charge)
    automatic = BillingPolicy.objects.filter(
        organisation=contract.licensor, approve_automatically=True
    ).exists()
    made = []
    for day in sorted(wanted.keys() | before.keys()):
        items, charged = wanted.get(day, []), before.get(day, [])
        amount = sum(item.amount.minor for item in items) - sum(charge.amount_minor for charge in charged)
        if amount:
            made.append(_charge(invoice, contract, day, items, amount, len(charged)))
            if automatic:
                approve_one(made[-1], user=None)
    return made


def _charge(invoice: Invoice, contract, day: date, items, amount: int, sequence: int) -> Charge:
    number, terms = _version(invoice)
    charge = Charge.objects.create(
        contract=contract,
        kind=Charge.Kind.INTEREST,
        element_id=f"interest:{invoice.number}",
        period_start=max(invoice.due_on, invoice.issued_on) + timedelta(days=1),
        period_end=day,
        sequence=sequence,
        dated_on=today() if sequence else day,
        amount_minor=amount,
        currency=invoice.currency,
        exact=str(items[0].working.steps[0].value) if len(items) == 1 and not sequence else str(amount),
        version_number=number,
        terms_hash=hash_of(terms),
        due=write(AfterInvoice()),
        working=working_json(items[0].working) if len(items) == 1 and not sequence else None,
        of_invoice=invoice,
    )
    record(None, "interest.charged", charge, amount_minor=amount)
    return charge
