"""Every example of docs/examples against the figures of the specification, in yuan, and against its result."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from marketplace import terms
from marketplace.simulator.scenario import read_scenario
from marketplace.simulator.simulate import simulate

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
CHARGES = {
    "D01": "100000",
    "D01-option-declined": "",
    "D01-deferred-declined": "100000",
    "D02": "80000",
    "D02-all": "80000",
    "D03": "90000 90000 120000",
    "D03-equal": "33333.33 33333.33 33333.34",
    "D04": "50000 100000 150000",
    "D05": "69000",
    "D06": "35000 0",
    "D07": "80000 0 50000",
    "D07-loss-carry": "80000 0 30000",
    "D08": "20000 40000 60000",
    "D08-falling": "100000 80000 60000",
    "D09": "400000 220000",
    "D10": "50000 0 26000",
    "D10-not-creditable": "50000 40000 36000",
    "D11": "0 41500 0 0 18500",
    "D12": "200000 0 0 250000",
    "D13": "0 0 20000",
    "D14": "200000 200000 100000",
    "D15": "250000",
    "D16": "60000",
    "D17": "28700",
    "D18": "35000",
    "D19": "50000",
    "D19-whole": "250000",
    "D19-below": "0",
    "D20": "4200 0 2100 900",
    "D21": "10000",
    "D22": "",
    "D23": "25000000 0 0",
    "D24": "69000",
    "D24-daily": "69000",
    "D24-monthly": "69000",
    "D25": "69000",
    "D25-small-gap": "69000",
    "D26": "0",
    "D26-missing": "",
    "D27": "100000",
    "D28": "100000",
    "D29": "1000000",
    "D30": "",
    "D31": "",
    "D32": "100000",
    "D32-not-registered": "100000",
    "D33": "63000",
}


def read(name, part):
    return json.loads((EXAMPLES / name / f"{part}.json").read_bytes())


def run(name):
    return simulate(terms.read(read(name, "terms")), read_scenario(read(name, "scenario")))


def fen(text):
    return [int(Decimal(amount) * 100) for amount in text.split()]


@pytest.mark.parametrize("name", sorted(CHARGES))
def test_charges_and_stored_result(name):
    answer = run(name)
    assert [charge["amount"] for charge in answer["charges"]] == fen(CHARGES[name])
    assert answer == read(name, "result")


def test_every_example_has_its_figures():
    assert {folder.name for folder in EXAMPLES.iterdir()} == set(CHARGES)


@pytest.mark.parametrize(
    ("name", "dated", "due"),
    [
        ("D01", "2027-01-15", "2027-02-14"),
        ("D02", "2026-09-20", "2026-10-20"),
        ("D02-all", "2027-03-01", "2027-03-31"),
        ("D04", "2027-03-31", "2027-04-30"),
        ("D11", "2026-12-31", "2027-01-31"),
    ],
)
def test_days_of_the_last_charge(name, dated, due):
    last = run(name)["charges"][-1]
    assert (last["dated_on"], last["due_on"]) == (dated, due)


@pytest.mark.parametrize(
    ("name", "section", "fields", "expected"),
    [
        ("D24", "interest", ["amount"], "1380"),
        ("D24-daily", "interest", ["amount"], "690"),
        ("D24-monthly", "interest", ["amount"], "690 690"),
        ("D25", "audit", ["gap", "cost_borne", "total"], "11000 15000 26000"),
        ("D25-small-gap", "audit", ["cost_borne", "total"], "0 3631.58"),
        ("D27", "commission", ["amount", "shares"], "3000 1800 1200"),
        (
            "D28",
            "distribution",
            ["net", "team", "inventors", "staff", "unit", "floor"],
            "92000 64400 32200 19320 12880 5520 22080 46000",
        ),
        ("D29", "distribution", ["shares"], "333400 246600 210000 210000"),
        ("D30", "voucher", ["amount"], "80000"),
        ("D31", "voucher", ["amount"], "37000 0"),
        ("D32", "vat", ["net", "tax"], "100000 0"),
        ("D32-not-registered", "vat", ["net", "tax"], "94339.62 5660.38"),
    ],
)
def test_sections(name, section, fields, expected):
    found = run(name)[section]
    values = [line[field] for line in (found if isinstance(found, list) else [found]) for field in fields]
    flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
    assert flat == fen(expected)


def test_correction_warnings_missing_report_carry_and_paid_up():
    assert [one["amount"] for one in run("D33")["corrections"]["adjustments"]] == [-600000]
    assert len([one for one in run("D23")["warnings"] if one["source"]]) == 3
    assert [one["reason"] for one in run("D26-missing")["waiting"]] == ["report_missing"]
    assert run("D14")["paid_up_on"] == "2028-12-31"
    assert "¥50,000.00" in " ".join(run("D15")["charges"][0]["working"]["en"])
