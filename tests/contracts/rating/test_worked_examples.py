"""The worked examples of the specification: every shape, every variant, to the fen.

Each row calls a small scenario and names what must come out. Amounts are yuan.
"""

from datetime import date
from decimal import Decimal

import pytest

from contracts import rating
from contracts.rating.audit import true_up
from contracts.rating.interest import Debt, Paid, interest
from contracts.rating.royalty import months_in
from marketplace.terms import Audit, DailyInterest, MonthlyInterest, ProRate, Year

from .samples import (
    after,
    all_of,
    amounts,
    any_of,
    cap,
    day,
    event,
    facts,
    fen,
    fixed,
    lump,
    minimum,
    quarter,
    rate,
    reach,
    royalty,
    sales,
    sheet,
    tiers,
    year,
    yuan,
)

TRIAL = {"trial": {"months": 12}}
Q = [quarter(2026, number) for number in (1, 2, 3, 4)]


def deferred(commitment, until="2028-01-01", **known):
    agreed = sheet(
        lump("100000", commitment=commitment, trigger=after(12), due={"kind": "after_charge", "days": 30}),
        **TRIAL,
    )
    return rate(agreed, until=until, effective_on=day("2026-01-15"), **known)


@pytest.mark.parametrize(
    ("commitment", "until", "known", "expected"),
    [
        ("contingent", "2027-01-14", {}, []),
        ("contingent", "2027-01-15", {}, [("2027-01-15", "2027-02-14")]),
        ("deferred_obligation", "2028-01-01", {}, [("2027-01-15", "2027-02-14")]),
        ("option", "2028-01-01", {"converted_on": day("2026-12-01")}, [("2027-01-15", "2027-02-14")]),
        ("option", "2028-01-01", {"declined_on": day("2027-01-10")}, []),
        ("option", "2028-01-01", {}, []),
        (
            "deferred_obligation",
            "2028-01-01",
            {"declined_on": day("2027-01-10")},
            [("2027-01-15", "2027-02-14")],
        ),
        (
            "deferred_obligation",
            "2028-01-01",
            {"declined_on": day("2026-11-01"), "terminated_on": day("2026-12-01")},
            [("2027-01-15", "2027-02-14")],
        ),
        ("contingent", "2028-01-01", {"terminated_on": day("2026-12-01")}, []),
    ],
)
def test_d1_deferred_lump_sum(commitment, until, known, expected):
    result = deferred(commitment, until, **known)
    assert amounts(result) == ["100000.00"] * len(expected)
    assert [(str(c.dated_on), str(c.due_on())) for c in result.charges] == expected


def test_d1_option_is_dated_at_the_conversion_or_at_the_end_of_the_trial():
    known = {"effective_on": day("2026-01-15"), "converted_on": day("2026-10-05")}
    at_once = rate(sheet(lump("1", commitment="option"), **TRIAL), **known)
    at_end = rate(sheet(lump("1", commitment="option", trigger=after(0, "trial_end")), **TRIAL), **known)
    assert [c.dated_on for c in at_once.charges] == [day("2026-10-05")]
    assert [c.dated_on for c in at_end.charges] == [day("2027-01-15")]


@pytest.mark.parametrize(("join", "expected"), [(any_of, "2026-09-20"), (all_of, "2027-03-01")])
def test_d2_a_year_or_first_income(join, expected):
    agreed = sheet(lump("80000", trigger=join(after(12), event("first_income"))))
    result = rate(
        agreed,
        effective_on=day("2026-03-01"),
        events=(rating.Happened("first_income", day("2026-09-20")),),
    )
    assert [(str(c.dated_on), str(c.amount)) for c in result.charges] == [(expected, "¥80,000.00")]
    assert str(result.triggers["fee"].on) == expected


@pytest.mark.parametrize(
    ("amount", "shares", "expected"),
    [
        ("300000", ["0.3", "0.3", "0.4"], ["90000.00", "90000.00", "120000.00"]),
        ("100000", [None, None, None], ["33333.33", "33333.33", "33333.34"]),
    ],
)
def test_d3_instalments(amount, shares, expected):
    parts = [
        {"trigger": after(6 * place)} | ({"share": share} if share else {})
        for place, share in enumerate(shares)
    ]
    fee = {
        "kind": "instalments",
        "id": "fee",
        "commitment": "contingent",
        "amount": fen(amount),
        "parts": parts,
    }
    assert amounts(rate(sheet(fee))) == expected


