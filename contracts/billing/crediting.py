"""Credit notes: what takes an invoice back, never more than is left of it."""

from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from contracts.billing.booking import CREDIT_NOTES
from contracts.billing.lines import line_texts
from contracts.billing.models import (
    CHARGE_NEXT,
    SETTLED,
    Charge,
    ChargeState,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
)
from contracts.billing.numbering import take_numbers
from contracts.billing.papers import head_of, nudge_papers
from contracts.billing.planning import key_of
from contracts.billing.reasons import CORRECTION
from contracts.billing.rules import vat
from contracts.ledger.services import lock_heads, post_many
from contracts.lifecycle.models import LicenceContract
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import today
from marketplace.money import Money
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused, check
from marketplace.terms import VatMode

_followers: list = []


def follow_credit_notes(task) -> None:
    """Register the task of a later step that a credit note sets going."""
    _followers.append(task)


def left_to_credit(invoice: Invoice) -> int:
    """What an invoice's total still is after its credit notes, in minor units."""
    credited = invoice.credit_notes.aggregate(total=Sum("total_minor"))["total"] or 0
    return invoice.total_minor - credited


def credit_adjustment(contract: LicenceContract, charge: Charge, actor) -> None:
    """Credit an adjustment on the invoices that carry its element and period, the latest first, on each at most what
    stands on it for them: the rest of an invoice belongs to its other lines.

    It waits while a charge of that period is not invoiced yet and the invoices cannot carry it. What was given
    back by hand before is not given back twice: then only what is left is credited, and the rest on the next invoice
    of that period (`credit_the_rest`).
    """
    rows = contract.charges.filter(**key_of(charge))
    invoices = list(Invoice.objects.select_for_update().filter(pk__in=_billed(rows)).order_by("pk"))
    rest = -charge.amount_minor
    own = _own_left(rows)
    left = {invoice.pk: min(_price_left(invoice), own[invoice.pk]) for invoice in invoices}
    to_come = rows.filter(amount_minor__gt=0).exclude(state__in=SETTLED)
    if rest > sum(left.values()) and to_come.exists():
        return
    for invoice in reversed(invoices):
        part = min(rest, left[invoice.pk])
        if part > 0:
            _write_credit_note(contract, invoice, [(charge, part)], str(CORRECTION), actor)
            rest -= part
    if rest:
        record(actor, "charge.given_back_before", charge, minor=rest)
    check(charge.state, ChargeState.INVOICED, CHARGE_NEXT)
    charge.state = ChargeState.INVOICED
    charge.save(update_fields=["state"])


def _billed(rows) -> dict[int, int]:
    """By invoice, what some charges were billed on it."""
    lines = InvoiceLine.objects.filter(charge__in=rows).values("invoice").annotate(total=Sum("price_minor"))
    return {row["invoice"]: row["total"] for row in lines.order_by()}


def _own_left(rows) -> dict[int, int]:
    """By invoice, what it still asks for some charges after the credit notes that correct them."""
    left = _billed(rows)
    given = CreditNoteLine.objects.filter(charge__in=rows).values("credit_note__invoice")
    for row in given.annotate(total=Sum("price_minor")).order_by():
        left[row["credit_note__invoice"]] = left.get(row["credit_note__invoice"], 0) - row["total"]
    return left


def credit_the_rest(contract: LicenceContract, invoice: Invoice, actor) -> None:
    """Credit on a new invoice what earlier corrections of its elements and periods could not be credited on any,
    because it had been given back by hand: an upward correction asks for no more than the rating less those notes.

    Billed 69,000, 65,000 given back by hand, corrected by −6,000 (4,000 credited, 2,000 left), then by +6,000: the
    new invoice of 6,000 gives back 2,000, so that 4,000 stay.
    """
    [found] = resting(contract, [[line.charge for line in invoice.lines.select_related("charge")]])
    for last, rest in found:
        rest = min(rest, _price_left(invoice))
        if rest > 0:
            _write_credit_note(contract, invoice, [(last, rest)], str(CORRECTION), actor)


def resting(
    contract: LicenceContract, invoices: Iterable[Sequence[Charge]]
) -> Iterator[list[tuple[Charge, int]]]:
    """For the charges of each invoice: (last correction, minor units) of their elements and periods whose corrections
    could not be credited whole, which the invoice gives back at once."""
    corrected = contract.charges.filter(amount_minor__lt=0, state=ChargeState.INVOICED).order_by("sequence")
    last = {tuple(key_of(charge).items()): charge for charge in corrected}
    for charges in invoices:
        keys = last.keys() & {tuple(key_of(charge).items()) for charge in charges}
        found = [
            (last[key], _not_given_back(contract.charges.filter(**dict(key))))
            for key in sorted(keys, key=str)
        ]
        yield [(charge, rest) for charge, rest in found if rest > 0]


