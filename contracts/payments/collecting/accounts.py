"""对账单: what passed between an issuer and a payer, for all contracts or one, with the balance after each line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from contracts.billing.models import CreditNote, Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.payments.collecting.models import WriteOff, WriteOffState
from contracts.payments.interest import interest_so_far
from contracts.payments.models import Allocation, Payment
from marketplace.documents import render_pdf
from marketplace.money import Money
from marketplace.organisations.models import Organisation


@dataclass(frozen=True)
class Row:
    """One document; `amount_minor` above zero is what the payer owes more."""

    on: date
    order: int
    text: str
    contract_number: str
    amount_minor: int
    balance_minor: int = 0
    url: str = ""


@dataclass(frozen=True)
class Statement:
    """Balances in minor units at the beginning of `since` and the end of `until`; `unallocated` is money that was
    received and not set against an invoice yet; `interest` has come to so far on what is late, is on no invoice yet and
    not part of the balances."""

    issuer: Organisation
    payer: Organisation
    contract: LicenceContract | None
    currency: str
    since: date
    until: date
    opening: int
    closing: int
    unallocated: int
    interest: int
    rows: list[Row]


def currencies(issuer: Organisation, payer: Organisation) -> list[str]:
    rows = Invoice.objects.filter(issuer=issuer, payer=payer).order_by()
    return sorted(rows.values_list("currency", flat=True).distinct())


def statement(
    issuer: Organisation,
    payer: Organisation,
    *,
    since: date,
    until: date,
    currency: str = "CNY",
    contract: LicenceContract | None = None,
) -> Statement:
    """Everything dated up to `until`; what lies before `since` is summed into the opening balance."""
    opening, rows = 0, []
    for row in sorted(_rows(issuer, payer, until, currency, contract), key=lambda row: (row.on, row.order)):
        if row.on < since:
            opening += row.amount_minor
        else:
            rows.append(row)
    balance, found = opening, []
    for row in rows:
        balance += row.amount_minor
        found.append(Row(**{**row.__dict__, "balance_minor": balance}))
    waiting = 0
    if contract is None:
        payments = Payment.objects.filter(issuer=issuer, payer=payer, currency=currency)
        waiting = sum(row.unallocated_minor for row in payments.with_unallocated())
    invoices = Invoice.objects.filter(_between(issuer, payer, currency, contract))
    interest = interest_so_far(invoices, until)
    return Statement(
        issuer, payer, contract, currency, since, until, opening, balance, waiting, interest, found
    )


def _between(issuer, payer, currency: str, contract) -> Q:
    of = Q(issuer=issuer, payer=payer, currency=currency)
    return of if contract is None else of & Q(contract=contract)


def _rows(issuer, payer, until: date, currency: str, contract) -> Iterator[Row]:
    invoices = Invoice.objects.filter(_between(issuer, payer, currency, contract))
    for bill in invoices.filter(issued_on__lte=until).select_related("contract"):
        text = _("Invoice %(number)s, payable by %(due)s") % {"number": bill.number, "due": bill.due_on}
        yield Row(
            bill.issued_on, 1, text, bill.contract.number, bill.total_minor, url=bill.get_absolute_url()
        )
    of_these = {"invoice__in": invoices}
    for note in CreditNote.objects.filter(issued_on__lte=until, **of_these).select_related(
        "invoice__contract"
    ):
        text = _("Credit note %(number)s on %(invoice)s") % {
            "number": note.number,
            "invoice": note.invoice.number,
        }
        number = note.invoice.contract.number
        yield Row(note.issued_on, 2, text, number, -note.total_minor, url=note.get_absolute_url())
    allocated = Allocation.objects.filter(allocated_on__lte=until, **of_these)
    for row in allocated.select_related("payment", "invoice__contract"):
        words = (
            _("Payment of %(on)s for %(invoice)s")
            if row.amount_minor > 0
            else _("Payment of %(on)s for %(invoice)s undone")
        )
        text = words % {"on": row.payment.received_on, "invoice": row.invoice.number}
        yield Row(row.allocated_on, 3, text, row.invoice.contract.number, -row.amount_minor)
    decided = WriteOff.objects.filter(
        state__in=[WriteOffState.APPROVED, WriteOffState.TAKEN_BACK], decided_on__lte=until, **of_these
    )
    for row in decided.select_related("invoice__contract"):
        number, words = row.invoice.contract.number, {"invoice": row.invoice.number}
        yield Row(row.decided_on, 4, _("Write-off of %(invoice)s") % words, number, -row.amount_minor)
        if row.taken_back_on and row.taken_back_on <= until:
            text = _("Write-off of %(invoice)s taken back") % words
            yield Row(row.taken_back_on, 5, text, number, row.amount_minor)


def statement_pdf(found: Statement) -> bytes:
    """The statement as a paper to send; made when asked for, since it states no more than the pages do."""

    def sum_of(minor: int) -> str:
        return Money(minor, found.currency).format()

    def party(organisation: Organisation) -> dict:
        return {
            "name_zh": organisation.name_zh,
            "name_en": organisation.name_en,
            "credit_code": organisation.credit_code,
        }

    rows = [
        {
            "on": row.on,
            "text": row.text,
            "contract": row.contract_number,
            "amount": sum_of(row.amount_minor),
            "balance": sum_of(row.balance_minor),
        }
        for row in found.rows
    ]
    data = {
        "issuer": party(found.issuer),
        "payer": party(found.payer),
        "contract": found.contract.number if found.contract else "",
        "since": found.since,
        "until": found.until,
        "opening": sum_of(found.opening),
        "closing": sum_of(found.closing),
        "unallocated": sum_of(found.unallocated) if found.unallocated else "",
        "interest": sum_of(found.interest) if found.interest else "",
        "rows": rows,
    }
    return render_pdf("contracts/account_statement", data)
