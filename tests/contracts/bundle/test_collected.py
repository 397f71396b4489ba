"""What was billed, paid late and booked: each change of its bundle is named, also in a book that was written anew."""

import json

import pytest

from contracts.billing.crediting import issue_credit_note
from contracts.bundle.services import bundle_of
from contracts.lifecycle.states import Side
from contracts.payments.booking import book_money
from contracts.payments.interest import charge_interest
from contracts.payments.services import confirm_receipt, undo_allocation
from tests.contracts.billing.life import Life
from tests.contracts.billing.test_acceptance import figures_of
from tests.contracts.payments.world import bank_line
from tests.contracts.rating.samples import fixed, royalty, sheet

from .checked import VERIFIER, agrees, every_change_is_named, resealed
from .memory import members_of


@pytest.fixture
def collected(world):
    """Two quarters billed and paid late, in parts, one of them undone; the interest of each month billed in its turn; a
    goodwill credit by hand, a waiver, and a correction that the licensor's own entries stand beside."""
    interest = {"kind": "monthly", "rate": "0.01", "charged": "monthly"}
    life = Life(world, sheet(royalty(fixed("0.03")), interest=interest, vat="inclusive"))

    def bill():
        life.approve(0, many=True)
        life.issue(0, many=True, with_carried=True)

    def pay(number, yuan):
        with life.at():
            line = bank_line(world, f"{yuan}.00", day=life.on.isoformat())
            receipt = confirm_receipt(line, actor=world.finance, parts=[(bills[number].pk, yuan * 100)])
            charge_interest()
        return receipt.allocations.get()

    life.pass_days(250)
    for report in life.open_reports()[:2]:
        life.accept(report, figures_of(40_000_001, 1))
    life.charge()
    bill()
    bills = list(life.contract.invoices.order_by("pk"))
    life.pass_days(45)
    wrong = pay(0, 3_000)
    life.pass_days(33)
    pay(0, 4_000)
    with life.at():
        undo_allocation(wrong, actor=world.finance, reason="记错")
        charge_interest()
    bill()
    life.pass_days(40)
    pay(0, 1_000)
    bill()
    with life.at():
        issue_credit_note(bills[-1], actor=world.finance, price_minor=12_345, reason="客户关怀")
    for report in life.open_reports()[:1]:
        life.accept(report, figures_of(777, 1))
    life.charge()
    life.judge("waive", 0)
    book_money()
    life.fresh()
    return life


def test_every_change_of_what_was_billed_and_collected_is_named(collected):
    content = bundle_of(collected.contract, Side.LICENSOR)
    seen = agrees(content)
    for told in ("2 sums of late-payment interest", "4 allocations", "3 invoices and 1 credit notes"):
        assert any(line.startswith(told) for line in seen), told
    every_change_is_named(content, each=2)
    for place in (0, 1):  # of the two parties, who stand on each paper
        changed = resealed(
            content, "contract.json", lambda paper, place=place: paper["parties"][place].update(id=-1)
        )
        assert any("issuer" in line for line in VERIFIER.verify(changed).wrong)


def test_entries_that_were_changed_in_a_chain_that_was_made_anew_are_named(collected):
    """Whoever keeps the book can write it anew, with every hash up to its head and on every paper: it must still say what
    the papers say."""
    members = members_of(bundle_of(collected.contract, Side.LICENSEE))
    for place, entry in enumerate(json.loads(members["ledger.json"])["entries"]):
        body = json.loads(entry["body"])
        for name, value in body.items():
            if name == "created_at":
                continue  # a moment that is told by nothing else
            if isinstance(value, list):
                other = [*value[:-1], [*value[-1][:3], "C-2026-999999"]]
            else:
                other = value + 1 if isinstance(value, int) else "2030-01-01"
            whole = VERIFIER.Bundle(b"")
            whole.papers = {n: json.loads(text) for n, text in members.items() if n.endswith(".json")}
            whole.members = members
            _book_anew(whole.papers, place, {**body, name: other})
            VERIFIER.check_contract(whole)
            VERIFIER.check_ledger(whole)
            assert any("as booked" in line or "ledger entry" in line for line in whole.wrong), (
                name,
                whole.wrong,
            )


def _book_anew(papers, place: int, body: dict) -> None:
    ledger = papers["ledger.json"]
    entry = ledger["entries"][place]
    entry["body"] = json.dumps(body, sort_keys=True, separators=(",", ":"))
    ledger["contents"][entry["sequence"] - ledger["first"]] = VERIFIER.sha256(entry["body"].encode())
    chain, previous = {}, ledger["previous"]
    for sequence, content in enumerate(ledger["contents"], ledger["first"]):
        previous = chain[sequence] = VERIFIER.sha256((previous + content).encode())
    ledger["head"]["hash"] = papers["manifest.json"]["chain"]["hash"] = previous
    for paper in papers["invoices.json"] + papers["credit_notes.json"]:
        stated = paper["stated"]
        stated["ledger_head"] = chain.get(stated["ledger_sequence"], stated["ledger_head"])
