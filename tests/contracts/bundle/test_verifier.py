"""The verifier, written apart from the product, comes to the same fen; and finds whatever was changed."""

import ast
import json
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from random import Random

import pytest

from contracts.rating.steps import STEPS

from .memory import PROGRAM, as_read, late_papers, load_verifier, members_of, packed, papers_of
from .mutations import Cheat, changed, changes, places

VERIFIER = load_verifier()
SOLD = 3  # a seed whose contract has charges of several kinds


def differences(papers) -> list[str]:
    """What the verifier finds in papers that were packed anew, so that only the figures can be wrong."""
    return VERIFIER.verify(packed(papers)).wrong


def checked(papers, *checks):
    bundle = VERIFIER.Bundle(b"")
    bundle.members = {name: json.dumps(paper) for name, paper in papers.items()}
    for check in checks:
        check(bundle)
    return bundle


def agree(seeds) -> int:
    count = 0
    for seed in seeds:
        papers = papers_of(seed)
        assert checked(papers, VERIFIER.check_terms, VERIFIER.check_charges).wrong == [], seed
        count += len(papers["charges.json"])
    return count


def late(papers):
    return [charge for charge in papers["charges.json"] if charge["of_invoice"] and charge["minor"]]


def agree_on_interest(seeds) -> int:
    count = 0
    for seed in seeds:
        papers = late_papers(seed)
        assert checked(papers, VERIFIER.check_interest).wrong == [], seed
        count += len(late(papers))
    return count


def test_random_contracts_come_to_the_same_fen():
    assert agree(range(300)) > 1500
    assert agree_on_interest(range(100)) > 700


@pytest.mark.slow
def test_ten_thousand_random_contracts_come_to_the_same_fen():
    assert agree(range(10_000)) > 50_000
    assert agree_on_interest(range(1_000)) > 8_000


def test_a_fen_more_interest_is_found_whether_it_is_charged_with_payments_or_month_by_month():
    found = {"on_payment": 0, "monthly": 0}
    for seed in range(60):
        papers = late_papers(seed)
        if late(papers):
            Random(seed).choice(late(papers))["minor"] += 1
            wrong = checked(papers, VERIFIER.check_interest).wrong
            assert wrong[0].startswith("interest of INV-")
            found[papers["terms.json"][0]["terms"]["interest"].get("charged", "on_payment")] += 1
    assert min(found.values()) > 10


def test_a_whole_bundle_agrees_and_packs_to_the_same_bytes_twice():
    papers = papers_of(SOLD, working=True)
    assert packed(papers) == packed(as_read(papers))
    bundle = VERIFIER.verify(packed(papers))
    assert bundle.wrong == []
    assert any("charges and corrections recomputed" in line for line in bundle.seen)


def test_any_changed_byte_of_the_file_is_found():
    content, random = packed(papers_of(SOLD, working=True)), Random(1)
    assert not VERIFIER.verify(content).wrong
    places = [0, len(content) - 1, *random.sample(range(len(content)), 150)]
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1 << random.randrange(8)
        assert VERIFIER.verify(bytes(changed)).wrong, place
    assert VERIFIER.verify(content[:-1]).wrong
    assert VERIFIER.verify(content + b"\0").wrong


def test_a_changed_byte_in_every_member_is_found_though_the_container_was_made_anew():
    papers, random = papers_of(SOLD, working=True), Random(2)
    whole = VERIFIER.Bundle(packed(papers))
    VERIFIER.check_file(whole)
    for name, content in whole.members.items():
        for _ in range(5):
            changed = bytearray(content)
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
            bundle = VERIFIER.verify(VERIFIER.packed({**whole.members, name: bytes(changed)}))
            assert bundle.wrong, name
    for name in whole.members:
        less = {key: content for key, content in whole.members.items() if key != name}
        assert VERIFIER.verify(VERIFIER.packed(less)).wrong, name
    assert VERIFIER.verify(VERIFIER.packed({**whole.members, "more.txt": b"x"})).wrong


