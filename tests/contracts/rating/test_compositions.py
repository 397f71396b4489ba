"""What the worked examples do not show: shapes together. Figures are worked out by hand beside each test."""

from decimal import Decimal
from fractions import Fraction

import pytest

from contracts import rating
from marketplace import terms

from .samples import (
    Q,
    after,
    amended,
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
    rows,
    royalty,
    sales,
    sheet,
    tiers,
    yuan,
)

TIERS = tiers(("1000000", "0.05"), (None, "0.02"))


def test_cap_inside_a_tier():
    agreed = sheet(royalty(TIERS), caps=[cap("53000")])
    # 800,000 × 5 % = 40,000; then 200,000 × 5 % + 300,000 × 2 % = 16,000, of which 53,000 − 40,000 = 13,000
    result = rate(agreed, rows("800000", "500000", "900000"), until="2026-09-30")
    assert amounts(result) == ["40000.00", "13000.00"]
    assert result.paid_up_on == day("2026-06-30")


def test_minimum_and_creditable_entry_fee():
    entry = {"kind": "entry_fee", "id": "entry", "commitment": "contingent", "amount": fen("50000"),
             "credit_against": ["royalty"], "trigger": after(0)}  # fmt: skip
    agreed = sheet(entry, royalty(fixed("0.04")), minimum("60000"))
    result = rate(agreed, rows("1000000", "900000"), until="2026-12-31")
    # 40,000 − 40,000; 36,000 − 10,000; credit does not count: 60,000 − 26,000
    assert amounts(result, "royalty") == ["0.00", "26000.00", "0.00", "0.00"]
    assert amounts(result, "minimum") == ["34000.00"]


def test_entry_fee_credit_goes_below_the_stacking_floor():
    entry = {"kind": "entry_fee", "id": "entry", "commitment": "contingent", "amount": fen("240000"),
             "credit_against": ["royalty"], "trigger": after(0)}  # fmt: skip
    agreed = sheet(entry, royalty(fixed("0.04"), stacking={"offset": "0.5", "floor": "0.025"}))
    used = [sales(Q[0], "10000000"), sales(Q[0], "400000", "third_party_royalties")]
    assert amounts(rate(agreed, used, until="2026-03-31"), "royalty") == ["10000.00"]  # 250,000 − 240,000


def test_stacking_offset_of_a_period_without_profit_is_carried():
    agreed = sheet(royalty(fixed("0.1"), "profit", stacking={"offset": "0.5", "floor": "0.01"}))
    used = [*rows("-1000", "10000", meter="profit"), sales(Q[0], "600", "third_party_royalties")]
    assert amounts(rate(agreed, used, until="2026-06-30")) == ["0.00", "700.00"]  # 1,000 − 300 carried


def test_the_stacking_floor_is_taken_from_what_is_charged():
    stacking = {"offset": "1", "floor": "0.05"}
    baseline = {"quantity": fen("6000")}
    agreed = sheet(royalty(fixed("0.1"), stacking=stacking, baseline=baseline))
    used = [sales(Q[0], "10000"), sales(Q[0], "9000", "third_party_royalties")]
    assert amounts(rate(agreed, used, until="2026-03-31")) == ["200.00"]  # 5 % of 4,000, not of 10,000


def test_trigger_in_mid_period_asks_for_a_split_and_takes_the_rest():
    agreed = sheet(royalty(fixed("0.03"), trigger=event("first_income")))
    known = {"events": (rating.Happened("first_income", day("2026-05-11")),), "until": "2026-06-30"}
    waits = rate(agreed, rows("100", "1000000"), **known)
    assert (waits.charges, [(w.reason, w.detail) for w in waits.waiting]) == (
        (),
        [("split_needed", "2026-05-11")],
    )
    assert waits.split_days == (day("2026-05-11"),)
    split = [
        sales((day("2026-04-01"), day("2026-05-10")), "400000"),
        sales((day("2026-05-11"), day("2026-06-30")), "600000"),
    ]
    result = rate(agreed, split, **known)
    assert amounts(result) == ["18000.00"]
    assert result.charges[0].period_start == day("2026-05-11")
    (asked,) = [p for p in rating.periods(agreed, facts(), day("2026-06-30"), waits.split_days) if p.splits]
    assert asked.splits == (day("2026-05-11"),)