def test_d4_milestones_fire_once():
    def node(element_id, amount, trigger):
        return {"kind": "milestone", "id": element_id, "commitment": "contingent", "amount": fen(amount),
                "name": element_id, "trigger": trigger}  # fmt: skip

    agreed = sheet(
        node("validation", "50000", event("milestone:validation")),
        node("launch", "100000", event("milestone:launch")),
        node("sales", "150000", reach("5000000")),
    )
    happened = (
        rating.Happened("milestone:launch", day("2026-08-01")),
        rating.Happened("milestone:validation", day("2026-03-01")),
        rating.Happened("milestone:validation", day("2026-05-01")),
    )
    sold = [
        sales(quarter(2026, 4), "4200000"),
        sales(quarter(2027, 1), "1400000"),
        sales(quarter(2027, 2), "1400000"),
    ]
    result = rate(agreed, sold, events=happened)
    assert [(c.element_id, str(c.dated_on), str(c.amount)) for c in result.charges] == [
        ("validation", "2026-03-01", "¥50,000.00"),
        ("launch", "2026-08-01", "¥100,000.00"),
        ("sales", "2027-03-31", "¥150,000.00"),
    ]


def test_d5_net_sales_from_what_was_invoiced():
    row = rating.UsageRow(
        "sales",
        *Q[0],
        components={
            "invoiced_incl_vat": fen("2712000"),
            "vat": fen("312000"),
            "returns": fen("60000"),
            "freight": fen("40000"),
        },
    )
    result = rate(sheet(royalty(fixed("0.03"))), [row], until="2026-03-31")
    assert amounts(result) == ["69000.00"]
    assert result.charges[0].working.steps[0].value == fen("2300000")
    assert amounts(rate(sheet(royalty(fixed("0.03"), "gross_sales")), [row], until="2026-03-31")) == [
        "72000.00"
    ]


def test_d6_incremental_output_value():
    agreed = sheet(
        royalty(fixed("0.01"), "output_value", baseline={"quantity": fen("10000000")}), every="year"
    )
    made = [sales(year(2026), "13500000", "output_value"), sales(year(2027), "9000000", "output_value")]
    assert amounts(rate(agreed, made, until="2027-12-31")) == ["35000.00", "0.00"]


@pytest.mark.parametrize(
    ("carry", "expected"),
    [(False, ["80000.00", "0.00", "50000.00"]), (True, ["80000.00", "0.00", "30000.00"])],
)
def test_d7_profit(carry, expected):
    agreed = sheet(royalty(fixed("0.1"), "profit", loss_carry=carry))
    made = [
        sales(period, amount, "profit")
        for period, amount in zip(Q, ["800000", "-200000", "500000"], strict=False)
    ]
    assert amounts(rate(agreed, made, until="2026-09-30")) == expected


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        (["0.01", "0.02", "0.03"], ["20000.00", "40000.00", "60000.00"]),
        (["0.05", "0.04", "0.03"], ["100000.00", "80000.00", "60000.00"]),
    ],
)
def test_d8_rates_by_year(rates, expected):
    agreed = sheet(royalty({"kind": "yearly", "rates": rates}), every="year")
    sold = [sales(year(number), "2000000") for number in (2026, 2027, 2028)]
    assert amounts(rate(agreed, sold, until="2028-12-31")) == expected


def test_d9_cumulative_tiers():
    agreed = sheet(royalty(tiers(("10000000", "0.05"), ("30000000", "0.03"), (None, "0.01"))))
    result = rate(agreed, [sales(Q[0], "8000000"), sales(Q[1], "6000000")], until="2026-06-30")
    assert amounts(result) == ["400000.00", "220000.00"]
    assert [step.value for step in result.charges[1].working.steps if step.code == "tier"] == [
        fen("100000"),
        fen("120000"),
    ]


@pytest.mark.parametrize(
    ("against", "expected"), [(["royalty"], ["0.00", "26000.00"]), ([], ["40000.00", "36000.00"])]
)
def test_d10_entry_fee_and_royalty(against, expected):
    entry = {"kind": "entry_fee", "id": "entry", "commitment": "option", "amount": fen("50000"),
             "credit_against": against}  # fmt: skip
    agreed = sheet(entry, royalty(fixed("0.04")), **TRIAL)
    result = rate(
        agreed,
        [sales(Q[0], "1000000"), sales(Q[1], "900000")],
        until="2026-06-30",
        converted_on=day("2026-01-01"),
    )
    assert amounts(result, "entry") == ["50000.00"]
    assert amounts(result, "royalty") == expected
    left = [
        step.inputs[2] for charge in result.charges for step in charge.working.steps if step.code == "credit"
    ]
    assert left == ([fen("10000"), 0] if against else [])


