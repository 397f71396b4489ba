"""Corners where shapes meet: each was once rated wrongly, or could be. The arithmetic stands beside each figure."""

import pytest

from contracts import rating
from marketplace.terms.words import plain_words

from .samples import (
    Q,
    after,
    all_of,
    amended,
    amounts,
    any_of,
    cap,
    day,
    event,
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
)

TIERS = tiers(("6000000", "0.05"), (None, "0.02"))


def test_the_part_below_a_threshold_fills_tiers_where_free_use_does():
    agreed = sheet(royalty(TIERS, trigger=reach("5000000"), free_use_fills=True))
    # 4m free; 2m, of which 1m lies below the threshold (free, fills to 5m) and 1m above: 5 % up to 6m; then 2 %
    result = rate(agreed, rows("4000000", "2000000", "1000000"), until="2026-09-30")
    assert amounts(result) == ["50000.00", "20000.00"]


def test_a_stacking_floor_on_units_is_a_price_for_each():
    stacking = {"offset": "1", "floor": "1.50"}
    agreed = sheet(royalty(fixed("2.50"), "units", meter="pieces", stacking=stacking))
    used = [rating.UsageRow("pieces", *Q[0], 1000), sales(Q[0], "1800", "third_party_royalties")]
    # 1,000 × 2.50 = 2,500; offset 1,800 would leave 700; floor 1,000 × 1.50 = 1,500
    assert amounts(rate(agreed, used, until="2026-03-31")) == ["1500.00"]
    words = [line for section in plain_words(agreed, "en") for line in section.lines]
    assert any("not below ¥1.50 each" in line for line in words)


def test_a_loss_enters_the_next_year_past_a_yearly_baseline_and_yearly_tiers():
    agreed = sheet(
        royalty(tiers(("1000", "0.1"), (None, "0.2"), span="year"), "profit", loss_carry=True,
                baseline={"quantity": fen("100")}),
        every="year",
    )  # fmt: skip
    made = [sales((day(f"{n}-01-01"), day(f"{n}-12-31")), amount, "profit")
            for n, amount in ((2026, "-500"), (2027, "900"))]  # fmt: skip
    # 900 − 500 = 400, above the baseline 300, × 10 %
    assert amounts(rate(agreed, made, until="2027-12-31")) == ["0.00", "30.00"]


def test_a_loss_goes_on_when_an_amendment_brings_yearly_tiers_and_when_it_takes_them_away():
    plain = sheet(royalty(fixed("0.1"), "profit", loss_carry=True))
    yearly = sheet(royalty(tiers(("1000", "0.1"), (None, "0.2"), span="year"), "profit", loss_carry=True))
    made = rows("-300", "500", "0", meter="profit")
    # loss 300; 500 − 300 = 200 × 10 %
    assert amounts(rate(amended("2026-04-01", plain, yearly), made, until="2026-09-30")) == ["0.00", "20.00", "0.00"]  # fmt: skip
    assert amounts(rate(amended("2026-04-01", yearly, plain), made, until="2026-09-30")) == ["0.00", "20.00", "0.00"]  # fmt: skip


def test_inside_a_yearly_window_a_loss_is_made_up_and_at_its_end_it_is_lost():
    agreed = sheet(royalty(tiers(("1000", "0.1"), (None, "0.2"), span="year"), "profit"))
    made = [*rows("-300", "500", meter="profit"), sales(quarter(2026, 4), "-900", "profit"),
            sales(quarter(2027, 1), "100", "profit")]  # fmt: skip
    # 0; 200 × 10 %; 0; −700 for the year is lost: 100 × 10 %
    assert amounts(rate(agreed, made, until="2027-03-31")) == ["0.00", "20.00", "0.00", "0.00", "10.00"]


def test_an_allowance_for_a_period_is_given_once_though_two_versions_rate_the_period():
    free = {"quantity": fen("1000"), "span": "period"}
    agreed = amended(
        "2026-05-16", sheet(royalty(fixed("0.1"), free=free)), sheet(royalty(fixed("0.2"), free=free))
    )
    used = [
        sales((day("2026-04-01"), day("2026-05-15")), "800"),
        sales((day("2026-05-16"), day("2026-06-30")), "700"),
    ]
    # the first 1,000 of 1,500: nothing of 800, 500 of 700 × 20 %
    assert amounts(rate(agreed, used, until="2026-06-30")) == ["0.00", "100.00"]


