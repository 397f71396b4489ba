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