def test_d11_minimum_credited():
    agreed = sheet(royalty(fixed("0.05")), minimum("60000", due={"kind": "fixed_day", "month": 1, "day": 31}))
    result = rate(agreed, [sales(Q[1], "830000")], until="2026-12-31")
    assert result.of("royalty")[1].amount == yuan("41500")
    (shortfall,) = result.of("minimum")
    assert (shortfall.amount, shortfall.due_on()) == (yuan("18500"), day("2027-01-31"))


def test_d12_excess_carried_forward():
    agreed = sheet(
        royalty(fixed("0.1")), minimum("150000", "300000", carry_excess=True), every="year", currency="USD"
    )
    sold = [sales(year(2007), "2000000"), sales(year(2008), "0")]
    result = rate(agreed, sold, until="2008-12-31", effective_on=date(2007, 1, 1))
    assert amounts(result, "minimum") == ["0.00", "250000.00"]


def test_d12_only_the_year_just_before_counts():
    agreed = sheet(royalty(fixed("0.1")), minimum("100", carry_excess=True), every="year")
    result = rate(agreed, [sales(year(2026), "2500")], until="2028-12-31")
    # 2026: 250 earned, excess 150; 2027: nominal 100 lowered to 0, nothing earned; 2028: no excess left
    assert amounts(result, "minimum") == ["0.00", "0.00", "100.00"]


def test_d13_minimum_pro_rated_from_the_month_of_the_first_sale():
    agreed = sheet(
        royalty(fixed("0.05"), trigger=event("first_sale")),
        minimum("60000", pro_rate="month_counts", trigger=event("first_sale")),
    )
    happened = (rating.Happened("first_sale", day("2026-09-10")),)
    result = rate(agreed, until="2026-12-31", events=happened)
    assert amounts(result, "minimum") == ["20000.00"]
    assert (
        months_in(ProRate.FULL_MONTHS, Year.CALENDAR, day("2026-01-01"), day("2026-09-10"), day("2026-12-31"))
        == 3
    )


def test_d14_yearly_and_lifetime_cap():
    agreed = sheet(
        royalty(fixed("0.1")),
        every="year",
        caps=[cap("200000", span="year"), cap("500000", span="life")],
    )
    sold = [sales(year(2026), "5000000"), sales(year(2027), "2000000"), sales(year(2028), "2300000"),
            sales(year(2029), "9000000")]  # fmt: skip
    result = rate(agreed, sold, until="2029-12-31")
    assert amounts(result) == ["200000.00", "200000.00", "100000.00"]
    assert result.paid_up_on == day("2028-12-31")


def test_d15_stacking_down_to_the_floor():
    agreed = sheet(royalty(fixed("0.04"), stacking={"offset": "0.5", "floor": "0.025"}), every="year")
    rows = [
        sales(year(2026), "10000000"),
        sales(year(2026), "400000", "third_party_royalties"),
        sales(year(2027), "10000000"),
    ]
    result = rate(agreed, rows, until="2027-12-31")
    assert amounts(result) == ["250000.00", "350000.00"]  # 50,000 of offset was carried
    (stacking,) = [step for step in result.charges[0].working.steps if step.code == "stacking"]
    assert stacking.inputs[3] == fen("50000")


def test_d16_combination_product():
    agreed = sheet(royalty(fixed("0.03"), combinations=[{"own": fen("800"), "other": fen("1200")}]))
    assert amounts(rate(agreed, [sales(Q[0], "5000000")], until="2026-03-31")) == ["60000.00"]


def test_d17_per_unit_with_a_free_allowance():
    agreed = sheet(royalty(fixed("2.50"), "units", meter="pieces", free={"quantity": 1000, "span": "life"}))
    row = rating.UsageRow("pieces", *Q[0], Decimal(12480))
    assert amounts(rate(agreed, [row], until="2026-03-31")) == ["28700.00"]


def test_d18_sublicence_income():
    agreed = sheet(royalty(fixed("0.1"), "sublicence_income"))
    assert amounts(rate(agreed, [sales(Q[0], "350000", "sublicence_income")], until="2026-03-31")) == [
        "35000.00"
    ]


@pytest.mark.parametrize(
    ("mode", "sold", "expected"),
    [("excess", "25000000", "50000.00"), ("whole", "25000000", "250000.00"),
     ("excess", "19000000", "0.00"), ("whole", "19000000", "0.00"), ("whole", "20000000", "0.00")],
)  # fmt: skip
@pytest.mark.parametrize("every", ["year", "quarter"])
def test_d19_threshold_royalty(mode, sold, expected, every):
    agreed = sheet(royalty(tiers(("20000000", "0"), (None, "0.01"), mode=mode, span="year")), every=every)
    result = rate(agreed, [sales(quarter(2026, 4), sold)], until="2026-12-31")
    assert amounts(result)[-1] == expected


