"""Lives that are rare and honest agree; what was left out, made up in pairs or told as another story is named."""

from datetime import date, timedelta

import pytest

from contracts.billing.charging import charge_contract
from contracts.billing.runs import recompute
from contracts.bundle.services import bundle_of
from contracts.lifecycle.services import invalidate
from contracts.lifecycle.states import Side
from contracts.payments.interest import charge_interest
from contracts.payments.services import confirm_receipt
from marketplace.clock import at
from tests.contracts.billing.life import Life
from tests.contracts.billing.test_acceptance import figures_of
from tests.contracts.lifecycle import world as made
from tests.contracts.lifecycle.world import trying
from tests.contracts.payments.world import bank_line
from tests.contracts.rating.samples import fixed, lump, royalty, sheet
from tests.contracts.usage.metering.world import closing, event, metered, send
from tests.contracts.usage.world import accepted, pass_day, sales

from .checked import VERIFIER, agrees, every_change_is_named, papers
from .memory import as_read, packed, papers_of

SOLD = 3


@pytest.fixture
def world(db):
    return made.world()


@pytest.fixture
def sold():
    return as_read(papers_of(SOLD, working=True))


def wrong(said) -> list[str]:
    return VERIFIER.verify(packed(said)).wrong


def two_rows(charge, run, first, then) -> list[dict]:
    """A charge and its correction, in place of `charge`."""
    one = {**charge, "minor": first}
    other = {
        **charge, "id": charge["id"] + 1_000, "kind": "ADJUSTMENT", "sequence": 1, "minor": then, "before": first,
        "now": first + then, "dated_on": run["until"],
    }  # fmt: skip
    return [one, other]


def test_a_charge_that_nobody_rated_and_its_correction_are_named(sold):
    """Together they come to nothing, as what was never charged does."""
    run, charge = sold["rating.json"]["runs"][-1], sold["charges.json"][-1]
    ghost = {
        **charge,
        "id": charge["id"] + 1,
        "element": "ghost",
        "exact": "0",
        "working": None,
        "state": "WAIVED",
    }
    sold["charges.json"] += two_rows(ghost, run, 10_000, -10_000)
    assert any(line.startswith("charge ghost") for line in wrong(sold))


def test_a_charge_told_as_a_higher_one_and_its_correction_is_named(sold):
    run, charge = sold["rating.json"]["runs"][-1], next(c for c in sold["charges.json"] if c["minor"])
    place = sold["charges.json"].index(charge)
    first, other = two_rows(charge, run, charge["minor"] + 500, -500)
    sold["charges.json"][place] = first
    sold["charges.json"].append(other)
    # as if two runs had come to the same
    sold["rating.json"]["runs"].append({**run, "run": 2, "known_at": "2031-01-01T08:00:00+00:00"})
    sold["rating.json"] |= {"run": 2, "known_at": "2031-01-01T08:00:00+00:00"}
    other["run"] = 2
    assert any(": amount by then" in line for line in wrong(sold))


def test_periods_that_are_reported_by_a_word_are_named(sold):
    """A simulation may say so; in a contract a missing report is missing, never zero."""
    sold["facts.json"]["reported_through"] = "2030-01-01"
    assert any("without any report" in line for line in wrong(sold))


def test_a_day_that_was_rated_twice_and_summed_once_is_named():
    """The second row of a day hid the first."""
    said = next(said for seed in range(100) if (said := as_read(papers_of(seed)))["rollups.json"]["rows"])
    one = said["rollups.json"]["rows"][-1]
    place = next(
        p
        for p, row in enumerate(said["usage.json"])
        if (row["meter"], row["start"]) == (one["meter"], one["day"])
    )
    said["usage.json"].insert(place, {**said["usage.json"][place], "quantity": "999999"})
    bundle = VERIFIER.Bundle(b"")
    bundle.members = said
    bundle.papers = said
    VERIFIER.check_rollups(bundle)
    (found,) = bundle.wrong
    assert "stands twice" in found


@pytest.mark.parametrize("name", ["terms.json", "facts.json", "rating.json", "contract.json"])
def test_a_paper_without_anything_is_no_agreement(sold, name):
    """Everything else empty as well, so that nothing contradicts anything."""
    for other in ("charges.json", "usage.json", "reports.json", "invoices.json"):
        sold[other] = []
    sold[name] = [] if name == "terms.json" else {}
    about = {"contract": "C-3", "for": "licensee", "chain": sold["ledger.json"]["head"]}
    assert any(line.startswith(name) for line in VERIFIER.verify(packed(sold, about)).wrong)