@pytest.mark.parametrize(
    ("straddling", "expected"),
    [("next_period", ["0.00"]), ("whole_period", ["30000.00", "0.00"])],
)
def test_trigger_in_mid_period_without_a_split(straddling, expected):
    agreed = sheet(royalty(fixed("0.03"), trigger=event("first_income"), straddling=straddling))
    happened = (rating.Happened("first_income", day("2026-05-11")),)
    assert amounts(rate(agreed, rows("100", "1000000", "0"), until="2026-09-30", events=happened)) == expected


def test_threshold_charges_only_the_part_above():
    agreed = sheet(royalty(fixed("0.03"), trigger=reach("5000000")))
    # 4m; 6m: 1m above; then all of 2m
    result = rate(agreed, rows("4000000", "2000000", "2000000"), until="2026-09-30")
    assert amounts(result) == ["30000.00", "60000.00"]
    assert result.triggers["royalty"].on == day("2026-06-30")


def test_later_returns_do_not_undo_a_threshold_but_a_corrected_report_does():
    agreed = sheet(lump("150000", trigger=reach("5000000")))
    reached = rate(agreed, rows("5000000", "-1000000"), until="2026-12-31")
    assert [c.dated_on for c in reached.charges] == [day("2026-03-31")]
    issued = [rating.Issued(c.key, c.amount) for c in reached.charges]
    corrected = rating.correct(issued, rate(agreed, rows("4000000", "1000000"), until="2026-12-31"))
    assert [a.amount for a in corrected.adjustments] == [yuan("-150000")]
    assert [c.dated_on for c in corrected.new] == [day("2026-06-30")]


@pytest.mark.parametrize(
    ("more", "expected"), [({}, "150000"), ({"free_use_counts": False}, None), ({"per": "year"}, "150000")]
)
def test_free_use_counts_for_thresholds_unless_agreed(more, expected):
    agreed = sheet(lump("150000", trigger=reach("5000000", **more)), trial={"months": 12})
    result = rate(agreed, rows("3000000", "2500000"), until="2026-12-31")
    assert [c.amount for c in result.charges] == ([yuan(expected)] if expected else [])


@pytest.mark.parametrize(("fills", "expected"), [(False, "20000.00"), (True, "11000.00")])
def test_free_use_fills_tiers_only_if_agreed(fills, expected):
    agreed = sheet(royalty(TIERS, trigger=after(3), free_use_fills=fills))
    # 900,000 free, then 400,000: all at 5 %, or 100,000 × 5 % + 300,000 × 2 %
    assert amounts(rate(agreed, rows("900000", "400000"), until="2026-06-30")) == [expected]


def test_yearly_tiers_charge_the_cumulative_amount_minus_what_was_charged():
    agreed = sheet(royalty(tiers(("1000000", "0.05"), (None, "0.02"), span="year")))
    used = [*rows("600000", "600000", "0", "100000"), sales(quarter(2027, 1), "600000")]
    # 30,000; 50,000 + 4,000 − 30,000; 0; 2,000; a new year begins at the first tier
    assert amounts(rate(agreed, used, until="2027-03-31")) == [
        "30000.00",
        "24000.00",
        "0.00",
        "2000.00",
        "30000.00",
    ]


def test_whole_mode_with_a_falling_rate_never_pays_back():
    agreed = sheet(royalty(tiers(("1000000", "0.05"), (None, "0.02"), mode="whole", span="year")))
    # 50,000; 1,100,000 × 2 % = 22,000 < 50,000 → 0; 3,000,000 × 2 % = 60,000 → 10,000
    assert amounts(rate(agreed, rows("1000000", "100000", "1900000"), until="2026-09-30")) == [
        "50000.00",
        "0.00",
        "10000.00",
    ]


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


def test_a_cap_that_names_an_element_twice_counts_it_once():
    agreed = sheet(royalty(fixed("0.1")), caps=[cap("50000", "royalty", "royalty")])
    assert amounts(rate(agreed, rows("300000", "300000"), until="2026-06-30")) == ["30000.00", "20000.00"]