def test_d20_free_years_then_a_minimum():
    agreed = sheet(
        royalty(fixed("0.042"), trigger=event("first_sale")),
        minimum("3000", trigger=after(36), year="licence"),
        every="year",
    )
    happened = (rating.Happened("first_sale", day("2027-01-01")),)
    sold = [sales(year(2027), "100000"), sales(year(2029), "50000")]
    result = rate(agreed, sold, until="2029-12-31", events=happened)
    by_year = {}
    for charge in result.charges:
        by_year[charge.dated_on.year] = by_year.get(charge.dated_on.year, 0) + charge.amount.minor
    assert by_year == {2027: fen("4200"), 2028: 0, 2029: fen("3000")}
    assert amounts(result, "minimum") == ["900.00"]


def test_d21_yearly_fee_ends_early():
    fee = {"kind": "yearly_fee", "id": "fee", "commitment": "contingent", "amounts": [fen("36500")],
           "trigger": after(0)}  # fmt: skip
    assert amounts(rate(sheet(fee), terminated_on=day("2026-04-11"))) == [
        "10000.00"
    ]  # 100 days after 1 January
    assert amounts(rate(sheet(fee), until="2027-12-31")) == ["36500.00", "36500.00"]


def test_d22_free_licence():
    result = rate(sheet(**TRIAL), [sales(Q[0], "1000000")])
    assert (result.charges, result.total, result.paid_up_on) == ((), yuan("0"), None)
    assert len(rating.periods(sheet(**TRIAL), facts(), day("2026-12-31"))) == 4


@pytest.mark.parametrize(
    ("rule", "paid_on", "expected"),
    [
        (MonthlyInterest(rate=Decimal("0.01")), "2026-05-31", "1380"),
        (MonthlyInterest(rate=Decimal("0.01")), "2026-05-30", "690"),
        (MonthlyInterest(rate=Decimal("0.01"), part_months=True), "2026-05-30", "1380"),
        (DailyInterest(rate=Decimal("0.0005")), "2026-04-20", "690"),
    ],
)
def test_d24_overdue_interest(rule, paid_on, expected):
    debt = Debt(yuan("69000"), day("2026-03-31"), paid=[Paid(day(paid_on), yuan("69000"))])
    (item,) = interest(rule, debt, until=day("2026-12-31"))
    assert item.amount == yuan(expected)


def test_d24_a_part_payment_stops_interest_for_its_part():
    paid = [Paid(day("2026-04-30"), yuan("30000")), Paid(day("2026-04-01"), yuan("9000"))]
    debt = Debt(yuan("69000"), day("2026-03-31"), day("2026-04-10"), paid)
    items = interest(DailyInterest(rate=Decimal("0.0005")), debt, until=day("2026-05-10"))
    assert [(item.principal, item.amount, item.paid) for item in items] == [
        (yuan("30000"), yuan("300"), True),
        (yuan("30000"), yuan("450"), False),
    ]


@pytest.mark.parametrize(
    ("found", "cost", "expected"), [("80000", "15000", "26000"), ("72631.58", "15000", "3631.58")]
)
def test_d25_audit(found, cost, expected):
    result = true_up(Audit(), reported=yuan("69000"), found=yuan(found), cost=yuan(cost))
    assert result.total == yuan(expected)


def test_d26_nil_is_zero_and_missing_waits():
    agreed = sheet(royalty(fixed("0.03")))
    nil = rate(agreed, until="2026-03-31")
    missing = rate(agreed, until="2026-06-30", reported_through=None, accepted=(rating.Period(*Q[1]),))
    assert amounts(nil) == ["0.00"]
    assert [(w.reason, w.period_start) for w in missing.waiting] == [("report_missing", Q[0][0])]
    assert [c.period_start for c in missing.charges] == [Q[1][0]]


def test_d33_amended_report():
    agreed = sheet(royalty(fixed("0.03")))
    first = rate(agreed, [sales(Q[0], "2300000")], until="2026-03-31")
    issued = [rating.Issued(charge.key, charge.amount) for charge in first.charges]
    now = rate(agreed, [sales(Q[0], "2100000")], until="2026-03-31")
    corrections = rating.correct(issued, now)
    assert [a.amount for a in corrections.adjustments] == [yuan("-6000")]
    assert (corrections.new, corrections.held) == ((), ())
    again = [*issued, rating.Issued(corrections.adjustments[0].key, corrections.adjustments[0].amount)]
    assert rating.correct(again, now) == rating.Corrections((), (), ())
