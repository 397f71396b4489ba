"""Plain words, the gist, differences, and building from a form."""

import re

import pytest
from hypothesis import given, settings

from marketplace import terms
from marketplace.terms.build import BuildError, build
from marketplace.terms.difference import ADDED, CHANGED, MOVED, REMOVED, difference, groups
from marketplace.terms.phrases import NAMES, SAY
from marketplace.terms.presets import preset
from marketplace.terms.words import one_line, plain_words
from tests.contracts.rating.generate import documents
from tests.contracts.rating.samples import after, cap, fixed, lump, minimum, royalty, sheet

CHINESE = re.compile(r"[一-鿿]")
FIELDS = re.compile(r"{(\w+)")


def everything(agreed, lang):
    return "\n".join(line for section in plain_words(agreed, lang) for line in section.lines)


@settings(deadline=None, max_examples=40)
@given(documents())
def test_both_languages_say_the_same_sections_and_lines(document):
    agreed = terms.read(document)
    chinese, english = plain_words(agreed, "zh-hans"), plain_words(agreed, "en")
    assert [len(section.lines) for section in chinese] == [len(section.lines) for section in english]
    assert not CHINESE.search(everything(agreed, "en"))
    assert all(CHINESE.search(line) for section in chinese for line in section.lines)


def test_when_interest_is_charged_is_said_and_shown_as_a_change():
    with_payments = preset("royalty", interest_month="1")
    monthly = preset("royalty", interest_month="1", interest_charged="monthly")
    assert "利息于款项到账时计收。" in everything(with_payments, "zh-hans")
    assert "It is charged month by month" in everything(monthly, "en")
    (change,) = difference(with_payments, monthly, "en")
    assert change.before == "It is charged when the payment arrives."
    assert change.after.startswith("It is charged month by month, counted from that same date")


def test_phrases_hold_the_same_facts_in_both_languages():
    for code, (chinese, english) in SAY.items():
        assert set(FIELDS.findall(chinese)) == set(FIELDS.findall(english)), code
    assert all(CHINESE.search(chinese) for chinese, _ in NAMES.values())


def test_a_meter_called_by_a_common_unit_is_said_in_the_language_of_the_words():
    reached = {"kind": "threshold", "meter": "kWh", "at_least": "500", "per": "life"}
    agreed = sheet(royalty(fixed("2.50"), "units", meter="台", trigger=reached), report={"metered": ["台"]})

    english, chinese = everything(agreed, "en"), everything(agreed, "zh-hans")

    assert "A price per unit of “machines” per reporting period: ¥2.50 each." in english
    assert "cumulative kWh reach (≥) 500" in english
    assert "Charged as metered, without a report: machines." in english
    assert not CHINESE.search(english)
    assert "计量项目“台”" in chinese
    assert "千瓦时累计达到（≥）500" in chinese
    assert "kWh" not in chinese


def test_one_line_is_the_gist():
    agreed = sheet(royalty(fixed("0.03")), trial={"months": 12}, caps=[cap("500000")])
    assert one_line(agreed, "en").startswith("12 months free, then 3 % of net sales")
    assert one_line(agreed, "en").endswith("capped at ¥500,000.00")
    assert one_line(preset("deferred"), "zh-hans") == "免费使用 12 个月，之后一次付清 ¥100,000.00"
    parts = [{"share": "1", "trigger": after(24)}]
    paid = {
        "kind": "instalments",
        "id": "fee",
        "commitment": "contingent",
        "amount": 20_000_000,
        "parts": parts,
    }
    assert (
        one_line(sheet(paid, trial={"months": 12}), "zh-hans") == "免费使用 12 个月，之后 ¥200,000.00 分 1 期"
    )
    assert one_line(preset("free"), "zh-hans") == "无偿许可"


def test_conventions_are_said_even_when_they_are_the_default():
    said = everything(preset("entry_royalty"), "en")
    for part in ("last free day is 2027-01-14", "never refunded", "rounded once, half up", "missing, never zero",
                 "in two rows split at the trigger day", "art. 846", "31 January"):  # fmt: skip
        assert part in said


