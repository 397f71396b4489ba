"""Invoices and credit notes: immutable, numbered last, never more credited than is left."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from contracts.billing.lines import line_text
from contracts.billing.models import (
    BILLABLE,
    CHARGE_NEXT,
    SETTLED,
    Charge,
    ChargeState,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    IssuerVat,
)
from contracts.billing.numbering import new_reference, next_number
from contracts.billing.planning import key_of, plan_for
from contracts.billing.rules import EXEMPTION_SOURCE, Vat, vat
from contracts.lifecycle.facts import terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.services import is_vat_exempt
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Refused, check
from marketplace.terms import VatMode
from marketplace.terms.codec import read_as
from marketplace.terms.elements import Due

GENERAL_RATE = Decimal("0.06")
GENERAL_RATE_SOURCE = "财税〔2016〕36号：现代服务业 6 %（待核实 / to be verified）"


def due_of(charge: Charge, issued_on: date) -> date:
    """The day to pay by, after the charge's own due rule; never before the invoice."""
    rule = read_as(Due, charge.due, "due", [])
    return max(rule.on(charge.dated_on, issued_on), issued_on)


def vat_of(contract: LicenceContract, price: Money, on: date) -> tuple[Vat, str]:
    """Net, tax and the basis in words. Exempt only when the contract is registered and the exemption is filed;
    the rate is the issuer's own, dated; without one the general rate, marked as to be verified."""
    mode = max(terms_versions(contract), key=lambda version: version.effective_on).terms.vat
    if is_vat_exempt(contract, on):
        return vat(price, rate=Decimal(0), mode=mode, exempt=True), EXEMPTION_SOURCE
    row = IssuerVat.objects.filter(organisation=contract.licensor, valid_from__lte=on).first()
    rate, source = (row.rate, row.source) if row else (GENERAL_RATE, GENERAL_RATE_SOURCE)
    return vat(price, rate=rate, mode=mode), source


@transaction.atomic
def issue_invoices(
    contract: LicenceContract, *, actor=None, ids: list[int] | None = None, with_carried: bool = False
) -> list[Invoice]:
    """Invoice the approved charges of a contract, one invoice per due date; adjustments that lower something
    already invoiced become credit notes on that invoice. Small corrections are carried on (see planning.py) unless
    `with_carried`.

    `actor` None is the timer for licensors who bill automatically. Nothing to invoice gives an empty list.
    Raises NotPermitted unless the actor is the licensor's finance, Refused while the contract is in dispute.
    Numbers are taken last.
    """
    if actor is not None:
        permit(actor, "invoice.issue", contract.licensor, against=contract.licensee)
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    if contract.disputed:
        if actor is not None:
            raise Refused(_("The contract is in dispute; nothing is invoiced until it is settled."))
        return []
    charges = contract.charges.select_for_update().filter(state__in=BILLABLE).exclude(amount_minor=0)
    if ids is not None:
        charges = charges.filter(pk__in=ids)
    charges = list(charges.order_by("pk"))
    if not charges:
        return []
    found = plan_for(contract, charges, lambda charge: due_of(charge, today()), with_carried=with_carried)
    if found.offset:  # a charge and its correction: nothing to ask for
        _mark_invoiced(found.offset)
        record(actor, "charges.offset", contract, charges=[line.pk for line in found.offset])
    invoices = [_issue(contract, lines, due_on, actor) for due_on, lines in found.invoices.items()]
    for charge in found.credits:
        _credit_adjustment(contract, charge, actor)
    for charge in found.carried:
        if charge.state != ChargeState.CARRIED:
            check(charge.state, ChargeState.CARRIED, CHARGE_NEXT)
            charge.state = ChargeState.CARRIED
            charge.save(update_fields=["state"])
    return invoices