def _not_given_back(rows) -> int:
    """What invoices less credit notes ask for one element and period beyond what its charges come to."""
    billed = InvoiceLine.objects.filter(charge__in=rows).aggregate(total=Sum("price_minor"))["total"] or 0
    given = CreditNoteLine.objects.filter(charge__in=rows).aggregate(total=Sum("price_minor"))["total"] or 0
    stands = rows.filter(state=ChargeState.INVOICED).aggregate(total=Sum("amount_minor"))["total"] or 0
    return billed - given - stands


def _price_left(invoice: Invoice) -> int:
    """The price (as the terms state it) that is left on an invoice after its credit notes."""
    price = invoice.lines.aggregate(total=Sum("price_minor"))["total"] or 0
    credited = CreditNoteLine.objects.filter(credit_note__invoice=invoice).aggregate(total=Sum("price_minor"))
    return price - (credited["total"] or 0)


def _write_credit_note(contract, invoice: Invoice, parts, reason: str, actor) -> CreditNote:
    """The tax follows the invoice's own rate; the credit that uses up an invoice takes exactly the rest."""
    on = today()
    price = Money(sum(part for _charge, part in parts), invoice.currency)
    stated = invoice.lines.aggregate(total=Sum("price_minor"))["total"]
    mode = VatMode.INCLUSIVE if stated == invoice.total_minor else VatMode.EXCLUSIVE
    tax = vat(price, rate=invoice.vat_rate, mode=mode, exempt=invoice.vat_rate == 0)
    net, total = tax.net.minor, tax.gross.minor
    if price.minor == _price_left(invoice):
        total = left_to_credit(invoice)
        credited = invoice.credit_notes.aggregate(total=Sum("net_minor"))["total"] or 0
        net = invoice.net_minor - credited
    head = lock_heads([invoice.issuer_id])[invoice.issuer_id]
    series = (invoice.issuer_id, "CN", on.year)
    sequence = next(take_numbers({series: 1})[series])
    note = CreditNote.objects.create(
        invoice=invoice,
        issuer=invoice.issuer,
        year=on.year,
        sequence=sequence,
        number=f"CN-{on.year}-{sequence:06d}",
        issued_on=on,
        currency=invoice.currency,
        net_minor=net,
        vat_minor=total - net,
        total_minor=total,
        reason=reason,
        snapshot={**invoice.snapshot, **head_of(head), "invoice": invoice.number},
        issued_by=getattr(actor, "user", None),
    )
    rows = []
    for charge, part in parts:
        zh, en = line_texts(charge, contract) if charge else (reason[:300], reason[:300])
        rows.append(CreditNoteLine(credit_note=note, charge=charge, text_zh=zh, text_en=en, price_minor=part))
    CreditNoteLine.objects.bulk_create(rows)
    post_many([CREDIT_NOTES.fact(CREDIT_NOTES.rows().get(pk=note.pk))])
    record(actor, "credit_note.issued", note, number=note.number, invoice=invoice.pk, total_minor=total)
    for task in _followers:
        nudge(task)
    nudge_papers()
    return note


@transaction.atomic
def issue_credit_note(invoice: Invoice, *, actor, price_minor: int, reason: str) -> CreditNote:
    """Take back part of an invoice by hand (goodwill, an error of the invoice itself), with a reason.

    `price_minor` is in the terms' own price. Raises Refused for zero, for more than is left, without a reason,
    and for the same sum with the same reason again on one day: a form that was sent twice.
    """
    permit(actor, "invoice.issue", invoice.issuer, against=invoice.payer)
    contract = LicenceContract.objects.select_for_update().get(pk=invoice.contract_id)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if not reason.strip():
        raise Refused(_("Say why: the reason stands on the credit note."))
    if not 0 < price_minor <= _price_left(invoice):
        raise Refused(
            _("A credit note is above zero and at most what is left of the invoice: %(left)s.")
            % {"left": Money(_price_left(invoice), invoice.currency).format()}
        )
    same = invoice.credit_notes.filter(issued_on=today(), reason=reason.strip())
    if found := same.filter(lines__charge=None, lines__price_minor=price_minor).first():
        raise Refused(
            _(
                "Credit note %(number)s says the same already. If you mean another one, word its reason differently."
            )
            % {"number": found.number}
        )
    return _write_credit_note(contract, invoice, [(None, price_minor)], reason.strip(), actor)