def test_difference_names_what_changed():
    before, after = preset("royalty"), preset("royalty", rate="5", term_months="48")
    changes = difference(before, after, "en")
    assert changes[0][1:3] == (
        "Term: 60 months from the effective date.",
        "Term: 48 months from the effective date.",
    )
    assert len(changes) == 2
    assert difference(before, before) == []


def test_difference_goes_payment_by_payment_and_marks_the_parts():
    before = sheet(lump("100"), royalty(fixed("0.03")), minimum("5"))
    after = sheet(minimum("5"), royalty(fixed("0.05")), lump("200", "second"))
    found = [(group.title, group.what) for group in groups(before, after, "en")]
    assert found == [
        ("1. at least ¥5.00 a year", MOVED),
        ("2. 5 % of net sales", CHANGED),
        ("3. ¥200.00 once", ADDED),
        ("¥100.00 once", REMOVED),
    ]
    line = groups(before, after, "en")[1].lines[0]
    assert [text for text, differs in line.before_parts if differs] == ["3"]
    assert [text for text, differs in line.after_parts if differs] == ["5"]
    assert "".join(text for text, _ in line.after_parts) == line.after
    assert [group.what for group in groups(before, after, "zh-hans")] == [what for _, what in found]
    assert groups(before, before, "en") == []


def test_another_kind_under_the_same_name_is_one_gone_and_one_new():
    before, after = sheet(lump("100", "fee")), sheet(royalty(fixed("0.03"), element_id="fee"))
    assert [group.what for group in groups(before, after)] == [ADDED, REMOVED]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, {"payment_form": "not_a_choice"}),
        ({"payment_form": "lump_sum"}, {"amount": "missing_field"}),
        ({"payment_form": "lump_sum", "amount": "much"}, {"amount": "not_an_amount"}),
        ({"payment_form": "lump_sum", "amount": "-5"}, {"amount": "not_positive"}),
        ({"payment_form": "royalty", "rate": "three"}, {"rate": "not_a_number"}),
        ({"payment_form": "royalty", "rate": "1e999999"}, {"rate": "not_a_number"}),
        ({"payment_form": "royalty", "rate": "300"}, {"rate": "rate_above_one"}),
        ({"payment_form": "instalments", "amount": "9", "instalment_shares": "50/40"},
         {"instalment_shares": "shares_sum"}),
        ({"payment_form": "free", "term_months": "ten"}, {"term_months": "not_a_count"}),
        ({"payment_form": "free", "currency": "XYZ"}, {"currency": "unknown_currency"}),
        ({"payment_form": "free", "exclusivity": "odd"}, {"exclusivity": "not_a_choice"}),
        ({"payment_form": "lump_sum", "amount": "5", "commitment": "option", "trial_months": "0"},
         {"commitment": "option_without_trial"}),
        ({"payment_form": "royalty", "rate": "3", "minimum": "10", "cap_life": "5"},
         {"cap_life": "cap_below_minimum"}),
        ({"payment_form": "royalty", "rate": "3", "trigger_on": "soon"}, {"trigger_on": "not_date"}),
        ({"payment_form": "milestones"}, {"milestone_1_name": "missing_field"}),
    ],
)  # fmt: skip
def test_building_refuses_by_input_name(inputs, expected):
    with pytest.raises(BuildError) as refused:
        build(inputs)
    assert {name: found[0].code for name, found in refused.value.problems.items()} == expected


def test_building_understands_what_people_type():
    agreed = build({"payment_form": "royalty", "rate": "３ %".replace("３", "3"), "cap_life": "￥５００，０００",
                    "territory": "CN-42，CN-43", "trigger_months": "12", "trigger_event": "first_income"})  # fmt: skip
    assert agreed.caps[0].amount == 50_000_000
    assert agreed.territory == ("CN-42", "CN-43")
    assert agreed.elements[0].trigger.kind == "any"
