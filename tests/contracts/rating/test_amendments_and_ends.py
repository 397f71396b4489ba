"""Terms that change while a contract runs, and contracts that end early or late: what is due then."""

import pytest

from contracts import rating

from .samples import (
    Q,
    after,
    amended,
    amounts,
    cap,
    day,
    event,
    facts,
    fen,
    fixed,
    lump,
    minimum,
    rate,
    reach,
    rows,
    royalty,
    sales,
    sheet,
    tiers,
    yuan,
)

TIERS = tiers(("1000000", "0.05"), (None, "0.02"))


def test_amendment_in_mid_period_is_one_charge_rounded_once():
    agreed = amended("2026-05-16", sheet(royalty(fixed("0.03"))), sheet(royalty(fixed("0.05"))))
    used = [
        sales((day("2026-04-01"), day("2026-05-15")), "0.15"),  # 0.45 fen
        sales((day("2026-05-16"), day("2026-06-30")), "0.11"),  # 0.55 fen
    ]
    result = rate(agreed, used, until="2026-06-30")
    assert amounts(result) == ["0.00", "0.01"]
    assert result.charges[1].exact == 1


def test_a_row_across_an_amendment_must_be_split():
    agreed = amended("2026-05-16", sheet(royalty(fixed("0.03"))), sheet(royalty(fixed("0.05"))))
    result = rate(agreed, rows("0", "1000"), until="2026-06-30")
    assert [(w.reason, w.detail) for w in result.waiting] == [("split_needed", "2026-05-16")]


def test_tiers_and_losses_run_on_across_versions():
    lower = tiers(("1000000", "0.04"), (None, "0.01"))
    agreed = amended("2026-07-01", sheet(royalty(TIERS)), sheet(royalty(lower)))
    # 800,000 × 5 %; 0; then from 800,000 on: 200,000 × 4 % + 100,000 × 1 %
    assert amounts(rate(agreed, rows("800000", "0", "300000"), until="2026-09-30")) == [
        "40000.00",
        "0.00",
        "9000.00",
    ]
    agreed = amended(
        "2026-07-01",
        sheet(royalty(fixed("0.1"), "profit", loss_carry=True)),
        sheet(royalty(fixed("0.2"), "profit", loss_carry=True)),
    )
    profits = rows("-300000", "100000", "500000", meter="profit")
    # loss 300,000; 100,000 used up; 500,000 − 200,000 = 300,000 × 20 %
    assert amounts(rate(agreed, profits, until="2026-09-30")) == ["0.00", "0.00", "60000.00"]


def test_amendment_moves_a_date_that_has_not_come():
    agreed = amended("2026-05-01", sheet(lump("10", trigger=after(6))), sheet(lump("12", trigger=after(9))))
    assert [(c.dated_on, c.amount) for c in rate(agreed).charges] == [(day("2026-10-01"), yuan("12"))]
    agreed = amended("2026-08-01", sheet(lump("10", trigger=after(6))), sheet(lump("12", trigger=after(9))))
    assert [(c.dated_on, c.amount) for c in rate(agreed).charges] == [(day("2026-07-01"), yuan("10"))]
    agreed = amended("2026-05-01", sheet(lump("10", trigger=after(9))), sheet(lump("12", trigger=after(2))))
    assert [(c.dated_on, c.amount) for c in rate(agreed).charges] == [(day("2026-05-01"), yuan("12"))]


def test_an_element_that_an_amendment_brings_or_drops():
    agreed = amended(
        "2026-07-01", sheet(royalty(fixed("0.05"))), sheet(royalty(fixed("0.01"), element_id="new"))
    )
    result = rate(agreed, rows("1000", "1000", "1000"), until="2026-09-30")
    assert [(c.element_id, str(c.amount.decimal)) for c in result.charges] == [
        ("royalty", "50.00"),
        ("royalty", "50.00"),
        ("new", "10.00"),
    ]


