"""The worked figures of the specification, through the services, on contracts that were agreed and signed."""

from datetime import date

import pytest

from contracts.lifecycle.services import decide, record_fact
from contracts.lifecycle.services.facts import confirm_fact
from contracts.lifecycle.states import BreachState, State
from contracts.usage.states import ReportState
from marketplace.clock import at
from tests.contracts.lifecycle.world import fresh
from tests.contracts.rating.samples import (
    after,
    all_of,
    any_of,
    cap,
    event,
    fixed,
    lump,
    minimum,
    reach,
    royalty,
    sheet,
)
from tests.contracts.usage.world import accepted, amended, charged, pass_day, report_for, running, sales

pytestmark = pytest.mark.django_db
Q1, Q2, Q3, Q4 = date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31)
JANUARY = date(2026, 1, 1)
TRIAL = {
    "months": 12, "starts": "effect", "extensions": 1, "extension_months": 6, "decision_days": 60,
    "on_silence": "decline",
}  # fmt: skip
ON_CHARGE = {"kind": "after_charge", "days": 30}


def happened(world, contract, name, on):
    with at(on):
        fact = record_fact(contract, actor=world.officer, name=name, on=on)
        if fact.state == "RECORDED":
            confirm_fact(fact, actor=world.signatory)
    pass_day(on)


@pytest.mark.parametrize(
    ("commitment", "choice", "expected"),
    [
        ("option", "CONVERT", [("2027-01-15", "100000.00")]),
        ("option", "DECLINE", []),
        ("deferred_obligation", "DECLINE", [("2027-01-15", "100000.00")]),
    ],
)
def test_d1_deferred_sum_is_due_after_the_free_year(world, commitment, choice, expected):
    trigger = after(0, "trial_end") if commitment == "option" else after(12)
    elements = [lump("100000", commitment=commitment, trigger=trigger, due=ON_CHARGE)]
    if commitment != "option":  # something to decline beside what is owed in any case
        elements.append(lump("1", "extra", commitment="option", trigger=after(0, "trial_end")))
    contract = running(world, sheet(*elements, trial=TRIAL), on=date(2026, 1, 15))
    with at(date(2027, 1, 10)):
        decide(contract, actor=world.signatory, choice=choice, proof="password")
    pass_day(date(2027, 1, 14))
    assert charged(contract) == []
    pass_day(date(2027, 1, 15))
    assert charged(contract) == expected
    for charge in contract.charges.all():
        assert charge.due == {"kind": "after_charge", "days": 30}


@pytest.mark.parametrize(("join", "expected"), [(any_of, "2026-09-20"), (all_of, "2027-03-01")])
def test_d2_a_year_or_the_first_income_that_a_report_states(world, join, expected):
    agreed = sheet(lump("80000", trigger=join(after(12), event("first_income"))))
    contract = running(world, agreed, on=date(2026, 3, 1))
    accepted(world, contract, Q1)
    accepted(world, contract, Q2)
    assert charged(contract) == []
    accepted(world, contract, Q3, first_income_on=date(2026, 9, 20))
    fact = contract.facts.get(name="first_income")
    assert (fact.on, fact.state) == (date(2026, 9, 20), "CONFIRMED")
    pass_day(date(2027, 3, 1))
    assert charged(contract) == [(expected, "80000.00")]


@pytest.mark.parametrize(
    ("amount", "shares", "expected"),
    [
        ("300000", ["0.3", "0.3", "0.4"], ["90000.00", "90000.00", "120000.00"]),
        ("100000", [None] * 3, ["33333.33", "33333.33", "33333.34"]),
    ],
)
def test_d3_instalments(world, amount, shares, expected):
    parts = [
        {"trigger": after(6 * number)} | ({"share": share} if share else {})
        for number, share in enumerate(shares)
    ]
    agreed = sheet(lump(amount, kind="instalments", parts=parts))
    contract = running(world, agreed, on=JANUARY)
    for day, count in ((JANUARY, 1), (date(2026, 7, 1), 2), (date(2027, 1, 1), 3), (date(2027, 1, 2), 3)):
        pass_day(day)
        assert [amount for _on, amount in charged(contract)] == expected[:count]


def test_d4_milestones_fire_once(world):
    names = ("milestone:validation", "milestone:launch")
    elements = [
        lump("50000", "validation", kind="milestone", name="validation", trigger=event(names[0])),
        lump("100000", "launch", kind="milestone", name="launch", trigger=event(names[1])),
        lump("150000", "sales", kind="milestone", name="sales", trigger=reach("5000000")),
        lump("1", "export", kind="milestone", name="export", trigger=event("milestone:export")),
    ]
    contract = running(world, sheet(*elements), on=JANUARY)
    happened(world, contract, names[0], date(2026, 2, 10))
    assert charged(contract) == [("2026-02-10", "50000.00")]
    happened(world, contract, names[1], date(2026, 2, 20))
    accepted(world, contract, Q1, sales("4200000"))
    assert [amount for _on, amount in charged(contract)] == ["50000.00", "100000.00"]
    accepted(world, contract, Q2, sales("1400000"))
    accepted(world, contract, Q3, sales("1400000"))
    assert [amount for _on, amount in charged(contract)] == ["50000.00", "100000.00", "150000.00"]


