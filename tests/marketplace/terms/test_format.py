"""Reading and writing terms: exact round trip, nothing unknown, one canonical form, a schema that agrees."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace import terms
from marketplace.terms.presets import PRESETS, preset
from marketplace.terms.schema import json_schema
from marketplace.terms.words import one_line, plain_words
from tests.contracts.rating.generate import documents

ROYALTY = {"kind": "royalty", "id": "r", "commitment": "contingent", "base": "net_sales",
           "rate": {"kind": "fixed", "rate": "0.03"}}  # fmt: skip
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def problems(document):
    with pytest.raises(terms.TermsError) as refused:
        terms.read(document)
    return [(problem.path, problem.code) for problem in refused.value.problems]


@settings(deadline=None, max_examples=50)
@given(documents())
def test_round_trip_is_exact_and_fits_the_schema(document):
    agreed = terms.read(document)
    written = terms.write(agreed)
    assert terms.read(written) == agreed
    assert terms.write(terms.read(json.dumps(written))) == written
    assert terms.canonical(terms.read(terms.canonical(agreed))) == terms.canonical(agreed)
    VALIDATOR.validate(document)
    VALIDATOR.validate(written)


def test_what_may_be_none_survives():
    agreed = terms.read({"audit": None})
    assert agreed.audit is None
    assert terms.read(terms.write(agreed)) == agreed
    VALIDATOR.validate(terms.write(agreed))


def test_one_hash_per_meaning():
    plain = terms.read({"elements": [ROYALTY]})
    same = terms.read(
        {"currency": "CNY", "elements": [{**ROYALTY, "rate": {"kind": "fixed", "rate": "0.0300"}}]}
    )
    other = terms.read({"elements": [{**ROYALTY, "rate": {"kind": "fixed", "rate": "0.031"}}]})
    assert terms.hash_of(plain) == terms.hash_of(same) != terms.hash_of(other)


def test_a_field_that_came_later_changes_no_hash_of_terms_that_were_agreed_before():
    agreed = preset("royalty", interest_day="0.05")
    assert terms.hash_of(agreed) == "daf8473f718028ded8e7c37e95bfa4f5f765a436df1b0494f6cd999906338231"
    document = terms.write(agreed)
    assert "charged" not in document["interest"]
    document["interest"]["charged"] = "on_payment"
    assert terms.hash_of(terms.read(document)) == terms.hash_of(agreed)
    monthly = preset("royalty", interest_day="0.05", interest_charged="monthly")
    assert terms.write(monthly)["interest"] == {"kind": "daily", "rate": "0.0005", "charged": "monthly"}
    document["interest"]["charged"] = "yearly"
    with pytest.raises(terms.TermsError) as refused:
        terms.read(document)
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ("interest.charged", "not_a_choice")
    assert all("on_payment, monthly" in problem.message(lang) for lang in ("zh-hans", "en"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"colour": 1}, [("colour", "unknown_field")]),
        ({"elements": [{**ROYALTY, "rates": 1}]}, [("elements[0].rates", "unknown_field")]),
        ({"elements": [{"kind": "gift"}]}, [("elements[0].kind", "not_a_choice")]),
        ({"elements": [{"kind": ["royalty"]}]}, [("elements[0].kind", "not_a_choice")]),
        ({"elements": [{**ROYALTY, "base": None}]}, [("elements[0].base", "missing_field")]),
        ({"elements": [{**ROYALTY, "rate": {"kind": "fixed", "rate": 0.03}}]},
         [("elements[0].rate.rate", "not_decimal")]),
        ({"elements": [{**ROYALTY, "rate": {"kind": "fixed", "rate": "NaN"}}]},
         [("elements[0].rate.rate", "not_decimal")]),
        ({"elements": [{**ROYALTY, "rate": {"kind": "fixed", "rate": "1e-40"}}]},
         [("elements[0].rate.rate", "not_decimal")]),
        ({"elements": [{**ROYALTY, "rate": {"kind": "fixed", "rate": "1_0"}}]},
         [("elements[0].rate.rate", "not_decimal")]),
        ({"elements": [{**ROYALTY, "rate": {"kind": "fixed", "rate": "0." + "1" * 13}}]},
         [("elements[0].rate.rate", "too_large")]),
        ({"elements": [{**ROYALTY, "trigger": {"kind": "date", "on": "2027-W01-1"}}]},
         [("elements[0].trigger.on", "not_date")]),
        ({"fields": ["a\x00b"]}, [("fields[0]", "bad_text")]),
        ('{"fields": ["\\ud800"]}', [("fields[0]", "bad_text")]),
        ({"term_months": "60"}, [("term_months", "not_whole")]),
        ({"term_months": True}, [("term_months", "not_whole")]),
        ({"term_months": 10**30}, [("term_months", "too_large")]),
        ({"trial": {"months": 12, "starts": "tomorrow"}}, [("trial.starts", "not_a_choice")]),
        ({"elements": {}}, [("elements", "not_list")]),
        ({"fields": ["x" * 501]}, [("fields[0]", "too_long")]),
        ({"report": None, "currency": 3}, [("currency", "not_text"), ("report", "null_field")]),
        ({"format": 2}, [("format", "unknown_format")]),
        ([], [("", "not_object")]),
        ("{", [("", "not_json")]),
        ('{"currency": "CNY", "currency": "USD"}', [("", "repeated_field")]),
        ('{"elements": [{"amount": 1.0}]}', [("elements[0].kind", "not_a_choice")]),
    ],
)  # fmt: skip
def test_reading_refuses_and_says_where(document, expected):
    assert problems(document) == expected
    if isinstance(document, dict):
        assert not VALIDATOR.is_valid(document) or expected[0][1] in ("too_large", "too_deep", "bad_text")


def test_triggers_cannot_nest_without_end():
    trigger = {"kind": "date", "on": "2027-01-01"}
    for _ in range(40):
        trigger = {"kind": "any", "of": [trigger]}
    assert [code for _, code in problems({"elements": [{**ROYALTY, "trigger": trigger}]})] == ["too_deep"]


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_every_message_can_be_said(lang):
    with pytest.raises(terms.TermsError) as refused:
        terms.read({"colour": 1, "trial": {"months": "x", "starts": 1}, "elements": 3})
    assert all(problem.message(lang) for problem in refused.value.problems)


def test_the_published_schema_is_the_one_of_the_code():
    published = Path(__file__).parents[3] / "docs" / "terms.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize("key", PRESETS)
def test_presets_are_sound_and_fit_the_schema(key):
    agreed = preset(key)
    assert terms.check(agreed) == []
    VALIDATOR.validate(terms.write(agreed))


def test_the_example_of_the_documentation_is_true():
    page = (Path(__file__).parents[3] / "docs" / "terms.md").read_text(encoding="utf-8")
    example = page.split("```json\n", 1)[1].split("```", 1)[0]
    agreed = terms.read(example)
    assert terms.check(agreed) == []
    assert f"> {one_line(agreed, 'zh-hans')}" in page
    assert f"> {one_line(agreed, 'en')}" in page


def test_every_example_of_an_element_in_the_documentation_is_true():
    page = (Path(__file__).parents[3] / "docs" / "terms.md").read_text(encoding="utf-8")
    section = page.split("## Examples of each element", 1)[1].split("\n## ", 1)[0]
    kinds = set()
    for part in section.split("```json\n")[1:]:
        example, said = part.split("```", 1)
        agreed = terms.read(example)
        assert terms.check(agreed) == []
        kinds |= {element.kind for element in agreed.elements}
        for lang, titles in (("zh-hans", ("付款", "封顶")), ("en", ("Payments", "Caps"))):
            for title, lines in plain_words(agreed, lang):
                if title in titles:
                    assert [line for line in lines if f"> {line}\n" not in said] == []
    assert kinds == {member.kind for member in terms.elements.Element.__args__}


def _mutated(document, random):
    """The document with one thing that no reader may take: an unknown field, a wrong type, a word that is no choice."""
    copy = json.loads(json.dumps(document))
    places = []

    def walk(value):
        if isinstance(value, dict):
            places.append(value)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(copy)
    target = random.choice([place for place in places if place])
    name = random.choice(sorted(target))
    change = random.choice(["unknown", "type", "float", "gone"])
    if change == "unknown":
        target["surplus"] = 1
    elif change == "float":
        target[name] = 0.5
    elif change == "gone" and name in ("kind", "id", "commitment", "amount", "rate", "quantity"):
        del target[name]
    else:
        target[name] = {"of": []}
    return copy


@settings(deadline=None, max_examples=150)
@given(documents(), st.randoms(use_true_random=False))
def test_what_the_schema_refuses_the_reader_refuses_and_the_other_way_round(document, random):
    changed = _mutated(document, random)
    found: list[terms.Problem] = []
    try:
        terms.read(changed)
    except terms.TermsError as refused:
        found = refused.problems
    assert all(problem.path and problem.message("zh-hans") for problem in found)
    assert VALIDATOR.is_valid(changed) == (not found)