def _issue(contract: LicenceContract, charges: list[Charge], due_on: date, actor) -> Invoice:
    on = today()
    price = Money(sum(charge.amount_minor for charge in charges), charges[0].currency)
    tax, basis = vat_of(contract, price, on)
    year = on.year
    snapshot = _snapshot(contract)
    reference = new_reference()
    sequence = next_number(contract.licensor, "INV", year)
    invoice = Invoice.objects.create(
        contract=contract,
        issuer=contract.licensor,
        payer=contract.licensee,
        series="INV",
        year=year,
        sequence=sequence,
        number=f"INV-{year}-{sequence:06d}",
        issued_on=on,
        due_on=due_on,
        currency=price.currency,
        net_minor=tax.net.minor,
        vat_minor=tax.tax.minor,
        total_minor=tax.gross.minor,
        vat_rate=tax.rate,
        vat_basis=basis[:300],
        reference_code=reference,
        snapshot=snapshot,
        issued_by=getattr(actor, "user", None),
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            charge=charge,
            text_zh=line_text(charge, "zh-hans"),
            text_en=line_text(charge, "en"),
            price_minor=charge.amount_minor,
        )
        for charge in charges
    )
    _mark_invoiced(charges)
    record(actor, "invoice.issued", invoice, number=invoice.number, total_minor=invoice.total_minor)
    notify(
        members(contract.licensee, "invoice.read"),
        "billing/invoice_issued",
        invoice=invoice,
        contract=contract,
        total=Money(invoice.total_minor, invoice.currency).format(),
        path=invoice.get_absolute_url(),
    )
    _nudge_documents()
    return invoice


def _mark_invoiced(charges: list[Charge]) -> None:
    for charge in charges:
        check(charge.state, ChargeState.INVOICED, CHARGE_NEXT)
        charge.state = ChargeState.INVOICED
        charge.save(update_fields=["state"])


def _nudge_documents() -> None:
    from contracts.billing.tasks import make_billing_documents

    nudge(make_billing_documents)


def _party(organisation: Organisation) -> dict:
    return {
        "id": organisation.pk,
        "name_zh": organisation.name_zh,
        "name_en": organisation.name_en,
        "credit_code": organisation.credit_code,
        "address": organisation.address,
    }


def _snapshot(contract: LicenceContract) -> dict:
    from contracts.ledger.models import LedgerHead

    head = LedgerHead.objects.filter(issuer=contract.licensor).first()
    return {
        "issuer": _party(contract.licensor),
        "payer": _party(contract.licensee),
        "contract": {"number": contract.number, "registration": contract.registration_number},
        "ledger_head": head.hash if head else "",
    }


def left_to_credit(invoice: Invoice) -> int:
    """What an invoice's total still is after its credit notes, in minor units."""
    credited = invoice.credit_notes.aggregate(total=Sum("total_minor"))["total"] or 0
    return invoice.total_minor - credited


def _credit_adjustment(contract, charge: Charge, actor) -> None:
    """Credit an adjustment on the invoices that carry its element and period, the latest first.

    It waits while a charge of that period is not invoiced yet and the invoices cannot carry it. What was given
    back by hand before is not given back twice: then only what is left is credited.
    """
    lines = InvoiceLine.objects.filter(charge__in=contract.charges.filter(**key_of(charge)))
    found = Invoice.objects.filter(pk__in=lines.values("invoice"))
    invoices = list(found.select_for_update().order_by("pk"))
    rest = -charge.amount_minor
    left = {invoice.pk: _price_left(invoice) for invoice in invoices}
    to_come = contract.charges.filter(**key_of(charge), amount_minor__gt=0).exclude(state__in=SETTLED)
    if rest > sum(left.values()) and to_come.exists():
        return
    for invoice in reversed(invoices):
        part = min(rest, left[invoice.pk])
        if part > 0:
            _write_credit_note(
                contract, invoice, [(charge, part)], _("Correction of an earlier period"), actor
            )
            rest -= part
    if rest:
        record(actor, "charge.given_back_before", charge, minor=rest)
    _mark_invoiced([charge])


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
    sequence = next_number(invoice.issuer, "CN", on.year)
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
        snapshot={**invoice.snapshot, "invoice": invoice.number},
        issued_by=getattr(actor, "user", None),
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            credit_note=note,
            charge=charge,
            text_zh=line_text(charge, "zh-hans") if charge else reason[:300],
            text_en=line_text(charge, "en") if charge else reason[:300],
            price_minor=part,
        )
        for charge, part in parts
    )
    record(actor, "credit_note.issued", note, number=note.number, invoice=invoice.pk, total_minor=total)
    notify(
        members(contract.licensee, "invoice.read"),
        "billing/credit_note_issued",
        credit_note=note,
        invoice=invoice,
        contract=contract,
        total=Money(total, invoice.currency).format(),
        path=note.get_absolute_url(),
    )
    _nudge_documents()
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


@transaction.atomic
def note_tax_invoice(invoice: Invoice, *, actor, number: str) -> Invoice:
    """Note the number of the tax invoice (数电票) that was issued outside."""
    permit(actor, "invoice.issue", invoice.issuer)
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    invoice.tax_invoice_number = number.strip()
    invoice.save(update_fields=["tax_invoice_number"])
    record(actor, "invoice.tax_number_noted", invoice)
    return invoice