def test_paid_up_in_mid_period_and_lifted_again_by_a_correction():
    agreed = sheet(royalty(fixed("0.1")), minimum("1000"), caps=[cap("50000", "royalty", "minimum")])
    reached = rate(agreed, rows("300000", "300000"), until="2026-12-31")
    assert (amounts(reached), reached.paid_up_on) == (["30000.00", "20000.00"], day("2026-06-30"))
    lower = rate(agreed, rows("300000", "100000"), until="2026-12-31")
    assert (amounts(lower), lower.paid_up_on) == (["30000.00", "10000.00", "0.00", "0.00", "0.00"], None)
    corrections = rating.correct([rating.Issued(c.key, c.amount) for c in reached.charges], lower)
    assert [a.amount for a in corrections.adjustments] == [yuan("-10000")]


def test_a_cap_that_an_amendment_brings_or_raises_counts_what_came_before():
    free = sheet(royalty(fixed("0.1")))
    capped = sheet(royalty(fixed("0.1")), caps=[cap("50000")])
    brought = rate(
        amended("2026-04-01", free, capped), rows("300000", "300000", "100000"), until="2026-09-30"
    )
    assert (amounts(brought), brought.paid_up_on) == (["30000.00", "20000.00"], day("2026-06-30"))
    raised = amended("2026-07-01", capped, sheet(royalty(fixed("0.1")), caps=[cap("55000")]))
    assert amounts(rate(raised, rows("300000", "300000", "100000"), until="2026-09-30")) == [
        "30000.00",
        "20000.00",
        "5000.00",
    ]


def test_an_amendment_keeps_what_an_id_stands_for():
    with pytest.raises(ValueError, match="another kind"):
        rate(
            amended(
                "2026-07-01", sheet(lump("1", element_id="x")), sheet(royalty(fixed("0.1"), element_id="x"))
            )
        )


@pytest.mark.parametrize(
    ("pro_rate", "expected"),
    [("none", ["12000.00"]), ("month_counts", ["5000.00"]), ("full_months", ["4000.00"])],
)
def test_first_broken_year_of_a_minimum(pro_rate, expected):
    agreed = sheet(royalty(fixed("0.01"), trigger=after(0)), minimum("12000", pro_rate=pro_rate))
    result = rate(agreed, until="2026-12-31", effective_on=day("2026-08-20"))
    assert amounts(result, "minimum") == expected  # August to December, or September to December


def test_termination_breaks_the_period_and_the_window():
    agreed = sheet(royalty(fixed("0.1")), minimum("12000", pro_rate="month_counts"))
    used = [sales(Q[0], "10000"), sales((day("2026-04-01"), day("2026-05-20")), "20000")]
    result = rate(agreed, used, until="2026-12-31", terminated_on=day("2026-05-20"))
    assert [(c.element_id, str(c.dated_on), str(c.amount.decimal)) for c in result.charges] == [
        ("royalty", "2026-03-31", "1000.00"),
        ("royalty", "2026-05-20", "2000.00"),
        ("minimum", "2026-05-20", "2000.00"),  # 5/12 of 12,000 = 5,000, less 3,000
    ]
    assert [(p.end, p.final) for p in rating.periods(agreed, facts(terminated_on=day("2026-05-20")), day("2026-12-31"))] == [
        (day("2026-03-31"), False),
        (day("2026-05-20"), True),
    ]  # fmt: skip


def test_a_report_that_reaches_beyond_an_end_known_later_must_be_split():
    agreed = sheet(royalty(fixed("0.1")), lump("5", trigger=reach("900")))
    known = {"until": "2026-12-31", "terminated_on": day("2026-05-20")}
    result = rate(agreed, rows("0", "1000"), **known)
    assert amounts(result) == ["0.00"]
    assert [(w.reason, w.detail) for w in result.waiting] == [("split_needed", "2026-05-21")]
    split = [
        sales((day("2026-04-01"), day("2026-05-20")), "950"),
        sales((day("2026-05-21"), day("2026-06-30")), "50"),
    ]
    assert amounts(rate(agreed, split, **known)) == ["0.00", "95.00", "5.00"]


