"""Contradictions are found and named; warnings do not block."""

from datetime import date

import pytest

from marketplace import terms
from tests.contracts.rating.samples import (
    after,
    any_of,
    cap,
    event,
    fen,
    fixed,
    lump,
    minimum,
    reach,
    royalty,
    sheet,
    tiers,
)


def codes(agreed, **known):
    return [(problem.path, problem.code) for problem in terms.check(agreed, **known)]


def instalments(*shares, amount="100", **more):
    parts = [{"trigger": after(n)} | ({"share": share} if share else {}) for n, share in enumerate(shares)]
    return {"kind": "instalments", "id": "fee", "commitment": "contingent", "amount": fen(amount),
            "parts": parts, **more}  # fmt: skip


@pytest.mark.parametrize(
    ("agreed", "expected"),
    [
        (sheet(lump("1", commitment="option")), ("elements[0].commitment", "option_without_trial")),
        (sheet(lump("0")), ("elements[0].amount", "not_positive")),
        (sheet(lump("-1")), ("elements[0].amount", "not_positive")),
        (sheet(lump("1"), lump("2")), ("elements[1].id", "repeated_id")),
        (sheet(lump("1", element_id="Über")), ("elements[0].id", "bad_id")),
        (sheet(royalty(fixed("-0.01"))), ("elements[0].rate.rate", "negative")),
        (sheet(royalty(fixed("3"))), ("elements[0].rate.rate", "rate_above_one")),
        (sheet(royalty(fixed("3"), "units")), ("elements[0].meter", "no_base")),
        (sheet(royalty(fixed("0.1"), "output_value")), ("elements[0].baseline", "base_needs_baseline")),
        (sheet(royalty({"kind": "yearly", "rates": []})), ("elements[0].rate", "empty")),
        (sheet(royalty(tiers(("10", "0.1"), ("10", "0.2"), (None, "0.3")))),
         ("elements[0].rate.tiers[1].up_to", "tiers_order")),
        (sheet(royalty(tiers((None, "0.1"), ("10", "0.2")))), ("elements[0].rate.tiers[0].up_to", "tiers_open")),
        (sheet(royalty(tiers(("10", "0.1"), (None, "0.2"), span="period"))),
         ("elements[0].rate.span", "not_a_choice")),
        (sheet(royalty(tiers(("10", "0.1")))), ("elements[0].rate.tiers[0].up_to", "tiers_end")),
        (sheet(royalty(fixed("0.02"), stacking={"offset": "0.5", "floor": "0.03"})),
         ("elements[0].stacking.floor", "floor_above_rate")),
        (sheet(instalments("0.3", "0.3")), ("elements[0].parts", "shares_sum")),
        (sheet(instalments("0.3", None)), ("elements[0].parts", "shares_mixed")),
        (sheet(instalments(None, None, None, None, amount="0.02")), ("elements[0].parts", "last_part_negative")),
        (sheet(instalments()), ("elements[0].parts", "empty")),
        (sheet(lump("1", trigger=any_of())), ("elements[0].trigger", "trigger_empty")),
        (sheet(lump("1", trigger=event("conversion"))), ("elements[0].trigger", "trigger_without_option")),
        (sheet(lump("1", trigger=after(1, "trial_end"))), ("elements[0].trigger.anchor", "trigger_without_trial")),
        (sheet(lump("1", trigger=reach("0"))), ("elements[0].trigger.at_least", "not_positive")),
        (sheet(lump("1", commitment="deferred_obligation", trigger=event("first_income"))),
         ("elements[0].trigger", "deferred_uncertain")),
        (sheet(lump("1", trigger=after(120))), ("elements[0].trigger", "after_licence_months")),
        (sheet(royalty(fixed("0.1")), minimum("10"), caps=[cap("9", "royalty", "minimum")]),
         ("caps[0].amount", "cap_below_minimum")),
        (sheet(royalty(fixed("0.1")), minimum("10", counts=["nobody"])),
         ("elements[1].counts[0]", "unknown_id")),
        (sheet(royalty(fixed("0.1")), minimum("10", counts=["minimum"])),
         ("elements[1].counts[0]", "counts_itself")),
        (sheet(caps=[cap("9", "royalty")]), ("caps[0].counts[0]", "unknown_id")),
        (sheet(trial={"months": 120}), ("trial.months", "trial_longer_than_term")),
        (sheet(trial={"months": 2}), ("trial.decision_days", "decision_longer_than_trial")),
        (sheet(currency="XXX"), ("currency", "unknown_currency")),
        (sheet(open_licence=True, exclusivity="sole"), ("exclusivity", "open_licence_exclusive")),
        (sheet(term_months=10**9), ("term_months", "above_limit")),
        (sheet(lump("1", due={"kind": "after_charge", "days": 10**9})), ("elements[0].due.days", "above_limit")),
        (sheet(fields=["pumps", ""]), ("fields[1]", "empty_text")),
        (sheet(royalty(fixed("0.1"), products=[" A"])), ("elements[0].products[0]", "spaces_around")),
        (sheet(report={"deductions": ["bribes"]}), ("report.deductions[0]", "unknown_deduction")),
        (sheet(lump("1", due={"kind": "fixed_day", "month": 2, "day": 31})), ("elements[0].due", "bad_day")),
        (sheet(lump("1", due={"kind": "fixed_day", "month": 10**12, "day": 1})), ("elements[0].due", "bad_day")),
    ],
)  # fmt: skip
def test_contradictions(agreed, expected):
    found = terms.check(agreed)
    assert (found[0].path, found[0].code, len(found)) == (*expected, 1)
    assert all(found[0].message(lang) for lang in ("zh-hans", "en"))


def test_dates_beyond_the_calendar_are_refused_before_they_are_counted():
    agreed = sheet(term_months=10**9, trial={"months": 10**9})
    assert codes(agreed, effective_on=date(2026, 1, 1)) == [
        ("term_months", "above_limit"),
        ("trial.months", "above_limit"),
        ("trial.months", "trial_longer_than_term"),
    ]


def test_dates_outside_the_licence_and_the_patents_end():
    agreed = sheet(lump("1", trigger={"kind": "date", "on": "2031-06-01"}), term_months=60)
    effect = date(2026, 1, 1)
    assert codes(agreed) == []
    assert codes(agreed, effective_on=effect) == [("elements[0].trigger", "after_licence_end")]
    assert codes(sheet(term_months=60), effective_on=effect, patents_end_on=date(2030, 12, 30)) == [
        ("term_months", "after_patent_end")
    ]
    assert codes(sheet(term_months=60), effective_on=effect, patents_end_on=date(2030, 12, 31)) == []


def test_d23_ceilings_of_an_open_licence_warn_with_their_source():
    over = sheet(
        lump("25000000"),
        royalty(fixed("0.22")),
        royalty(fixed("0.45"), "profit", element_id="profit"),
        open_licence=True,
    )
    found = terms.check(over)
    assert [problem.code for problem in found] == ["ceiling_fixed", "ceiling_net_sales", "ceiling_profit"]
    assert {problem.severity for problem in found} == {terms.WARNING}
    assert all(problem.source and problem.message("en") and problem.message("zh") for problem in found)
    at_most = sheet(
        lump("20000000"),
        royalty(fixed("0.2")),
        royalty(fixed("0.4"), "profit", element_id="p"),
        open_licence=True,
    )
    assert terms.check(at_most) == []