def test_what_is_owed_to_others_is_offset_for_the_use_that_is_charged():
    stacking = {"offset": "0.5", "floor": "0"}
    whole = sheet(
        royalty(fixed("0.1"), trigger=event("first_income"), straddling="whole_period", stacking=stacking)
    )
    happened = {"events": (rating.Happened("first_income", day("2026-02-10")),), "until": "2026-03-31"}
    early = [
        sales(Q[0], "1000"),
        sales((day("2026-01-01"), day("2026-01-31")), "60", "third_party_royalties"),
    ]
    assert amounts(rate(whole, early, **happened)) == ["70.00"]  # 100 − 30: the whole period is charged
    part = sheet(royalty(fixed("0.1"), trigger=reach("600"), stacking=stacking))
    used = [sales(Q[0], "1000"), sales(Q[0], "60", "third_party_royalties")]
    assert amounts(rate(part, used, until="2026-03-31")) == ["28.00"]  # 40 % of 1,000 × 10 %, less 40 % of 30
    split = sheet(royalty(fixed("0.1"), trigger=event("first_income"), stacking=stacking))
    used = [sales((day("2026-01-01"), day("2026-02-09")), "500"), sales((day("2026-02-10"), Q[0][1]), "500"),
            sales(Q[0], "60", "third_party_royalties")]  # fmt: skip
    assert [w.detail for w in rate(split, used, **happened).waiting] == ["2026-02-10"]


def test_what_is_owed_to_others_for_a_product_lowers_the_royalty_on_that_product():
    stacking = {"offset": "1", "floor": "0"}
    agreed = sheet(royalty(fixed("0.1"), products=["a"], stacking=stacking),
                   royalty(fixed("0.1"), element_id="b", products=["b"], stacking=stacking))  # fmt: skip
    used = [sales(Q[0], "1000", product="a"), sales(Q[0], "1000", product="b"),
            sales(Q[0], "30", "third_party_royalties", product="a")]  # fmt: skip
    assert amounts(rate(agreed, used, until="2026-03-31")) == ["70.00", "100.00"]


def test_the_working_counts_only_the_rows_that_it_sums():
    agreed = sheet(royalty(fixed("0.1"), products=["a"]))
    used = [sales(Q[0], "100", product="a"), sales(Q[0], "50", product="b"), *rows("7", meter="profit")]
    (charge,) = rate(agreed, used, until="2026-03-31").charges
    assert rating.sentences(charge.working, "en")[0] == "Reported: ¥100.00."
    nothing = rate(agreed, used[1:], until="2026-03-31").charges[0]
    assert [step.code for step in nothing.working.steps] == ["nil", "rate", "round"]


def test_a_row_across_a_change_of_what_is_deducted_must_be_split():
    before = sheet(royalty(fixed("0.1")))
    agreed = amended("2026-02-01", before, sheet(royalty(fixed("0.1")), report={"deductions": ["vat"]}))
    row = rating.UsageRow("sales", *Q[0], components={"invoiced_incl_vat": fen("100"), "returns": fen("10")})
    assert [w.detail for w in rate(agreed, [row], until="2026-03-31").waiting] == ["2026-02-01"]


def test_the_last_instalment_still_completes_the_sum_after_an_amendment():
    def plan(amount, *shares):
        parts = [{"share": share, "trigger": after(4 * place)} for place, share in enumerate(shares)]
        return sheet({"kind": "instalments", "id": "fee", "commitment": "contingent", "amount": fen(amount),
                      "parts": parts})  # fmt: skip

    # 30 % of 300,000; then 330,000: 30 % = 99,000, the rest 330,000 − 90,000 − 99,000
    raised = amended("2026-02-01", plan("300000", "0.3", "0.3", "0.4"), plan("330000", "0.3", "0.3", "0.4"))
    assert amounts(rate(raised)) == ["90000.00", "99000.00", "141000.00"]
    # two parts instead of three: 300,000 − 90,000
    fewer = amended("2026-02-01", plan("300000", "0.3", "0.3", "0.4"), plan("300000", "0.2", "0.8"))
    assert amounts(rate(fewer)) == ["90000.00", "210000.00"]


def test_a_yearly_fee_follows_an_amendment_by_days():
    def fee(amount):
        return sheet({"kind": "yearly_fee", "id": "fee", "commitment": "contingent", "amounts": [fen(amount)],
                      "trigger": after(0)})  # fmt: skip

    agreed = amended("2026-07-01", fee("36500"), fee("73000"))
    # January to June 181 days × 100, July to December 184 days × 200
    assert amounts(rate(agreed, until="2026-12-31")) == ["54900.00"]


def test_a_cap_lowered_by_an_amendment_pays_up_on_its_own_day():
    agreed = amended("2026-05-10", sheet(royalty(fixed("0.1")), caps=[cap("900")]),
                     sheet(royalty(fixed("0.1")), caps=[cap("100")]))  # fmt: skip
    result = rate(agreed, rows("1000", "1000"), until="2026-12-31")
    assert (amounts(result), result.paid_up_on) == (["100.00"], day("2026-05-10"))


