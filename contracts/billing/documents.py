"""Invoices and credit notes as PDF: rendered once after commit, kept with their SHA-256, never rendered again."""

import hashlib
import io

import segno
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from contracts.billing.models import BillingDocument, CreditNote, Invoice
from marketplace.documents import render_pdf
from marketplace.money import Money


def _svg(text: str) -> str:
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=3, border=1, xmldecl=False)
    return out.getvalue().decode()


def remittance_text(invoice: Invoice) -> str:
    """What to write into the note of the transfer (附言)."""
    return f"{invoice.reference_code} {invoice.number}"


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


def make_invoice_document(invoice: Invoice) -> BillingDocument:
    """The PDF of an invoice, made now if it is missing; a second caller gets the first one's."""
    data = _data(invoice, invoice, invoice.lines.all()) | {
        "kind": "invoice",
        "due": invoice.due_on,
        "reference": invoice.reference_code,
        "remittance": remittance_text(invoice),
        "qr": _svg(remittance_text(invoice)),
    }
    return _store({"invoice": invoice}, f"{invoice.number}.pdf", render_pdf("contracts/invoice", data))


def make_credit_note_document(note: CreditNote) -> BillingDocument:
    data = _data(note, note.invoice, note.lines.all()) | {
        "kind": "credit_note",
        "of": note.snapshot["invoice"],
        "reason": note.reason,
    }
    return _store({"credit_note": note}, f"{note.number}.pdf", render_pdf("contracts/invoice", data))


def _store(of: dict, name: str, pdf: bytes) -> BillingDocument:
    try:
        with transaction.atomic():
            document = BillingDocument(**of, sha256=hashlib.sha256(pdf).hexdigest())
            document.file.save(name, ContentFile(pdf), save=False)
            document.save(force_insert=True)
            return document
    except IntegrityError:
        return BillingDocument.objects.get(**of)
