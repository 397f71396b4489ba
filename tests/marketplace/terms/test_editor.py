"""Terms as typed: the whole language there and back, every finding at its field, nothing typed is lost."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import terms
from marketplace.terms import editor
from marketplace.terms.presets import PRESETS, preset
from marketplace.terms.words import one_line, plain_words
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
    tiers,
)
from tests.marketplace.terms.strategies import any_terms

EXAMPLES = sorted((Path(__file__).parents[3] / "docs" / "examples").glob("*/terms.json"))


def posted(draft):
    """The fields as a browser sends them: an empty one before boxes and lists, several of one name."""
    data = QueryDict(mutable=True)
    for name, text in editor.fields(draft).items():
        data.setlist(name, ["", *text] if isinstance(text, list) else [text])
    return data


@settings(deadline=None, max_examples=80)
@given(any_terms)
def test_any_terms_come_back_exactly(agreed):
    draft = editor.draft_of(agreed)
    understood = editor.understand(draft)
    assert understood.terms == agreed, understood.problems
    assert terms.canonical(understood.terms) == terms.canonical(agreed)
    assert editor.understand(editor.from_fields(posted(draft))).terms == agreed
    for lang in ("zh-hans", "en"):  # whatever can be typed can be said, contradictions too
        assert plain_words(agreed, lang)
        assert one_line(agreed, lang)
    assert editor.fields(editor.from_fields(posted(draft))) == editor.fields(draft)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_every_example_comes_back_exactly(path):
    agreed = terms.read(path.read_bytes())
    understood = editor.understand(editor.from_fields(posted(editor.draft_of(agreed))))
    assert terms.hash_of(understood.terms) == terms.hash_of(agreed)


@pytest.mark.parametrize("key", PRESETS)
def test_presets_are_sound_as_typed(key):
    understood = editor.understand(editor.draft_of(preset(key)))
    assert understood.is_sound
    assert understood.terms == preset(key)


RICH = sheet(
    royalty(tiers((100, "0.05"), (None, "0.01")), stacking={"offset": "0.5", "floor": "0.01"},
            combinations=[{"own": 1, "other": 2}], trigger=any_of(after(3), all_of(reach(5), event("first_income")))),
    {"kind": "instalments", "id": "parts", "commitment": "option", "amount": 100, "parts": [{"trigger": after(1)}]},
    minimum("5"),
    trial={"months": 3},
    caps=[cap("9", "royalty")],
)  # fmt: skip


@pytest.mark.parametrize("verb", editor.ACTS)
def test_no_act_fails_anywhere_and_each_leaves_a_draft_that_can_be_sent_back(verb):
    start = editor.draft_of(RICH)
    parts = [name.split("-") for name in editor.fields(start)]
    word = {"add": "royalty", "join": "all"}.get(verb, "")
    for target in sorted({"-".join(name[:length]) for name in parts for length in range(1, len(name) + 1)}):
        draft = editor.act(start, f"{verb} {target} {word}")
        assert editor.fields(editor.from_fields(posted(draft))) == editor.fields(draft), target
    assert editor.understand(start).terms == RICH


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.from_regex(
            r"(elements|caps|trial|due|report|x)(-(0|7|999|of|rate|kind|tiers)){0,6}", fullmatch=True
        ),
        st.one_of(st.text(max_size=5), st.lists(st.text(max_size=5), max_size=3)),
        max_size=12,
    )
)
def test_whatever_is_posted_is_answered(data):
    draft = editor.from_fields(data)
    editor.understand(draft)
    editor.fields(editor.act(draft, "show"))


def understood(agreed, **typed):
    """The terms with some fields typed anew."""
    data = editor.fields(editor.draft_of(agreed)) | {
        name.replace("__", "-"): text for name, text in typed.items()
    }
    return editor.understand(editor.from_fields(data))


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("100,000", 10_000_000),
        ("100000.00", 10_000_000),
        ("10万", 10_000_000),
        ("10 万元", 10_000_000),
        ("¥１０万", 10_000_000),
        ("0.5亿", 5_000_000_000),
        ("12.5", 1_250),
    ],
)
def test_amounts_as_people_type_them(text, minor):
    assert understood(sheet(lump("1")), elements__0__amount=text).terms.elements[0].amount == minor
    typed = understood(sheet(lump("1", trigger=reach("1"))), elements__0__trigger__at_least=text)
    assert typed.terms.elements[0].trigger.at_least == minor


@pytest.mark.parametrize(
    ("text", "rate"), [("3", "0.03"), ("3%", "0.03"), ("3 ％", "0.03"), ("０.5", "0.005")]
)
def test_rates_as_people_type_them(text, rate):
    typed = understood(sheet(royalty(fixed("1"))), elements__0__rate__rate=text)
    assert typed.terms.elements[0].rate.rate == Decimal(rate)


def test_a_price_per_unit_is_no_percentage():
    units = sheet(royalty(fixed("2.5"), "units", meter="件"))
    assert editor.fields(editor.draft_of(units))["elements-0-rate-rate"] == "2.5"
    assert understood(units, elements__0__rate__rate="0.125").terms.elements[0].rate.rate == Decimal("0.125")


@pytest.mark.parametrize("text", ["2027-1-5", "2027/01/05", "2027年1月5日", "２０２７-01-05"])
def test_days_as_people_type_them(text):
    agreed = sheet(lump("1", trigger={"kind": "date", "on": "2026-12-31"}))
    assert (
        understood(agreed, elements__0__trigger__on=text).terms.elements[0].trigger.on.isoformat()
        == "2027-01-05"
    )


UNTRIED = sheet(lump("1"))
ROYALTY = sheet(royalty(fixed("0.03")))
TIERED = sheet(royalty(tiers((100, "0.05"), (200, "0.03"), (None, "0.01"))))
PARTS = [{"trigger": after(1), "share": "0.5"}, {"trigger": after(2), "share": "0.5"}]
IN_PARTS = sheet(
    {"kind": "instalments", "id": "fee", "commitment": "contingent", "amount": 100, "parts": PARTS}
)
LIMITED = sheet(royalty(fixed("0.03")), minimum("10"), caps=[cap("90", "royalty", "minimum")])


@pytest.mark.parametrize(
    ("agreed", "typed", "field", "code"),
    [
        # the contradictions that the language refuses, each at its field
        (UNTRIED, {"elements__0__commitment": "option"}, "elements-0-commitment", "option_without_trial"),
        (ROYALTY, {"elements__0__base": "units"}, "elements-0-meter", "no_base"),
        (ROYALTY, {"elements__0__base": "output_value"}, "elements-0-baseline-given", "base_needs_baseline"),
        (IN_PARTS, {"elements__0__parts__1__share": "40"}, "elements-0-parts-0-share", "shares_sum"),
        (TIERED, {"elements__0__rate__tiers__1__up_to": "50"}, "elements-0-rate-tiers-1-up_to", "tiers_order"),
        (ROYALTY, {"elements__0__rate__rate": "-3"}, "elements-0-rate-rate", "negative"),
        (TIERED, {"elements__0__rate__tiers__2__rate": "-1"}, "elements-0-rate-tiers-2-rate", "negative"),
        (LIMITED, {"caps__0__amount": "5"}, "caps-0-amount", "cap_below_minimum"),
        (UNTRIED, {"elements__0__trigger__kind": "event", "elements__0__trigger__name": "conversion"},
         "elements-0-trigger-name", "trigger_without_option"),
        (UNTRIED, {"elements__0__trigger__kind": "after", "elements__0__trigger__months": "120"},
         "elements-0-trigger-months", "after_licence_months"),
        # what cannot be read
        (UNTRIED, {"elements__0__amount": "much"}, "elements-0-amount", "not_an_amount"),
        (UNTRIED, {"elements__0__amount": "1.005"}, "elements-0-amount", "not_an_amount"),
        (UNTRIED, {"elements__0__amount": ""}, "elements-0-amount", "missing_field"),
        (UNTRIED, {"elements__0__amount": "9" * 40}, "elements-0-amount", "too_large"),
        (ROYALTY, {"elements__0__rate__rate": "three"}, "elements-0-rate-rate", "not_a_number"),
        (ROYALTY, {"elements__0__rate__rate": "1e5"}, "elements-0-rate-rate", "not_a_number"),
        (ROYALTY, {"term_months": "1.5"}, "term_months", "not_a_count"),
        (ROYALTY, {"term_months": ""}, "term_months", "missing_field"),
        (ROYALTY, {"currency": "XYZ"}, "currency", "unknown_currency"),
        (ROYALTY, {"exclusivity": "odd"}, "exclusivity", "not_a_choice"),
        (ROYALTY, {"elements__0__kind": "gift"}, "elements-0-kind", "not_a_choice"),
        (ROYALTY, {"interest__kind": "hourly"}, "interest-kind", "not_a_choice"),
        (UNTRIED, {"elements__0__trigger__kind": "date", "elements__0__trigger__on": "2027-02-30"},
         "elements-0-trigger-on", "not_date"),
        (ROYALTY, {"report__evidence": "x" * 501}, "report-evidence", "too_long"),
    ],
)  # fmt: skip
def test_each_finding_stands_at_its_field(agreed, typed, field, code):
    found = understood(agreed, **typed)
    assert not found.is_sound
    assert [(name, one.code) for name, problems in found.errors.items() for one in problems] == [
        (field, code)
    ]
    assert all(found.errors[field][0].message(lang) for lang in ("zh-hans", "en"))


def test_the_words_go_on_while_a_field_is_wrong():
    found = understood(sheet(lump("5"), royalty(fixed("0.03"))), elements__0__amount="five", term_months="")
    assert found.terms is None
    assert [element.id for element in found.partial.elements] == ["royalty"]
    assert found.partial.term_months == terms.Terms().term_months


def test_warnings_do_not_refuse():
    over = understood(sheet(royalty(fixed("0.22")), open_licence=True))
    assert over.is_sound
    assert {name: [one.code for one in found] for name, found in over.warnings.items()} == {
        "elements-0-rate-rate": ["ceiling_net_sales"]
    }
    assert all(one.source for found in over.warnings.values() for one in found)


def acted(agreed, *wanted):
    draft = editor.draft_of(agreed)
    for one in wanted:
        draft = editor.act(draft, one)
    return draft


def test_rows_are_added_moved_copied_and_removed():
    agreed = sheet(lump("5"), royalty(fixed("0.03")), caps=[cap("9", "fee", "royalty")])
    draft = acted(agreed, "copy elements-1", "up elements-2", "add elements minimum", "remove elements-0")
    assert [row["id"] for row in draft["elements"]] == ["royalty_2", "royalty", "minimum"]
    assert draft["elements"][2]["counts"] == ["royalty_2", "royalty"]
    assert draft["caps"][0]["counts"] == ["royalty"]  # what is gone is counted no longer
    draft = editor.act(draft, "add elements-0-parts")
    assert acted(TIERED, "add elements-0-rate-tiers")["elements"][0]["rate"]["tiers"][2] == {
        "up_to": "",
        "rate": "",
    }


def test_conditions_are_joined_and_parted():
    draft = acted(sheet(lump("5")), "join elements-0-trigger any")
    assert draft["elements"][0]["trigger"]["months"] == "12"
    draft = editor.act(draft, "join elements-0-trigger any")
    draft = editor.act(draft, "join elements-0-trigger-of-1 all")
    draft["elements"][0]["trigger"]["of"][1]["of"][0] = {
        "kind": "threshold",
        "meter": "net_sales",
        "at_least": "500万",
    }
    trigger = editor.understand(draft).terms.elements[0].trigger
    assert (
        trigger
        == sheet(lump("5", trigger=any_of(after(12), all_of(reach("5_000_000"), event("first_income")))))
        .elements[0]
        .trigger
    )
    assert editor.act(draft, "remove elements-²") == draft
    draft = editor.act(draft, "remove elements-0-trigger-of-1")
    assert draft["elements"][0]["trigger"]["kind"] == "after"
    assert editor.act(draft, "drop elements-0-trigger")["elements"][0]["trigger"] == {"kind": ""}


def test_another_kind_shows_the_fields_it_needs():
    data = editor.fields(editor.draft_of(ROYALTY)) | {"elements-0-rate-kind": "tiers"}
    shown = editor.fields(editor.act(editor.from_fields(data), "show"))
    assert shown["elements-0-rate-tiers-0-rate"] == "3"
    assert "elements-0-rate-tiers-1-rate" in shown
    assert "elements-0-rate-rate" not in shown
