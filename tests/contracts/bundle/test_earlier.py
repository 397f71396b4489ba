"""What earlier runs of a contract knew stands in its bundle, and their amounts recompute from it."""

from fractions import Fraction

import pytest

from contracts.bundle.services import bundle_of
from contracts.lifecycle.states import Side
from tests.contracts.billing.life import Life
from tests.contracts.billing.test_acceptance import figures_of
from tests.contracts.rating.samples import cap, fixed, royalty, sheet

from .checked import VERIFIER, agrees, every_change_is_named, papers, resealed


@pytest.fixture
def capped(world):
    """Two quarters above a yearly cap: corrected above it first, which writes no row, then below it."""
    agreed = sheet(royalty(fixed("0.03")), caps=[cap("300", "royalty", span="year")])
    life = Life(world, agreed)
    life.pass_days(400)
    first, second = life.open_reports()[:2]
    life.accept(first, figures_of(1_000_000, 1))
    life.charge()
    life.amend(life.accepted_reports()[0], figures_of(1_500_000, 1))
    life.accept(second, figures_of(200_000, 1))
    life.charge()
    life.amend(life.accepted_reports()[1], figures_of(210_001, 1))
    life.amend(life.accepted_reports()[0], figures_of(100_000, 1))
    life.charge()
    life.fresh()
    return life


def test_exact_amounts_of_earlier_runs_are_recomputed_from_what_was_known_then(capped):
    content = bundle_of(capped.contract, Side.LICENSEE)
    agrees(content)
    said = papers(content)
    current = said["rating.json"]["run"]
    runs = {one["run"] for one in said["earlier.json"]}
    old = [row for row in said["charges.json"] if row["run"] in runs]
    assert len(old) > 1
    assert current not in runs
    every_change_is_named(content)
    for charge in old:
        for more in (
            1,
            Fraction(1, 1000),
        ):  # by less than half a minor unit too, where nothing due would change

            def forged(paper, charge=charge, more=more):
                row = next(row for row in paper if row["id"] == charge["id"])
                row["exact"] = str(Fraction(row["exact"]) + more)
                for step in row["working"]["steps"]:
                    if step["value"] == charge["exact"] or str(step["value"]) == charge["exact"]:
                        step["value"] = row["exact"]

            wrong = VERIFIER.verify(resealed(content, "charges.json", forged)).wrong
            assert any(": exact" in line for line in wrong), (charge, more)
    # nor can the figures of then be left out, or say something else
    gone = VERIFIER.verify(resealed(content, "earlier.json", lambda paper: paper.clear())).wrong
    assert any(": exact" in line for line in gone)

    def other(paper):
        paper[0]["usage"][0]["components"]["invoiced_incl_vat"] += 100

    assert VERIFIER.verify(resealed(content, "earlier.json", other)).wrong


def test_a_working_of_an_earlier_run_that_came_to_the_same_amount_another_way_agrees(world):
    """Below a baseline: what was reported anew changes the way, and nothing that is due."""
    agreed = sheet(royalty(fixed("0.03"), baseline={"quantity": "1000000000", "span": "life"}))
    life = Life(world, agreed)
    life.pass_days(200)
    life.accept(life.open_reports()[0], figures_of(1_000, 1))
    life.charge()
    life.amend(life.accepted_reports()[0], figures_of(2_000, 1))
    life.accept(life.open_reports()[0], figures_of(3_000, 1))
    life.charge()
    life.fresh()
    content = bundle_of(life.contract, Side.LICENSEE)
    agrees(content)
    said = papers(content)
    first, second = said["charges.json"]
    assert {first["exact"], second["exact"]} == {"0.00"}
    assert [one["run"] for one in said["earlier.json"]] == [first["run"]]