def test_a_product_takes_its_own_combination_factor_before_the_one_for_all():
    combined = [{"own": 1, "other": 3}, {"own": 1, "other": 1, "product": "a"}]
    agreed = sheet(royalty(fixed("0.1"), combinations=combined))
    used = [sales(Q[0], "100", product="a"), sales(Q[0], "100", product="b")]
    assert amounts(rate(agreed, used, until="2026-03-31")) == ["7.50"]  # (50 + 25) × 10 %


def test_a_sum_of_several_rates_below_zero_counts_as_zero():
    agreed = amended("2026-05-16", sheet(royalty(fixed("0.2"))), sheet(royalty(fixed("0.1"))))
    used = [
        sales((day("2026-04-01"), day("2026-05-15")), "-100"),
        sales((day("2026-05-16"), day("2026-06-30")), "150"),
    ]
    result = rate(agreed, used, until="2026-06-30")
    assert amounts(result) == ["0.00", "0.00"]  # −20 + 15
    assert [step.code for step in result.charges[1].working.steps][-2:] == ["not_negative", "round"]


def test_all_of_a_date_and_a_threshold_takes_the_later_and_how_it_came():
    def begins(threshold):
        return sheet(royalty(fixed("0.1"), trigger=all_of(after(4), reach(threshold))))

    # reached on 31 March, the date is 1 May: the period is split there
    early = rate(begins("500"), [sales(Q[0], "800"), sales((day("2026-04-01"), day("2026-04-30")), "300"),
                                 sales((day("2026-05-01"), day("2026-06-30")), "200")], until="2026-06-30")  # fmt: skip
    assert amounts(early) == ["20.00"]
    # reached in the third quarter, after the date: 200 of 600 lie above 1,200
    late = rate(begins("1200"), rows("400", "400", "600"), until="2026-09-30")
    assert amounts(late) == ["20.00"]


def test_any_of_a_date_and_a_threshold_on_one_day_is_the_date():
    agreed = sheet(royalty(fixed("0.1"), trigger=any_of(after(3), reach("500"))))
    result = rate(
        agreed, [sales((day("2026-01-01"), day("2026-03-31")), "400"), sales(Q[1], "300")], until="2026-06-30"
    )
    assert amounts(result) == ["30.00"]  # 1 April: all of the second quarter


def test_declining_ends_the_option_and_leaves_the_rest():
    agreed = sheet(
        lump("100", commitment="option"),
        lump("200", element_id="owed", commitment="deferred_obligation", trigger=after(14)),
        royalty(fixed("0.1"), trigger=after(0, "trial_end")),
        trial={"months": 6},
    )
    result = rate(agreed, rows("0", "0", "500"), until="2027-03-01", declined_on=day("2026-06-20"))
    assert [(c.element_id, str(c.amount.decimal)) for c in result.charges if c.minor] == [("royalty", "50.00"), ("owed", "200.00")]  # fmt: skip


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [("2026-01-31", 1, "2026-02-28"), ("2026-01-31", 2, "2026-03-31"), ("2024-02-29", 12, "2025-02-28"),
     ("2024-02-29", 48, "2028-02-29"), ("2026-08-31", 6, "2027-02-28"), ("2025-12-31", 2, "2026-02-28")],
)  # fmt: skip
def test_months_are_counted_from_the_original_date(start, months, expected):
    result = rate(sheet(lump("1", trigger=after(months))), until="2030-01-01", effective_on=day(start))
    assert [str(charge.dated_on) for charge in result.charges] == [expected]


def test_licence_years_from_29_february_begin_on_the_28th_in_common_years():
    fee = {"kind": "yearly_fee", "id": "fee", "commitment": "contingent", "amounts": [fen("365")],
           "trigger": after(0), "day_count": "actual"}  # fmt: skip
    result = rate(sheet(fee), until="2028-02-28", effective_on=day("2024-02-29"))
    # 29 Feb 2024 – 27 Feb 2025, 28 Feb 2025 – 27 Feb 2026, … 28 Feb 2027 – 28 Feb 2028: whole years all
    assert [(str(c.period_start), str(c.period_end)) for c in result.charges] == [
        ("2024-02-29", "2025-02-27"),
        ("2025-02-28", "2026-02-27"),
        ("2026-02-28", "2027-02-27"),
        ("2027-02-28", "2028-02-28"),
    ]
    assert amounts(result) == ["365.00"] * 4