def test_d5_royalty_on_net_sales_and_d33_its_correction(world):
    agreed = sheet(royalty(fixed("0.03")), report={"deductions": ["vat", "returns", "freight"]})
    contract = running(world, agreed, on=JANUARY)
    stated = sales("2712000")
    stated.components.update(vat=31_200_000, returns=6_000_000, freight=4_000_000)
    first = accepted(world, contract, Q1, stated)
    assert charged(contract) == [("2026-03-31", "69000.00")]
    charge = contract.charges.get()
    assert (charge.kind, charge.exact, charge.version_number) == ("CHARGE", "6900000.00", 1)
    assert charge.working["steps"][-1]["value"] == 6_900_000

    amended(world, contract, Q1, sales("2100000"), on=date(2026, 5, 4))
    correction = contract.charges.get(kind="ADJUSTMENT")
    assert (correction.amount_minor, correction.before_minor, correction.now_minor) == (
        -600_000, 6_900_000, 6_300_000,
    )  # fmt: skip
    charge.refresh_from_db()
    first.refresh_from_db()
    assert (charge.amount_minor, first.state) == (6_900_000, ReportState.SUPERSEDED)
    pass_day(date(2026, 5, 5))
    assert contract.charges.count() == 2


@pytest.mark.parametrize(
    ("credit", "expected"),
    [(["royalty"], ["50000.00", "0.00", "26000.00"]), ([], ["50000.00", "40000.00", "36000.00"])],
)
def test_d10_entry_fee_is_credited_where_agreed(world, credit, expected):
    entry = lump("50000", "entry", kind="entry_fee", commitment="option", credit_against=credit)
    agreed = sheet(entry, royalty(fixed("0.04")), trial=TRIAL)
    contract = running(world, agreed, on=JANUARY)
    with at(date(2026, 1, 20)):
        decide(contract, actor=world.signatory, choice="CONVERT", proof="password")
    pass_day(date(2026, 1, 20))
    accepted(world, contract, Q1, sales("1000000"))
    accepted(world, contract, Q2, sales("900000"))
    assert [amount for _on, amount in charged(contract, zero=True)] == expected


def test_d11_shortfall_of_the_minimum_is_due_on_31_january(world):
    agreed = sheet(
        royalty(fixed("0.01")),
        minimum("60000", due={"kind": "fixed_day", "month": 1, "day": 31}),
        every="year",
    )
    contract = running(world, agreed, on=JANUARY)
    pass_day(Q4)
    assert charged(contract) == []
    accepted(world, contract, Q4, sales("4150000"))
    assert charged(contract) == [("2026-12-31", "41500.00"), ("2026-12-31", "18500.00")]


def test_d14_caps_end_in_paid_up(world):
    agreed = sheet(
        royalty(fixed("0.1")),
        caps=[cap("200000", span="year"), cap("500000", span="life")],
        every="year",
    )
    contract = running(world, agreed, on=JANUARY)
    for year in (2026, 2027):
        accepted(world, contract, date(year, 12, 31), sales("2300000"))
    assert charged(contract) == [("2026-12-31", "200000.00"), ("2027-12-31", "200000.00")]
    assert fresh(contract).state == State.ACTIVE
    accepted(world, contract, date(2028, 12, 31), sales("2300000"))
    assert charged(contract)[-1] == ("2028-12-31", "100000.00")
    contract = fresh(contract)
    assert (contract.state, contract.paid_up_on) == (State.PAID_UP, date(2028, 12, 31))

    amended(world, contract, date(2028, 12, 31), sales("500000"), on=date(2029, 2, 1))
    assert charged(contract)[-1] == ("2029-02-01", "-50000.00")
    assert fresh(contract).state == State.ACTIVE


def test_d22_a_free_licence_costs_nothing_and_is_still_reported(world):
    contract = running(world, sheet(), on=JANUARY)
    accepted(world, contract, Q1)
    pass_day(Q4)
    assert charged(contract, zero=True) == []
    assert [report.state for report in contract.reports.order_by("period_end")] == [
        ReportState.ACCEPTED, ReportState.OPEN, ReportState.OPEN, ReportState.SCHEDULED,
    ]  # fmt: skip


def test_d26_a_nil_report_costs_nothing_and_a_missing_one_is_a_breach(world):
    contract = running(world, sheet(royalty(fixed("0.03"))), on=JANUARY)
    accepted(world, contract, Q1)
    assert charged(contract, zero=True) == [("2026-03-31", "0.00")]
    due_on = date(2026, 7, 30)
    reminded = {}
    for late in (0, 1, 2, 8, 15, 16, 17):
        day = date.fromordinal(due_on.toordinal() + late)
        pass_day(day)
        reminded[late] = (report_for(contract, Q2).reminded, contract.breaches.count())
    assert reminded == {
        0: (0, 0), 1: (1, 0), 2: (1, 0), 8: (2, 0), 15: (2, 0), 16: (3, 1), 17: (3, 1),
    }  # fmt: skip
    assert charged(contract, zero=True) == [("2026-03-31", "0.00")]
    accepted(world, contract, Q2, sales("1000"), on=date(2026, 8, 20))
    assert contract.breaches.get().state == BreachState.CURED
    assert charged(contract) == [("2026-06-30", "30.00")]
