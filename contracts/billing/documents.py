"""Invoices and credit notes as PDF: rendered once after commit, kept with their SHA-256, never rendered again.
An invoice whose PDF is there was sent."""

import hashlib
import io

import segno
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q

from contracts.billing.models import BillingDocument, CreditNote, Invoice
from contracts.billing.unprinted import SECONDS, Unprinted, print_waiting
from contracts.ledger.models import FindingKind
from contracts.ledger.sources import ledger_check
from contracts.ledger.verifying import Finding
from marketplace.documents import render_pdf
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members

PRINTING = 0x7072696E74  # the name of an advisory lock


def _svg(text: str, *, is_scalable: bool) -> str:
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=3, border=1, xmldecl=False, omitsize=is_scalable)
    return out.getvalue().decode()


def remittance_text(invoice: Invoice) -> str:
    """What to write into the note of the transfer (附言)."""
    return f"{invoice.reference_code} {invoice.number}"


def remittance_qr(invoice: Invoice, *, is_scalable: bool = False) -> str:
    """The same as an SVG picture to be scanned; on pages as large as its place."""
    return _svg(remittance_text(invoice), is_scalable=is_scalable)


def _data(paper, invoice: Invoice, lines) -> dict:
    def sum_of(minor: int) -> str:
        return Money(minor, paper.currency).format()

    return {
        "lang": "zh",
        "number": paper.number,
        "issued": paper.issued_on,
        "issuer": paper.snapshot["issuer"],
        "payer": paper.snapshot["payer"],
        "contract": paper.snapshot["contract"],
        "ledger_head": paper.snapshot.get("ledger_head", ""),
        "lines": [
            {"zh": line.text_zh, "en": line.text_en, "price": sum_of(line.price_minor)} for line in lines
        ],
        "net": sum_of(paper.net_minor),
        "vat": sum_of(paper.vat_minor),
        "total": sum_of(paper.total_minor),
        "vat_basis": invoice.vat_basis,
    }


def invoice_data(invoice: Invoice) -> dict:
    """What the paper of an invoice states."""
    return _data(invoice, invoice, invoice.lines.all()) | {
        "kind": "invoice",
        "due": invoice.due_on,
        "reference": invoice.reference_code,
        "remittance": remittance_text(invoice),
        "qr": remittance_qr(invoice),
    }


@transaction.atomic
def make_invoice_document(invoice: Invoice) -> BillingDocument:
    """Print and send an invoice: its PDF is made once, and the payer is told in the same transaction. A second
    caller waits for the row of `Unprinted` and gets the first one's."""
    Unprinted.objects.filter(kind="invoice", paper=invoice.pk).delete()
    found = BillingDocument.objects.filter(invoice=invoice).first()
    if found is not None:
        return found
    pdf = render_pdf("contracts/invoice", invoice_data(invoice))
    document = _store({"invoice": invoice}, f"{invoice.number}.pdf", pdf)
    notify(
        members(invoice.payer, "invoice.read"),
        "billing/invoice_issued",
        invoice=invoice,
        contract=invoice.contract,
        total=Money(invoice.total_minor, invoice.currency).format(),
        path=invoice.get_absolute_url(),
    )
    return document


@transaction.atomic
def make_credit_note_document(note: CreditNote) -> BillingDocument:
    """As for an invoice."""
    Unprinted.objects.filter(kind="credit_note", paper=note.pk).delete()
    invoice = note.invoice
    found = BillingDocument.objects.filter(credit_note=note).first()
    if found is not None:
        return found
    data = _data(note, invoice, note.lines.all()) | {
        "kind": "credit_note",
        "of": note.snapshot["invoice"],
        "reason": note.reason,
    }
    document = _store({"credit_note": note}, f"{note.number}.pdf", render_pdf("contracts/invoice", data))
    notify(
        members(invoice.payer, "invoice.read"),
        "billing/credit_note_issued",
        credit_note=note,
        invoice=invoice,
        contract=invoice.contract,
        total=Money(note.total_minor, note.currency).format(),
        path=note.get_absolute_url(),
    )
    return document


def _store(of: dict, name: str, pdf: bytes) -> BillingDocument:
    document = BillingDocument(**of, sha256=hashlib.sha256(pdf).hexdigest())
    document.file.save(name, ContentFile(pdf), save=False)
    document.save(force_insert=True)
    return document


PRINTERS = {
    "invoice": lambda pk: make_invoice_document(Invoice.objects.get(pk=pk)),
    "credit_note": lambda pk: make_credit_note_document(CreditNote.objects.get(pk=pk)),
}


def make_missing(seconds: float = SECONDS) -> bool:
    """Print and send what has no PDF yet; whether more waits."""
    return print_waiting(PRINTERS, lock=PRINTING, seconds=seconds)


@ledger_check
def papers_are_whole(issuer_id: int, *, files: bool) -> list[Finding]:
    """With `files`: every stored paper still has the hash that was kept when it was made."""
    found = []
    if not files:
        return found
    papers = BillingDocument.objects.filter(Q(invoice__issuer=issuer_id) | Q(credit_note__issuer=issuer_id))
    for paper in papers.select_related("invoice", "credit_note").order_by("pk").iterator(200):
        try:
            with paper.file.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            sha256 = ""
        if sha256 != paper.sha256:
            number = (paper.invoice or paper.credit_note).number
            found.append(Finding(FindingKind.PAPER, issuer_id, number, paper.file.name))
    return found