@pytest.mark.parametrize("seed", range(40))
def test_figures_that_were_changed_and_sealed_anew_are_found(seed):
    """Somebody who changes a figure and computes every hash again is told by the sums."""
    papers = as_read(papers_of(seed, working=True))
    charges = [charge for charge in papers["charges.json"] if charge["minor"]]
    if not charges:
        assert differences(papers) == []
        return
    random = Random(seed)
    charge = random.choice(charges)
    change = random.choice(["minor", "exact", "dated_on", "due", "gone", "doubled"])
    if change == "minor":
        charge["minor"] += random.choice([-1, 1])
    elif change == "exact":
        charge["exact"] = (
            f"{charge['exact']}1" if "/" in charge["exact"] else f"{int(float(charge['exact'])) + 1}"
        )
    elif change == "dated_on":
        charge["dated_on"] = "2020-01-01"
    elif change == "due":
        charge["due"] = {"kind": "after_invoice", "days": 7}
    elif change == "gone":
        papers["charges.json"].remove(charge)
    else:
        papers["charges.json"].append({**charge, "sequence": 1, "id": 999})
    assert differences(papers) != []


def test_usage_facts_and_terms_that_were_changed_are_found():
    papers = as_read(papers_of(SOLD, working=True))
    version = papers["terms.json"][0]
    version["terms"]["term_months"] += 1
    assert any("terms.json: version 1: hash" in line for line in differences(papers))


def test_a_charge_cannot_be_hidden_as_waiting():
    papers = as_read(papers_of(SOLD, working=True))
    charge = next(charge for charge in papers["charges.json"] if charge["minor"])
    papers["charges.json"].remove(charge)
    papers["rating.json"]["waiting"].append(
        {name: charge[name] for name in ("element", "part", "start", "end")}
        | {"reason": "report_missing", "detail": ""}
    )
    assert any("its report is there" in line for line in differences(papers))


def _forge(charge, exact):
    """Another exact amount, in the charge and in the step that its working rounds."""
    steps = charge["working"]["steps"]
    place = next(place for place, step in enumerate(steps) if step["step"] == "round")
    steps[place - 1]["value"] = charge["exact"] = exact


def test_an_exact_amount_and_its_working_that_were_changed_together_are_found():
    """Also by less than changes what is due. (In rows of earlier runs: test_earlier.)"""
    found = 0
    for seed in range(60):
        whole = papers_of(seed, working=True)
        papers = as_read(whole)
        rounded = [
            charge
            for charge in papers["charges.json"]
            if charge["working"] and any(s["step"] == "round" for s in charge["working"]["steps"][1:])
        ]
        if not rounded:
            continue
        found += 1
        original = rounded[-1]["exact"]
        _forge(rounded[-1], str(Fraction(original) + 1))
        assert differences(papers) != [], seed
        _forge(rounded[-1], str(Fraction(original) + Fraction(1, 1_000_000)))
        assert differences(papers) != [], seed
        assert differences(as_read(whole)) == [], seed
    assert found > 10


# What nobody could check by what stands in a bundle, and why.
WORDS = "words of today: what a paper stated on its day stands in the paper"
NAMES = "a name of a row, to which nothing else of these papers points"
DECIDED = "what people decided: whether it was approved, disputed or waived; what was invoiced is on an invoice"
UNCHECKED = {
    "contract.state": WORDS,
    "contract.registration": WORDS,
    "contract.parties[].name_zh": WORDS,
    "contract.parties[].name_en": WORDS,
    "contract.parties[].credit_code": WORDS,
    "contract.parties[].id": "stands in the ledger and on invoices, of which there are none here (test_export)",
    "charges[].id": NAMES,
    "charges[].state": DECIDED,
    "reports[].id": NAMES,
    "reports[].state": "whether a report came, or is deemed as the terms agree, is told by nothing else",
    "reports[].submitted_at": "a moment that only has to lie before the acceptance",
    "reports[].is_nil": "of a period whose figures come from events, or beside rows that say otherwise",
    "rollups.rows[].events": "can be held against the events themselves, which whoever sent them has",
    "rollups.rows[].digest": "can be held against the events themselves, which whoever sent them has",
    "rating.result_hash": "of the result as the program writes it; all that it covers is recomputed",
}


