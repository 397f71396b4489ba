"""Bundles built in memory: a random contract rated by the product, its papers, and the verifier loaded by its path."""

import importlib.util
import io
import json
import zipfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from contracts import rating
from contracts.bundle.packing import canonical, pack
from contracts.bundle.papers import (
    facts_paper,
    rated_charge,
    rating_paper,
    rollups_paper,
    terms_paper,
    usage_paper,
)
from contracts.bundle.services import README
from contracts.rating.engine import inputs_hash
from contracts.rating.interest import Debt, Paid, interest_due
from contracts.rating.working import working_json
from marketplace import terms
from marketplace.money import Money
from marketplace.terms import hash_of
from tests.contracts.rating.generate import contract

PROGRAM = Path(__file__).parents[3] / "docs" / "verify_bundle.py"
START = "0" * 64
NOTHING = {
    "issuer": 1, "head": {"sequence": 0, "hash": START}, "first": 1, "previous": START, "contents": [], "entries": [],
    "waiting": {"invoice": [], "credit_note": [], "allocation": []},
}  # fmt: skip
NO_RUN = {"run": None, "known_at": None, "inputs_hash": ""}


def load_verifier():
    """The program as a module, as if it were run apart from the product."""
    spec = importlib.util.spec_from_file_location("verify_bundle", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def papers_of(seed: int, *, working: bool = False) -> dict[str, object]:
    """The papers of one random contract, of which nothing is billed yet; every fourth misses reports."""
    made = contract(Random(seed), missing=seed % 4 == 0)
    gone = made.missing
    metered = {meter for version in made.versions for meter in version.terms.report.metered}
    usage = [
        _stored(row, metered)
        for row in made.usage
        if not any(p.start <= row.period_end <= p.end for p in gone)
    ]
    result = rating.rate(made.versions, made.facts, usage, made.until, working=working)
    hashes = [hash_of(version.terms) for version in made.versions]
    charges = [
        rated_charge(c, hashes[c.version], number) | {"run": 1} for number, c in enumerate(result.charges, 1)
    ]
    told = inputs_hash(made.versions, made.facts, usage, made.until) if working else ""
    run = {"run": 1, "known_at": "2030-01-01T08:00:00+00:00", "inputs_hash": told} if charges else NO_RUN
    runs = [{**run, "until": made.until.isoformat()}] if charges else []
    return {
        "contract.json": {
            "number": f"C-{seed}", "state": "ACTIVE", "for": "licensee", "registration": "",
            "effective_on": made.facts.effective_on.isoformat(),
            "parties": [_party(1, "licensor"), _party(2, "licensee")],
        },
        "terms.json": terms_paper(made.versions),
        "facts.json": facts_paper(made.facts),
        "usage.json": usage_paper(usage),
        "rollups.json": rollups_paper(
            sorted(
                (row.meter, row.product, int(f"{row.period_end:%Y%m%d}"), "erp", str(number), row.quantity)
                for number, row in enumerate(usage)
                if row.meter in metered
            )
        ),
        "reports.json": [_report(number, period) for number, period in enumerate(made.facts.accepted, 1)],
        "rating.json": rating_paper(result, **run, result_hash="", versions=len(made.versions), runs=runs),
        "earlier.json": [],
        "charges.json": charges,
        "invoices.json": [],
        "credit_notes.json": [],
        "receipts.json": [],
        "ledger.json": NOTHING,
    }  # fmt: skip


def _stored(row: rating.UsageRow, metered: set[str]) -> rating.UsageRow:
    """As the database gives it: a metered figure of one day, a quantity with its own type."""
    row = row._replace(period_start=row.period_end) if row.meter in metered else row
    return row if row.quantity is None else row._replace(quantity=Decimal(row.quantity))


def _party(number: int, side: str) -> dict:
    return {"side": side, "id": number, "name_zh": "甲乙"[number - 1], "name_en": "", "credit_code": ""}


def _report(number: int, period: rating.Period) -> dict:
    moment = "2030-01-01T00:00:00+00:00"
    return {
        "id": number, "start": period.start.isoformat(), "end": period.end.isoformat(), "state": "ACCEPTED",
        "is_nil": False, "amends": None, "submitted_at": moment, "accepted_at": moment, "evidence": [],
    }  # fmt: skip


RULES = (
    {"kind": "monthly", "rate": "0.01"},
    {"kind": "monthly", "rate": "0.0075", "part_months": True},
    {"kind": "daily", "rate": "0.0005"},
)


def late_papers(seed: int) -> dict[str, object]:
    """Invoices of a random contract that were paid late, in parts, some of it undone; one bears interest before, which
    bears none. The interest that the product charges on them stands in charges.json."""
    random = Random(seed)
    made = contract(random, versions=1)
    document = terms.write(made.versions[0].terms)
    document["interest"] = random.choice(RULES) | {"charged": random.choice(["on_payment", "monthly"])}
    versions = [rating.TermsVersion(made.versions[0].effective_on, terms.read(document))]
    rule, currency = versions[0].terms.interest, versions[0].terms.currency
    charges, invoices, receipts = [], [], []
    for number in range(1, 4):
        issued = made.facts.effective_on + timedelta(days=random.randint(0, 700))
        due_on = issued + timedelta(days=random.randint(0, 60))
        prices = [random.randint(1, 90_000) for _ in range(random.randint(1, 2))]
        lines = [{"charge": f"{number}.{place}", "price": price} for place, price in enumerate(prices)]
        total, name = sum(prices) * random.choice([100, 106]) // 100, f"INV-{number}"
        for line, kind in zip(lines, ("CHARGE", "INTEREST"), strict=False):
            charges.append({"id": line["charge"], "kind": kind, "minor": 0, "of_invoice": None})
        invoices.append({"number": name, "issued_on": issued.isoformat(), "due_on": due_on.isoformat(),
                         "lines": lines, "total": total})  # fmt: skip
        left, paid = total, []
        while left > 0 and random.random() < 0.8:
            minor, on = random.randint(1, left), issued + timedelta(days=random.randint(0, 300))
            row = {
                "id": len(receipts),
                "invoice": name,
                "received_on": on.isoformat(),
                "allocated_on": on.isoformat(),
                "minor": minor,
                "undoes": None,
            }
            receipts.append(row)
            if random.random() < 0.2:
                receipts.append({**row, "id": len(receipts), "minor": -minor, "undoes": row["id"]})
            else:
                left -= minor
                paid.append(Paid(on, Money(minor, currency)))
        debt = Money(total * prices[0] // sum(prices), currency)
        until = issued + timedelta(days=random.randint(0, 500))
        paid = [one for one in paid if one.on <= until]
        receipts = [
            row for row in receipts if row["invoice"] != name or row["received_on"] <= until.isoformat()
        ]
        for due in interest_due(rule, Debt(debt, due_on, issued, paid), until=until):
            charges.append({
                "id": f"{name} {due.on}", "kind": "INTEREST", "of_invoice": name, "element": f"interest:{name}",
                "part": 0, "sequence": 0, "start": (due.since + timedelta(days=1)).isoformat(),
                "end": due.on.isoformat(), "dated_on": due.on.isoformat(), "minor": due.amount.minor,
                "currency": currency, "exact": str(due.exact), "version": 1, "terms_hash": hash_of(versions[0].terms),
                "due": terms.codec.write(terms.elements.AfterInvoice()), "working": working_json(due.working),
                "before": None, "now": None, "run": None,
            })  # fmt: skip
    return {
        "terms.json": terms_paper(versions), "charges.json": charges, "invoices.json": invoices,
        "receipts.json": receipts, "credit_notes.json": [],
    }  # fmt: skip


def packed(papers, about=None) -> bytes:
    """The file; `about` is what its manifest says where the papers may not say it (any more)."""
    members = {name: canonical(paper) for name, paper in papers.items()}
    members |= {"README.txt": README.encode(), PROGRAM.name: PROGRAM.read_bytes()}
    return pack(members, about or about_of(papers))


def about_of(papers) -> dict:
    number, chain = papers["contract.json"]["number"], dict(papers["ledger.json"]["head"])
    return {"contract": number, "for": papers["contract.json"]["for"], "chain": chain}


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def as_read(papers):
    """The papers as the verifier reads them: through JSON."""
    return json.loads(json.dumps(papers))