def test_paid_up_needs_every_element():
    agreed = sheet(lump("100"), lump("50", element_id="later", trigger=event("milestone:launch")))
    assert rate(agreed).paid_up_on is None
    launched = (rating.Happened("milestone:launch", day("2027-02-03")),)
    assert rate(agreed, events=launched).paid_up_on == day("2027-02-03")


def test_lifetime_cap_limits_the_minimum_too():
    agreed = sheet(royalty(fixed("0.1")), minimum("40000"), caps=[cap("45000", "royalty", "minimum")])
    result = rate(agreed, [sales(Q[0], "100000"), sales(quarter(2027, 1), "20000")], until="2027-12-31")
    # 2026: 10,000 + 30,000; 2027: 2,000, then 38,000 short but only 3,000 left
    assert amounts(result, "minimum") == ["30000.00", "3000.00"]


def test_minimum_counts_after_the_yearly_cap():
    agreed = sheet(royalty(fixed("0.1")), minimum("30000"), caps=[cap("20000", span="year")])
    result = rate(agreed, rows("500000"), until="2026-12-31")
    assert (amounts(result, "royalty")[0], amounts(result, "minimum")) == ("20000.00", ["10000.00"])


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


def test_rows_products_and_versions_are_summed_exactly_before_the_one_rounding():
    agreed = sheet(royalty(fixed("0.01")))
    used = [sales(Q[0], "0.50", product=name) for name in "abc"]  # half a fen each
    assert amounts(rate(agreed, used, until="2026-03-31")) == ["0.02"]  # 1.5 fen, not three times 1


def test_combination_factors_differ_by_product_and_thirds_lose_nothing():
    combined = [{"own": 1, "other": 2, "product": "a"}, {"own": 2, "other": 1, "product": "b"}]
    agreed = sheet(royalty(fixed("0.5"), combinations=combined))
    used = [sales(Q[0], "0.01", product="a"), sales(Q[0], "0.01", product="b")]  # ⅓ + ⅔ of a fen, half of it
    assert amounts(rate(agreed, used, until="2026-03-31")) == ["0.01"]


def test_products_limit_what_a_royalty_takes():
    agreed = sheet(
        royalty(fixed("0.1"), products=["a"]), royalty(fixed("0.2"), element_id="b", products=["b"])
    )
    used = [sales(Q[0], "100", product="a"), sales(Q[0], "200", product="b"), sales(Q[0], "400", product="c")]
    assert amounts(rate(agreed, used, until="2026-03-31")) == ["10.00", "40.00"]


def test_units_in_tiers_with_a_price_below_a_fen():
    agreed = sheet(royalty({"kind": "tiers", "tiers": [{"rate": "0.015", "up_to": 1000}, {"rate": "0.002"}]},
                           "units", meter="calls"))  # fmt: skip
    row = rating.UsageRow("calls", *Q[0], Decimal("1500.5"))
    # 1,000 × 0.015 + 500.5 × 0.002 = 16.001
    assert amounts(rate(agreed, [row], until="2026-03-31")) == ["16.00"]


def test_whatever_shares_a_cap_with_a_missing_report_waits():
    agreed = sheet(
        royalty(fixed("0.1")),
        royalty(fixed("0.01"), element_id="apart"),
        lump("500", trigger=after(5)),
        caps=[cap("1000", "royalty", "fee")],
    )
    accepted = (rating.Period(*Q[1]),)
    result = rate(agreed, rows("0", "1000"), until="2026-06-30", reported_through=None, accepted=accepted)
    assert [(c.element_id, c.dated_on) for c in result.charges] == [("apart", Q[1][1])]
    assert [(w.element_id, w.reason) for w in result.waiting] == [
        ("royalty", "report_missing"),
        ("apart", "report_missing"),
        ("fee", "earlier_period"),
        ("royalty", "earlier_period"),
    ]


def test_a_minimum_waits_for_its_own_year_only_unless_an_excess_is_carried():
    year_two = tuple(rating.Period(*quarter(2027, number)) for number in (1, 2, 3, 4))
    gap = {"reported_through": None, "accepted": year_two, "until": "2027-12-31"}
    assert amounts(rate(sheet(royalty(fixed("0.1")), minimum("100")), **gap), "minimum") == ["100.00"]
    carried = rate(sheet(royalty(fixed("0.1")), minimum("100", carry_excess=True)), **gap)
    assert amounts(carried, "minimum") == []