def test_a_yearly_cap_by_licence_years_and_its_early_end():
    agreed = sheet(
        royalty(fixed("0.1")), minimum("120", pro_rate="full_months", year="licence"),
        report={"year": "licence"}, caps=[cap("80", span="year", year="licence")],
    )  # fmt: skip
    first, second = (day("2026-03-10"), day("2026-06-09")), (day("2026-06-10"), day("2026-07-25"))
    result = rate(agreed, [sales(first, "600"), sales(second, "900")], until="2027-12-31",
                  effective_on=first[0], terminated_on=second[1])  # fmt: skip
    # 60; 90 → 20 left under 80; four whole months from 10 March to 9 July: 40 < 80, nothing is short
    assert amounts(result, "royalty") == ["60.00", "20.00"]
    assert amounts(result, "minimum") == ["0.00"]


def test_an_excess_lowers_the_year_just_after_and_no_other():
    agreed = sheet(royalty(fixed("0.1")), minimum("100", "150", carry_excess=True), every="year")
    made = [sales((day(f"{n}-01-01"), day(f"{n}-12-31")), amount) for n, amount in
            ((2026, "1300"), (2027, "1400"), (2028, "0"))]  # fmt: skip
    result = rate(agreed, made, until="2028-12-31")
    # 130 ≥ 100, excess 30; 150 − 30 = 120 ≤ 140; nominal 150 > 140: no excess; 150 short
    assert amounts(result, "minimum") == ["0.00", "0.00", "150.00"]


def test_missing_reports_are_asked_for_as_before_where_an_element_starts_late():
    agreed = sheet(royalty(fixed("0.1"), trigger=event("milestone:launch")))
    result = rate(agreed, [sales(Q[2], "100")], until="2026-09-30", reported_through=None,
                  accepted=(rating.Period(*Q[2]),), events=(rating.Happened("milestone:launch", day("2026-07-01")),))  # fmt: skip
    assert (amounts(result), result.waiting) == (["10.00"], ())


def test_a_threshold_per_period_adds_up_the_period_that_is_still_running():
    agreed = sheet(lump("9", trigger=reach("500", per="period")))
    months = [sales((day("2026-01-01"), day("2026-01-31")), "300"), sales((day("2026-02-01"), day("2026-02-28")), "250")]  # fmt: skip
    for until in ("2026-02-28", "2026-03-15", "2026-03-31"):
        assert [str(c.dated_on) for c in rate(agreed, months, until=until).charges] == ["2026-02-28"]


def test_the_hash_of_the_inputs_does_not_depend_on_the_order_of_closings():
    agreed = sheet(report={"metered": ["calls"]})
    closed = [rating.Closed("calls", *q) for q in Q[:2]]
    one, two = (
        rating.rate([rating.TermsVersion(day("2026-01-01"), agreed)],
                    rating.Facts(effective_on=day("2026-01-01"), closed=order), [], day("2026-12-31"), hashed=True)
        for order in (tuple(closed), tuple(closed[::-1]))
    )  # fmt: skip
    assert one.inputs_hash == two.inputs_hash


@pytest.mark.parametrize("before", ["fixed", "year", "life"])
@pytest.mark.parametrize("after_it", ["year", "life"])
def test_what_fills_tiers_runs_on_whatever_an_amendment_makes_of_the_rate(before, after_it):
    def rates(kind):
        return fixed("0.05") if kind == "fixed" else tiers(("1000000", "0.05"), (None, "0.02"), span=kind)

    agreed = amended("2026-04-01", sheet(royalty(rates(before))), sheet(royalty(rates(after_it))))
    # 800,000 × 5 %; then 200,000 × 5 % + 300,000 × 2 %
    assert amounts(rate(agreed, rows("800000", "500000"), until="2026-06-30")) == ["40000.00", "16000.00"]


def test_returns_of_free_use_do_not_swallow_sales_that_are_charged():
    agreed = sheet(
        royalty(
            tiers(("1000000", "0.05"), (None, "0.02"), span="year"), trigger=after(3), free_use_fills=True
        )
    )
    # −500,000 in free use, then 400,000 at the first rate
    assert amounts(rate(agreed, rows("-500000", "400000"), until="2026-06-30")) == ["20000.00"]


def test_a_yearly_fee_dropped_on_the_first_day_of_a_year_ends_with_the_year_before():
    fee = {
        "kind": "yearly_fee",
        "id": "fee",
        "commitment": "contingent",
        "amounts": [fen("365")],
        "trigger": after(0),
    }
    other = lump("1", element_id="sum")
    agreed = amended("2027-01-01", sheet(fee, other), sheet(other))
    assert amounts(rate(agreed, until="2029-12-31"), "fee") == ["365.00"]
