"""Bundles built in memory: a random contract rated by the product, its papers, and the verifier loaded by its path."""

import importlib.util
import json
from pathlib import Path
from random import Random

from contracts import rating
from contracts.bundle.packing import canonical, pack
from contracts.bundle.papers import facts_paper, rated_charge, rating_paper, terms_paper, usage_paper
from marketplace.terms import hash_of
from tests.contracts.rating.generate import contract

PROGRAM = Path(__file__).parents[3] / "docs" / "verify_bundle.py"
START = "0" * 64
NOTHING = {
    "issuer": 1, "head": {"sequence": 0, "hash": START}, "first": 1, "previous": START, "contents": [], "entries": [],
    "waiting": {},
}  # fmt: skip


def load_verifier():
    """The program as a module, as if it were run apart from the product."""
    spec = importlib.util.spec_from_file_location("verify_bundle", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def papers_of(seed: int, *, working: bool = False) -> dict[str, object]:
    """The papers of one random contract; every fourth misses reports."""
    made = contract(Random(seed), missing=seed % 4 == 0)
    gone = made.missing
    usage = [row for row in made.usage if not any(p.start <= row.period_end <= p.end for p in gone)]
    result = rating.rate(made.versions, made.facts, usage, made.until, working=working)
    hashes = [hash_of(version.terms) for version in made.versions]
    charges = [rated_charge(c, hashes[c.version], number) for number, c in enumerate(result.charges, 1)]
    return {
        "contract.json": {"number": f"C-{seed}", "for": "licensee"},
        "terms.json": terms_paper(made.versions),
        "facts.json": facts_paper(made.facts),
        "usage.json": usage_paper(usage),
        "rating.json": rating_paper(result),
        "charges.json": charges,
        "invoices.json": [],
        "credit_notes.json": [],
        "receipts.json": [],
        "ledger.json": NOTHING,
    }


def packed(papers) -> bytes:
    members = {name: canonical(paper) for name, paper in papers.items()}
    head = papers["ledger.json"]["head"]
    return pack(members, {"contract": papers["contract.json"]["number"], "for": "licensee", "chain": head})


def as_read(papers):
    """The papers as the verifier reads them: through JSON."""
    return json.loads(json.dumps(papers))
