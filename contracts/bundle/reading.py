"""Reads a contract's papers out of the database: what one of its two sides may have, and nothing of the other's own."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db.models import Q

from contracts.billing.models import Charge, CreditNote, Invoice
from contracts.billing.planning import key_of
from contracts.bundle.papers import facts_paper, rating_paper, rollups_paper, terms_paper, usage_paper
from contracts.ledger.models import Entry, LedgerHead
from contracts.ledger.services import content_text
from contracts.lifecycle.facts import knew, terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import Side
from contracts.payments.models import Allocation
from contracts.rating import Rating, rate, working_json
from contracts.rating.result import Key
from contracts.usage.metering.queries import counted_events
from contracts.usage.models import UsageReport
from contracts.usage.queries import rating_inputs
from contracts.usage.states import ReportState
from marketplace.terms import hash_of

CHUNK = 500
SHARED = ("invoice:", "credit_note:", "allocation:")  # entries about what both sides have a paper of


def papers_of(contract: LicenceContract, side: Side, *, internal: bool) -> dict[str, object]:
    """Every paper by its name; `internal`: with the licensor's annexes and the bookings that follow from them.

    The last rating run's bounds decide what had been known: charges are held against the usage and facts from which
    they were made, and what came since waits for the next run. Of the terms every version is told, because invoices
    and interest follow those in force on their own day; the run says how many of them it knew.
    """
    run = contract.rating_runs.order_by("-id").first()
    versions, facts, usage = rating_inputs(contract, as_of=run.known_at if run else None)
    # before the first run nothing is rated, not even what falls due on the first day
    before = contract.effective_on - timedelta(days=1)
    rating = rate(versions, facts, usage, run.until if run else before)
    papers = {
        "contract.json": _contract(contract, side),
        "terms.json": terms_paper(terms_versions(contract)),
        "facts.json": facts_paper(facts),
        "usage.json": usage_paper(usage),
        "rollups.json": _rollups(contract, run.known_at if run else None),
        "reports.json": _reports(contract),
        "rating.json": rating_paper(rating, **_run(run), versions=len(versions), runs=_runs(contract)),
        "earlier.json": _earlier(contract, run, rating),
        "charges.json": _charges(contract),
        "invoices.json": _invoices(contract),
        "credit_notes.json": _credit_notes(contract),
        "receipts.json": _receipts(contract),
        "ledger.json": _ledger(contract, internal=internal),
    }
    if internal:
        papers["annexes.json"] = _annexes(contract)
    return papers


def _contract(contract: LicenceContract, side: Side) -> dict:
    return {
        "number": contract.number,
        "state": contract.state,
        "for": side.value.lower(),
        "effective_on": contract.effective_on.isoformat(),
        "registration": contract.registration_number,
        "parties": [
            {
                "side": of.value.lower(),
                "id": one.pk,
                "name_zh": one.name_zh,
                "name_en": one.name_en,
                "credit_code": one.credit_code,
            }
            for of, one in contract.parties
        ],
    }


def _run(run) -> dict:
    if run is None:
        return {"run": None, "known_at": None, "inputs_hash": "", "result_hash": ""}
    return {
        "run": run.pk,
        "known_at": run.known_at.isoformat(),
        "inputs_hash": run.inputs_hash,
        "result_hash": run.result_hash,
    }


def _runs(contract: LicenceContract) -> list[dict]:
    """Every run, in order: each of them made charges (a run that changes nothing is not stored)."""
    return [_of_run(run) for run in contract.rating_runs.order_by("pk")]


def _of_run(run) -> dict:
    return {
        "run": run.pk,
        "until": run.until.isoformat(),
        "known_at": run.known_at.isoformat(),
        "inputs_hash": run.inputs_hash,
    }


def _earlier(contract: LicenceContract, last, rating: Rating) -> list[dict]:
    """What earlier runs knew, of those with a row whose exact amount or working is not what the last run comes to: a
    correction came since, or changed nothing that is due (below a cap, say) and wrote no row; or the row waits for a
    report now."""
    current = {charge.key: (str(charge.exact), working_json(charge.working)) for charge in rating.charges}
    found = {}
    for row in contract.charges.filter(kind__in=Charge.RATED, run__isnull=False).select_related("run"):
        if row.run_id == last.pk or row.run_id in found:
            continue
        exact, working = current.get(Key(**key_of(row)), (None, None))
        if row.exact != exact or (row.working and row.working != working):
            found[row.run_id] = row.run
    return [_run_inputs(contract, run) for _pk, run in sorted(found.items())]


def _run_inputs(contract: LicenceContract, run) -> dict:
    versions, facts, usage = rating_inputs(contract, as_of=run.known_at)
    return {
        **_of_run(run),
        "versions": [
            {"effective_on": one.effective_on.isoformat(), "hash": hash_of(one.terms)} for one in versions
        ],
        "facts": facts_paper(facts),
        "usage": usage_paper(usage),
    }


def _rollups(contract: LicenceContract, as_of) -> dict:
    deemed = [row for row in contract.deemed_closings.order_by("period_start", "pk") if knew(row, as_of)]
    return rollups_paper(
        counted_events(contract, as_of=as_of),
        [(row.figure, row.period_start, row.period_end) for row in deemed],
    )


def _reports(contract: LicenceContract) -> list[dict]:
    """Who accepted what when, and the hashes of the evidence; the files themselves stay where they are. In place of a report
    that is missing, what is deemed counts from the day it was made."""
    accepted, deemed = Q(accepted_at__isnull=False), Q(deemed__isnull=False) & ~Q(state=ReportState.WITHDRAWN)
    rows = UsageReport.objects.filter(accepted | deemed, contract=contract).select_related("deemed")
    return [
        {
            "id": report.pk,
            "start": report.period_start.isoformat(),
            "end": report.period_end.isoformat(),
            "state": report.state if report.accepted_at else "DEEMED",
            "is_nil": report.is_nil,
            "amends": report.amends_id,
            "submitted_at": report.submitted_at.isoformat() if report.submitted_at else None,
            "accepted_at": (report.accepted_at or report.deemed.made_at).isoformat(),
            "evidence": [
                {"name": file.name, "size": file.size, "sha256": file.sha256}
                for file in report.evidence.all()
            ],
        }
        for report in rows.prefetch_related("evidence").order_by("period_start", "pk")
    ]


def _charges(contract: LicenceContract) -> list[dict]:
    rows = contract.charges.select_related("of_invoice").order_by("pk")
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "state": row.state,
            "element": row.element_id,
            "part": row.part,
            "start": row.period_start.isoformat(),
            "end": row.period_end.isoformat(),
            "sequence": row.sequence,
            "dated_on": row.dated_on.isoformat(),
            "minor": row.amount_minor,
            "currency": row.currency,
            "exact": row.exact,
            "version": row.version_number,
            "terms_hash": row.terms_hash,
            "due": row.due,
            "working": row.working,
            "before": row.before_minor,
            "now": row.now_minor,
            "of_invoice": row.of_invoice.number if row.of_invoice else None,
            "run": row.run_id,
        }
        for row in rows
    ]


def _invoices(contract: LicenceContract) -> list[dict]:
    rows = Invoice.objects.filter(contract=contract).select_related("document").prefetch_related("lines")
    return [
        _paper(row)
        | {
            "due_on": row.due_on.isoformat(),
            "vat_rate": str(row.vat_rate.normalize()),
            "vat_basis": row.vat_basis,
            "tax_invoice": row.tax_invoice_number,
        }
        for row in rows.order_by("pk")
    ]


def _credit_notes(contract: LicenceContract) -> list[dict]:
    rows = CreditNote.objects.filter(invoice__contract=contract).select_related("document", "invoice")
    return [
        _paper(row) | {"invoice": row.invoice.number, "reason": row.reason}
        for row in rows.prefetch_related("lines").order_by("pk")
    ]


def _paper(row: Invoice | CreditNote) -> dict:
    """What both kinds of paper state, with the hash of the PDF that was sent."""
    document = getattr(row, "document", None)
    return {
        "id": row.pk,
        "number": row.number,
        "issued_on": row.issued_on.isoformat(),
        "currency": row.currency,
        "net": row.net_minor,
        "vat": row.vat_minor,
        "total": row.total_minor,
        "lines": [
            {
                "charge": line.charge_id,
                "text_zh": line.text_zh,
                "text_en": line.text_en,
                "price": line.price_minor,
            }
            for line in sorted(row.lines.all(), key=lambda line: line.pk)
        ],
        "stated": row.snapshot,
        "pdf_sha256": document.sha256 if document else None,
    }


def _receipts(contract: LicenceContract) -> list[dict]:
    """Parts of receipts set against invoices of this contract; what else a payment settled is not said."""
    rows = Allocation.objects.filter(invoice__contract=contract).select_related("payment", "invoice")
    return [
        {
            "id": row.pk,
            "invoice": row.invoice.number,
            "payment": row.payment_id,
            "method": row.payment.method,
            "received_on": row.payment.received_on.isoformat(),
            "allocated_on": row.allocated_on.isoformat(),
            "minor": row.amount_minor,
            "currency": row.payment.currency,
            "undoes": row.reverses_id,
            "reason": row.reason,
        }
        for row in rows.order_by("pk")
    ]


def _ledger(contract: LicenceContract, *, internal: bool) -> dict:
    """The entries of the issuer's book that are about this contract, whole; from the first of them up to the head
    the content hash alone of all others, so that the chain can be followed without reading them."""
    head = LedgerHead.objects.filter(issuer=contract.licensor).first()
    every = Entry.objects.filter(issuer=contract.licensor, sequence__lte=head.sequence if head else 0)
    own = every.filter(postings__contract_number=contract.number).distinct().order_by("sequence")
    first = own.first()
    entries, contents = [], []
    if first is not None:
        rows = every.filter(sequence__gte=first.sequence).order_by("sequence").select_related("reverses")
        for entry in rows.prefetch_related("postings").iterator(CHUNK):
            body = _body(entry)
            contents.append(hashlib.sha256(body.encode()).hexdigest())
            about = any(line.contract_number == contract.number for line in entry.postings.all())
            if about and (internal or entry.key.startswith(SHARED)):
                entries.append({"sequence": entry.sequence, "key": entry.key, "body": body})
    return {
        "issuer": contract.licensor_id,
        "head": {"sequence": head.sequence if head else 0, "hash": head.hash if head else "0" * 64},
        "first": first.sequence if first else (head.sequence if head else 0) + 1,
        "previous": first.previous_hash if first else (head.hash if head else "0" * 64),
        "contents": contents,
        "entries": entries,
        "waiting": _unbooked(contract, {entry["key"] for entry in entries}),
    }


def _body(entry: Entry) -> str:
    """The text whose SHA-256 is the entry's content hash."""
    return content_text(
        issuer_id=entry.issuer_id,
        sequence=entry.sequence,
        key=entry.key,
        booked_on=entry.booked_on,
        created_at=entry.created_at,
        text=entry.text,
        reverses=entry.reverses.key if entry.reverses else "",
        lines=sorted(entry.postings.all(), key=lambda posting: posting.pk),
    )


def _unbooked(contract: LicenceContract, booked: set[str]) -> dict[str, list[int]]:
    """Papers that are not in the book yet."""
    papers = {
        "invoice": Invoice.objects.filter(contract=contract),
        "credit_note": CreditNote.objects.filter(invoice__contract=contract),
        "allocation": Allocation.objects.filter(invoice__contract=contract),
    }
    return {
        kind: [pk for pk in rows.order_by("pk").values_list("pk", flat=True) if f"{kind}:{pk}" not in booked]
        for kind, rows in papers.items()
    }


def _annexes(contract: LicenceContract) -> list[dict]:
    """The licensor's own annexes: shares of contributors, and the commission where it reads it."""
    rows = contract.annexes.filter(readers__contains=[contract.licensor_id]).order_by("kind", "pk")
    return [{"kind": row.kind, "content": row.content, "hash": row.hash} for row in rows]