def test_stock_sold_off_after_the_end_is_charged_and_nothing_else():
    fee = {"kind": "yearly_fee", "id": "fee", "commitment": "contingent", "trigger": after(0),
           "amounts": [fen("365")]}  # fmt: skip
    agreed = sheet(royalty(fixed("0.1")), fee, minimum("100"), exit={"sell_off_months": 3})
    used = [
        sales((day("2026-05-21"), day("2026-06-30")), "500"),
        sales((day("2026-07-01"), day("2026-08-20")), "700"),
    ]
    known = {"terminated_on": day("2026-05-20"), "sell_off_until": day("2026-08-20")}
    result = rate(agreed, used, until="2026-12-31", **known)
    assert [(c.element_id, str(c.dated_on), str(c.amount.decimal)) for c in result.charges if c.minor] == [
        ("fee", "2026-05-20", "139.00"),
        ("minimum", "2026-05-20", "100.00"),
        ("royalty", "2026-06-30", "50.00"),
        ("royalty", "2026-08-20", "70.00"),
    ]
    listed = rating.periods(agreed, facts(**known), day("2026-12-31"))
    assert [(str(p.end), p.final) for p in listed] == [
        ("2026-03-31", False),
        ("2026-05-20", False),
        ("2026-06-30", False),
        ("2026-08-20", True),
    ]


def test_a_baseline_is_pro_rated_in_a_broken_last_year_if_agreed():
    baseline = {"quantity": fen("1200"), "pro_rate": "month_counts"}
    agreed = sheet(royalty(fixed("0.1"), "output_value", baseline=baseline))
    made = [sales((day("2026-04-01"), day("2026-05-20")), "1500", "output_value")]
    # 5/12 of 1,200 = 500; (1,500 − 500) × 10 %
    assert amounts(rate(agreed, made, until="2026-12-31", terminated_on=day("2026-05-20"))) == [
        "0.00",
        "100.00",
    ]


def test_what_fell_due_before_termination_stays_and_nothing_else_comes():
    agreed = sheet(
        lump("1", element_id="before", trigger=after(2)),
        lump("2", element_id="after", trigger=after(8)),
        lump("3", element_id="late_event", trigger=event("first_income")),
        lump("4", element_id="owed", commitment="deferred_obligation", trigger=after(8)),
    )
    result = rate(
        agreed, terminated_on=day("2026-06-01"), events=(rating.Happened("first_income", day("2026-07-01")),)
    )
    assert [charge.element_id for charge in result.charges] == ["before", "owed"]


def test_an_extension_moves_the_end_of_the_trial_and_nothing_else():
    agreed = sheet(
        lump("1", element_id="from_effect", trigger=after(12)),
        lump("2", element_id="from_end", trigger=after(0, "trial_end")),
        trial={"months": 12},
    )
    result = rate(agreed, effective_on=day("2026-01-31"), extension_months=1)
    assert {c.element_id: str(c.dated_on) for c in result.charges} == {
        "from_effect": "2027-01-31",
        "from_end": "2027-02-28",  # 13 months from 31 January, clamped, not 12 + 1 step by step
    }


def test_the_statutory_count_begins_a_day_later():
    agreed = sheet(lump("1", trigger=after(12)), trigger_day="last_free")
    assert [str(c.dated_on) for c in rate(agreed, effective_on=day("2026-01-15")).charges] == ["2027-01-16"]


def test_licence_years_begin_on_the_effective_date():
    agreed = sheet(
        royalty({"kind": "yearly", "rates": ["0.01", "0.02"]}),
        minimum("500", year="licence"),
        every="quarter",
        report={"year": "licence"},
    )
    first = (day("2026-03-10"), day("2026-06-09"))
    fifth = (day("2027-03-10"), day("2027-06-09"))
    result = rate(
        agreed, [sales(first, "10000"), sales(fifth, "10000")], until="2027-06-09", effective_on=first[0]
    )
    assert [c.amount for c in result.of("royalty") if c.amount] == [yuan("100"), yuan("200")]
    assert [(str(c.dated_on), c.amount) for c in result.of("minimum")] == [("2027-03-09", yuan("400"))]