def test_every_place_that_is_changed_is_named():
    """Values changed, names taken away, items dropped and doubled, at every kind of place of random contracts, with all
    hashes of the file made anew."""
    tried = 0
    for seed in range(20):
        papers = papers_of(seed, working=True)
        if papers["charges.json"]:
            cheat = Cheat(VERIFIER, members_of(packed(papers)), Random(seed))
            assert cheat.unseen(UNCHECKED, most=2) == {}, seed
            tried += cheat.tried
    assert tried > 5_000


# every line of a working that a rating makes, but not_negative, which is rare
RATED = set(VERIFIER.FORMULAS) - {
    "not_negative", "interest_months", "interest_days", "interest_parts", "interest_before", "interest_settled", "gap",
    "audit_cost",
}  # fmt: skip


def test_every_kind_of_line_that_is_changed_in_any_of_its_figures_is_named():
    """Of each kind the first three lines that come: the day of the trigger as well as what a cap left of a royalty."""
    seen = Counter()
    for seed in range(300):
        papers = as_read(papers_of(seed, working=True))
        bundle = checked(papers, VERIFIER.check_workings)
        assert bundle.wrong == [], seed
        for charge in papers["charges.json"]:
            for line in charge["working"]["steps"]:
                seen[line["step"]] += 1
                if seen[line["step"]] > 3:
                    continue
                for pattern, container, key in places(line, line["step"]):
                    for what, value in changes(container, key, None):
                        with changed(container, key, value):
                            bundle.wrong += VERIFIER.misfits(charge, VERIFIER.CHARGE, "")
                            if not bundle.wrong:
                                VERIFIER.check_working(bundle, charge)
                        assert bundle.wrong, (seed, pattern, what, line)
                        bundle.wrong.clear()
    assert set(seen) >= RATED


def test_a_working_that_was_taken_away_is_named():
    papers = as_read(papers_of(SOLD, working=True))
    papers["charges.json"][0]["working"] = None
    (found,) = differences(papers)
    assert found.endswith("working: is missing")


def test_formulas_are_those_that_workings_state():
    for code, meaning in STEPS.items():
        formula, *rest = VERIFIER.FORMULAS[code]
        assert (formula, *rest) in (
            (meaning.formula,), (meaning.formula, meaning.source), (meaning.formula, meaning.source, meaning.rounding),
        ), code  # fmt: skip
    assert set(STEPS) == set(VERIFIER.FORMULAS)


def test_a_changed_line_is_named():
    papers = as_read(papers_of(SOLD, working=True))
    line = papers["charges.json"][0]["working"]["steps"][1]
    line["value"] = str(Fraction(line["value"]) + 1)
    assert any("working, line 2" in found for found in differences(papers))


def test_the_program_needs_nothing_but_python(tmp_path):
    tree = ast.parse(PROGRAM.read_text("utf-8"), feature_version=(3, 9))
    used = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    used |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert used <= set(sys.stdlib_module_names) - {"socket", "urllib", "http", "sqlite3", "subprocess"}
    papers = papers_of(SOLD, working=True)
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(packed(papers))
    papers["charges.json"][0]["minor"] += 1
    bad.write_bytes(packed(papers))
    for path, status, last in (
        (good, 0, "everything agrees"),
        (bad, 1, "1 differences"),
        (tmp_path / "no.zip", 2, ""),
    ):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(PROGRAM), str(path)], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == status, done.stdout
        assert done.stdout.strip().splitlines()[-1].startswith(last)
    assert (
        "DIFFERS: charge "
        in subprocess.run(
            [sys.executable, "-I", "-S", str(PROGRAM), str(bad)], capture_output=True, text=True, timeout=120
        ).stdout
    )