def test_a_period_across_two_years_waits_for_a_missing_report_in_either():
    rates = tiers(("1000", "0.05"), (None, "0.02"), span="year")
    agreed = sheet(royalty(rates), every="half", report={"year": "licence"})
    halves = [("2026-02-10", "2026-08-09"), ("2026-08-10", "2027-02-09"), ("2027-02-10", "2027-08-09"),
              ("2027-08-10", "2028-02-09"), ("2028-02-10", "2028-08-09")]  # fmt: skip
    accepted = tuple(rating.Period(day(start), day(end)) for start, end in halves[1:])
    result = rate(
        agreed, until="2028-08-09", effective_on=day("2026-02-10"), reported_through=None, accepted=accepted
    )
    # the missing half lies in 2026; the next reaches from 2026 into 2027, and so on: each waits for the one before
    assert [str(w.period_start) for w in result.waiting] == [start for start, _ in halves]


def test_a_missing_report_that_may_have_met_a_threshold_holds_what_depends_on_it():
    agreed = sheet(
        lump("500", trigger=any_of(after(11), reach("5000"))),
        lump("7", element_id="other", trigger=after(5)),
        caps=[cap("505", "fee", "other")],
    )
    gap = {"reported_through": None, "accepted": tuple(rating.Period(*q) for q in Q[1:])}
    assert [w.element_id for w in rate(agreed, until="2026-12-31", **gap).waiting] == ["other", "fee"]
    assert amounts(rate(agreed, until="2026-12-31")) == ["7.00", "498.00"]
    assert amounts(rate(agreed, rows("9000"), until="2026-12-31")) == ["500.00", "5.00"]


def test_yearly_fee_actual_days_and_several_amounts():
    fee = {"kind": "yearly_fee", "id": "fee", "commitment": "contingent", "trigger": after(2),
           "amounts": [fen("36600"), fen("50000")], "day_count": "actual", "year": "calendar"}  # fmt: skip
    result = rate(sheet(fee), until="2028-12-31")
    # 1 March to 31 December 2026: 306 of 365 days
    assert amounts(result) == ["30683.84", "50000.00", "50000.00"]


def test_currencies_and_versions_are_checked():
    with pytest.raises(ValueError, match="at least one"):
        rating.rate([], facts(), [], day("2026-12-31"))
    with pytest.raises(ValueError, match="currency"):
        rate(amended("2026-05-01", sheet(), sheet(currency="USD")))


def test_yen_have_no_decimals():
    agreed = terms.read({"currency": "JPY", "elements": [royalty(fixed("0.015"))], "term_months": 60})
    row = rating.UsageRow("net_sales", *Q[0], 1033)
    assert [str(c.amount) for c in rate(agreed, [row], until="2026-03-31").charges] == ["JP¥15"]  # 15.495


def test_a_year_of_reports():
    agreed = sheet(every="half")
    listed = rating.periods(agreed, facts(effective_on=day("2026-02-10")), day("2027-01-01"))
    assert [(str(p.start), str(p.end), str(p.due_on)) for p in listed] == [
        ("2026-02-10", "2026-06-30", "2026-07-30"),
        ("2026-07-01", "2026-12-31", "2027-01-30"),
        ("2027-01-01", "2027-06-30", "2027-07-30"),
    ]


def test_nothing_is_cut_off_in_a_working_however_long_its_figures():
    agreed = sheet(
        royalty(fixed("0.123456789012"), stacking={"offset": "0.987654321098", "floor": "0.000000000001"})
    )
    used = [sales(Q[0], "99999999999999.99"), sales(Q[0], "1234567.89", "third_party_royalties")]
    (charge,) = rate(agreed, used, until="2026-03-31").charges
    exact = 9999999999999999 * Fraction("0.123456789012") - 123456789 * Fraction("0.987654321098")
    written = rating.working_json(charge.working)["steps"][-2]["value"]
    assert Fraction(written) == exact
    assert Fraction(charge.exact) == exact