def test_an_invoice_after_an_amendment_that_no_run_knew_agrees(world):
    """Its VAT and its interest follow the terms of its own day, its charges those that their run knew."""
    agreed = sheet(royalty(fixed("0.03")), vat="inclusive")
    life = Life(world, agreed)
    life.pass_days(200)
    for report in life.open_reports()[:2]:
        life.accept(report, figures_of(40_000_001, 1))
    life.charge()
    life.amend_terms(sheet(royalty(fixed("0.03")), vat="exclusive"), in_days=0, wait=0)
    life.pass_days(1)
    life.approve(0, many=True)
    life.issue(0, many=True, with_carried=True)
    life.fresh()
    content = bundle_of(life.contract, Side.LICENSEE)
    assert any("1 amendments" in line for line in agrees(content))
    assert papers(content)["rating.json"]["versions"] == 1
    assert papers(content)["invoices.json"]
    every_change_is_named(content)


def test_what_falls_due_on_the_first_day_waits_for_the_first_run(world):
    """A contract that took effect, and no run came yet: it was "missing" in its bundle."""
    contract = trying(world, sheet(lump("900")), on=date(2026, 1, 31))
    assert not contract.rating_runs.exists()
    content = bundle_of(contract, Side.LICENSOR)
    assert any("no rating run made a charge yet" in line for line in agrees(content))
    assert papers(content)["rating.json"]["until"] == "2026-01-30"


def test_a_receipt_that_was_told_late_and_in_a_dispute_waits_for_its_interest(world):
    """It came before months that were charged; while the parties quarrel no interest is taken back."""
    interest = {"kind": "monthly", "rate": "0.01", "charged": "monthly"}
    life = Life(world, sheet(royalty(fixed("0.03")), interest=interest))
    life.pass_days(150)
    for report in life.open_reports()[:1]:
        life.accept(report, figures_of(40_000_001, 1))
    life.charge()
    life.approve(0, many=True)
    life.issue(0, many=True, with_carried=True)
    invoice = life.contract.invoices.get()
    life.pass_days(100)
    with life.at():
        charge_interest()
    life.quarrel()
    with life.at():
        line = bank_line(world, "3000.00", day=(invoice.due_on + timedelta(days=10)).isoformat())
        confirm_receipt(line, actor=world.finance, parts=[(invoice.pk, 300_000)])
        assert charge_interest() == 0
    life.fresh()
    assert any(line.startswith("2 sums of late") for line in agrees(bundle_of(life.contract, Side.LICENSOR)))


@pytest.mark.parametrize("names", [("api", "Bytes"), ("api.calls", "api_calls"), ("调用", "Zeit")])
def test_meters_of_any_name_agree(world, names):
    """In the order of the signs' numbers, whatever the database's language sorts by; a point in a name parts nothing."""
    agreed = sheet(
        *(
            royalty(fixed("2"), "units", element_id=f"r{place}", meter=name)
            for place, name in enumerate(names)
        ),
        report={"metered": list(names), "every": "month"},
    )
    contract = metered(world, agreed)
    on = "2026-01-31T12:00:00+08:00"
    send(world, *(event(contract, f"{name} 1", 5, time=on, data={"meter": name}) for name in names))
    send(world, *(closing(contract, "2026-01-31", "2026-01-31", f"c {name}", meter=name) for name in names))
    with at(date(2026, 2, 10)):
        charge_contract(contract)
    content = bundle_of(contract, Side.LICENSOR)
    assert any("2 daily sums of 2 events" in line for line in agrees(content))
    assert len(papers(content)["charges.json"]) == 2


def test_a_deemed_report_that_was_withdrawn_since_stays_what_an_earlier_run_knew(world):
    """The right turned out to have fallen before: the period that was deemed and billed is broken, its report withdrawn."""
    agreed = sheet(
        royalty(fixed("0.03")),
        report={"every": "quarter", "days": 10, "deemed": {"days": 5, "basis": "last"}},
    )
    contract = trying(world, agreed, on=date(2026, 1, 1))
    accepted(world, contract, date(2026, 3, 31), sales(2_000))
    pass_day(date(2026, 7, 1))
    pass_day(date(2026, 7, 20))
    assert contract.charges.count() == 2
    with at(date(2026, 7, 21)):
        invalidate(contract, actor=world.officer, on=date(2026, 5, 15), reason="专利被宣告无效")
    pass_day(date(2026, 7, 22))
    assert contract.reports.filter(state="WITHDRAWN").exists()
    assert contract.rating_runs.count() > 1
    assert all(recompute(run).same_inputs for run in contract.rating_runs.all())
    agrees(bundle_of(contract, Side.LICENSOR))
