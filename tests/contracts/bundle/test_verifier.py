"""The verifier, written apart from the product, comes to the same fen; and finds whatever was changed."""

import ast
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest

from contracts.rating.steps import STEPS

from .memory import PROGRAM, as_read, late_papers, load_verifier, members_of, packed, papers_of
from .mutations import UNCHECKED, Cheat, changed, changes, places

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


def test_interest_that_was_left_out_before_other_interest_is_found():
    found = 0
    for seed in range(60):
        papers = late_papers(seed)
        for one, after in pairwise(late(papers)):
            if one["of_invoice"] == after["of_invoice"]:
                papers["charges.json"].remove(one)
                wrong = checked(papers, VERIFIER.check_interest).wrong
                assert any(one["end"] in line and "not charged" in line for line in wrong), (seed, one, wrong)
                found += 1
                break
    assert found > 20


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


def test_every_place_that_is_changed_is_named():
    """Values changed, names taken away, items dropped and doubled, at every kind of place of random contracts, with all
    hashes of the file made anew."""
    tried = 0
    for seed in range(12):
        papers = papers_of(seed, working=True)
        if papers["charges.json"]:
            cheat = Cheat(VERIFIER, members_of(packed(papers)), Random(seed))
            assert cheat.unseen(UNCHECKED, most=1) == {}, seed
            tried += cheat.tried
    assert tried > 1_500


# every line of a working that a rating makes, but not_negative, which is rare
RATED = set(VERIFIER.FORMULAS) - {
    "not_negative", "interest_months", "interest_days", "interest_parts", "interest_before", "interest_settled", "gap",
    "audit_cost",
}  # fmt: skip


def test_every_kind_of_line_that_is_changed_in_any_of_its_figures_is_named():
    """Of each kind the first three lines that come: the day of the trigger as well as what a cap left of a royalty."""
    seen = Counter()
    for seed in range(300):
        if set(seen) >= RATED:
            return
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
    raise AssertionError(f"no line of {RATED - set(seen)}")


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


def _compressed(members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(members.items()):
            archive.writestr(name, content)
    return out.getvalue()


def _with(members, name: str, content: bytes) -> bytes:
    """The file with one member in place of its own, and every hash made anew."""
    manifest = json.loads(members["manifest.json"])
    manifest["files"][name] = VERIFIER.sha256(content)
    members = {**members, name: content, "manifest.json": VERIFIER.canonical(manifest) + b"\n"}
    members["manifest.sha256"] = VERIFIER.sha256(members["manifest.json"]).encode() + b"\n"
    return VERIFIER.packed(members)


def hostile():
    """(what, file, what must be named)"""
    members = members_of(packed(papers_of(SOLD, working=True)))
    charges = json.loads(members["charges.json"])
    yield "no file", b"", "cannot be read whole"
    yield "a bomb", _compressed({**members, "usage.json": b"0" * 10_000_000}), "usage.json: is compressed"
    yield "a way out", VERIFIER.packed({**members, "../../x": b""}), "is no member of a bundle"
    twice = zipfile.ZipFile(twofold := io.BytesIO(VERIFIER.packed(members)), "a")
    with twice, pytest.warns(UserWarning, match="Duplicate"):
        twice.writestr("usage.json", b"[]\n")
    yield "twice", twofold.getvalue(), "usage.json: stands twice"
    for what, text in (
        ("NaN", b'[{"quantity":NaN}]'),
        ("a binary fraction", b"[0.1]"),
        ("a number without end", b"[" + b"9" * 1_000_000 + b"]"),
        ("a name twice", b'[{"a":1,"a":2}]'),
        ("a deep hole", b"[" * 100_000 + b"]" * 100_000),
        ("no UTF-8", b"[\xff]"),
        ("half a sign", b'["\\ud800"]'),
        ("nothing", b""),
    ):
        yield what, _with(members, "usage.json", text + b"\n"), "usage.json: is no"
    for what, change, named in (
        ("a text for a number", {"minor": "1"}, "minor: must be a whole number"),
        ("true for a number", {"part": True}, "part: must be a whole number"),
        ("an exponent", {"exact": "1e999999999"}, "exact: must be an exact number"),
        ("by nothing", {"exact": "1/0"}, "exact: must be an exact number"),
        ("no day", {"start": "2026-02-30"}, "start: must be a day"),
        ("another calendar", {"start": "2026W011"}, "start: must be a day"),
        ("the end of days", {"end": "9999-12-31"}, "end: must be a day"),
        ("no working", {"working": {"steps": []}}, "working.currency: is missing"),
        ("a rule of its own", {"due": {"kind": "after_invoice", "days": 10**30}}, "due: must be a due rule"),
    ):
        paper = VERIFIER.canonical([{**charges[0], **change}, *charges[1:]]) + b"\n"
        yield what, _with(members, "charges.json", paper), named
    facts = json.loads(members["facts.json"]) | {"extension_months": 10**30}
    yield (
        "months without end",
        _with(members, "facts.json", VERIFIER.canonical(facts) + b"\n"),
        "cannot be rated",
    )
    terms = json.loads(members["terms.json"])
    terms[0]["terms"] = {"currency": "CNY"}
    yield (
        "no terms",
        _with(members, "terms.json", VERIFIER.canonical(terms) + b"\n"),
        "terms.json: version 1: hash",
    )
    charges[0]["element"] = "x\neverything agrees"
    yield (
        "lines of its own",
        _with(members, "charges.json", VERIFIER.canonical(charges) + b"\n"),
        "x\\neverything agrees",
    )


def test_hostile_files_are_named_and_break_nothing(tmp_path, capsys):
    path = tmp_path / "hostile.zip"
    for what, content, named in hostile():
        path.write_bytes(content)
        assert VERIFIER.main([str(path)]) == 1, what
        lines = capsys.readouterr().out.splitlines()
        assert any(named in line for line in lines), (what, lines[:5])
        assert lines.count("everything agrees") == 0, what


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
        (bad, 1, "2 differences"),
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
