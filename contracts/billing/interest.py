"""逾期利息 as charges: with a late receipt, or month by month where the terms say so; and taken back when the receipt is."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse

from contracts.billing.charging import approve_one
from contracts.billing.models import BillingPolicy, Charge, ChargeState, CreditNoteLine, Invoice
from contracts.billing.planning import key_of
from contracts.billing.standing import Standing, taken_back
from contracts.lifecycle.facts import terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.rating import working_json
from contracts.rating.interest import Debt, InterestDue, InterestItem, Paid, interest, interest_due
from contracts.rating.result import Key
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members
from marketplace.terms import hash_of
from marketplace.terms.codec import write
from marketplace.terms.contract import Interest
from marketplace.terms.elements import AfterInvoice


def interest_items(
    invoice: Invoice, receipts: Sequence[Paid], *, until: date | None = None
) -> list[InterestItem]:
    """Interest on an invoice after the terms in force on its day, charged or not: one item per late receipt, and one
    for what is open on `until`."""
    rule, debt = _debt(invoice, receipts)
    return interest(rule, debt, until=until or today()) if rule else []


def interest_dues(
    invoice: Invoice, receipts: Sequence[Paid], *, stopped_on: date | None = None
) -> list[InterestDue]:
    """What of it is charged by today, a day each; no month more from `stopped_on` (the invoice was written off)."""
    rule, debt = _debt(invoice, receipts)
    return interest_due(rule, debt, until=today(), stopped_on=stopped_on) if rule else []


def _debt(invoice: Invoice, receipts: Sequence[Paid]) -> tuple[Interest | None, Debt | None]:
    """The rule in force on an invoice's day and what of it bears interest by that; nothing without one. Interest bears
    no interest; what credit notes took back never bore any."""
    version = _version(invoice)
    if version is None or version[1].interest is None:
        return None, None
    lines = list(invoice.lines.select_related("charge"))
    price = sum(line.price_minor for line in lines)
    bearing = sum(line.price_minor for line in lines if line.charge.kind != Charge.Kind.INTEREST)
    debt = invoice.total_minor if bearing == price else invoice.total_minor * bearing // price
    amount = Money(max(debt - _credited(invoice), 0), invoice.currency)
    return version[1].interest, Debt(amount, invoice.due_on, invoice.issued_on, receipts)


def _credited(invoice: Invoice) -> int:
    """What credit notes took back of what bears interest, VAT included; what they took back of interest is not of it."""
    total = invoice.credit_notes.aggregate(total=Sum("total_minor"))["total"] or 0
    of_interest = CreditNoteLine.objects.filter(
        credit_note__invoice=invoice, charge__kind=Charge.Kind.INTEREST
    ).values_list("credit_note", "price_minor")
    taken: dict[int, int] = {}
    for note, price in of_interest:
        taken[note] = taken.get(note, 0) + price
    for note in invoice.credit_notes.filter(pk__in=taken).annotate(price=Sum("lines__price_minor")):
        total -= note.total_minor * taken[note.pk] // note.price
    return total


def _version(invoice: Invoice):
    """(number, terms) in force on the invoice's day."""
    versions = sorted(terms_versions(invoice.contract), key=lambda version: version.effective_on)
    in_force = [(n, v.terms) for n, v in enumerate(versions, 1) if v.effective_on <= invoice.issued_on]
    return in_force[-1] if in_force else None


@transaction.atomic
def accrue_interest(
    invoice: Invoice,
    receipts_of: Callable[[Invoice], Sequence[Paid]],
    stopped: Callable[[Invoice], date | None] = lambda invoice: None,
) -> list[Charge]:
    """Charge the interest that is due by today, once: what was charged for a day is subtracted, so that the same
    receipts again add nothing, and one that was undone, or turns out to have come before a month that was charged, takes
    interest back. `receipts_of` and `stopped` (the day it was written off) are asked under the contract's lock.

    Nothing while the contract is in dispute, or without interest in its terms.
    """
    contract = LicenceContract.objects.select_for_update().get(pk=invoice.contract_id)
    if contract.disputed:
        return []
    dues = {due.on: due for due in interest_dues(invoice, receipts_of(invoice), stopped_on=stopped(invoice))}
    before: dict[date, list[Charge]] = {}
    for charge in invoice.interest_charges.order_by("sequence"):
        before.setdefault(charge.period_end, []).append(charge)
    automatic = BillingPolicy.objects.filter(
        organisation=contract.licensor, approve_automatically=True
    ).exists()
    made = []
    for day in sorted(dues.keys() | before.keys()):
        for charge in _changed(invoice, contract, day, dues.get(day), before.get(day, [])):
            made.append(charge)
            record(None, "interest.charged", charge, amount_minor=charge.amount_minor)
            if automatic and charge.state == ChargeState.ACCRUED:
                approve_one(charge, user=None)
    _tell_of(invoice, contract, made)
    return made


def _tell_of(invoice: Invoice, contract: LicenceContract, made: Sequence[Charge]) -> None:
    """There is interest to approve: each charge stands in one letter, those that were made together in the same."""
    waiting = [charge for charge in made if charge.state == ChargeState.ACCRUED]
    if not waiting:
        return
    total = sum(charge.amount_minor for charge in waiting)
    notify(
        members(contract.licensor, "charge.approve"),
        "billing/interest_accrued",
        contract=contract,
        invoice=invoice,
        start=min(charge.period_start for charge in waiting),
        end=max(charge.period_end for charge in waiting),
        total=Money(total, invoice.currency).format(),
        gives_back=total < 0,
        path=reverse("charges", args=[contract.number]),
    )


def _changed(invoice: Invoice, contract, day: date, due: InterestDue | None, charged: list[Charge]):
    """What brings a day's charges to what is due for it: one row, or two where part of what is taken back was waived.
    What corrects a disputed charge is disputed with it."""
    stated, sequence = sum(charge.amount_minor for charge in charged), len(charged)
    minor = (due.amount.minor if due else 0) - stated
    waived, rest = taken_back([_standing(row) for row in charged], minor) if minor < 0 else (0, minor)
    disputed = any(row.state == ChargeState.DISPUTED for row in charged)
    goes_on = ChargeState.DISPUTED if disputed else ChargeState.ACCRUED
    for part, state in ((waived, ChargeState.WAIVED), (rest, goes_on)):
        if part:
            since = charged[0].period_start if charged else due.since + timedelta(days=1)
            row = _row(invoice, due, part, period_start=since, period_end=day, sequence=sequence, state=state)
            row.contract, row.dated_on = contract, today() if charged else day
            if charged:
                row.before_minor, row.now_minor = stated, stated + part
            row.save()
            yield row
            stated, sequence = stated + part, sequence + 1


def _standing(row: Charge) -> Standing:
    return Standing(row.pk, Key(**key_of(row)), row.sequence, row.amount_minor, row.state, row.held_reason)


def _row(invoice: Invoice, due: InterestDue | None, minor: int, **stated) -> Charge:
    number, terms = _version(invoice)
    return Charge(
        kind=Charge.Kind.INTEREST,
        element_id=f"interest:{invoice.number}",
        amount_minor=minor,
        currency=invoice.currency,
        exact=str(due.exact) if due else "0",
        version_number=number,
        terms_hash=hash_of(terms),
        due=write(AfterInvoice()),
        working=working_json(due.working) if due else None,
        of_invoice=invoice,
        **stated,
    )
