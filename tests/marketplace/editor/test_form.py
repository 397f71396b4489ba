"""The form of terms as a browser uses it: every field once, nothing lost, every act without a script."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import override
from hypothesis import given, settings

from marketplace import terms
from marketplace.editor.forms import TermsForm
from marketplace.editor.starts import Start
from marketplace.editor.words import shown
from marketplace.terms import editor
from marketplace.terms.presets import PRESETS, preset
from tests.contracts.rating.samples import (
    after,
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
from tests.flows.browser import filled_in
from tests.marketplace.terms.strategies import any_terms

RICH = sheet(
    royalty(tiers((100, "0.05"), (None, "0.01")), stacking={"offset": "0.5", "floor": "0.01"},
            combinations=[{"own": 1, "other": 2}], trigger=any_of(after(3), reach(5), event("first_income")),
            baseline={"quantity": 5}),
    {"kind": "instalments", "id": "parts", "commitment": "option", "amount": 100,
     "parts": [{"trigger": after(1)}, {"trigger": any_of(after(2), event("x"))}]},
    minimum("5"),
    lump("7"),
    trial={"months": 3},
    interest={"kind": "monthly", "rate": "0.01"},
    caps=[cap("9", "royalty")],
)  # fmt: skip


def page(form, lang="en"):
    """The form as a page shows it."""
    from bs4 import BeautifulSoup

    with override(lang):
        html = render_to_string("editor/_editor.html", shown(form))
        beside = render_to_string("editor/_words.html", shown(form))
    return BeautifulSoup(f"<form method=post>{html}{beside}</form>", "lxml")


def sent(soup, **typed):
    """What a browser would send of the page, some fields typed anew."""
    data = QueryDict(mutable=True)
    filled = filled_in(soup.form, soup) | {name.replace("__", "-"): value for name, value in typed.items()}
    for name, value in filled.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


@pytest.mark.parametrize("agreed", [RICH, *(preset(key) for key in PRESETS)])
def test_every_field_stands_on_the_page_once_and_comes_back(agreed):
    soup = page(TermsForm(start=Start.of(agreed)))
    ids = [one["id"] for one in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    form = TermsForm(sent(soup))
    assert form.is_valid(), form.errors
    assert terms.hash_of(form.terms) == terms.hash_of(agreed)


@settings(deadline=None, max_examples=15)
@given(any_terms)
def test_any_terms_come_back_through_the_page(agreed):
    data = sent(page(TermsForm(start=Start.of(agreed))))
    assert editor.understand(editor.from_fields(data)).terms == agreed


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_what_is_wrong_stands_at_its_field_and_in_the_summary(lang):
    data = sent(
        page(TermsForm(start=Start.of(RICH))), elements__0__rate__tiers__0__rate="-5", caps__0__amount="viel"
    )
    with override(lang):
        form = TermsForm(data)
        assert not form.is_valid()
        assert set(form.errors) == {"caps-0-amount"}  # contradictions are looked for in what can be read
        soup = page(form, lang)
    field = soup.select_one("#at-caps-0-amount")
    assert field.select_one(".errors")
    assert field.select_one("input")["value"] == "viel"
    assert soup.select_one(".error-summary a")["href"] == "#at-caps-0-amount"
    data = sent(soup, caps__0__amount="90")
    soup = page(TermsForm(data), lang)
    assert soup.select_one("#at-elements-0-rate-tiers-0-rate .errors")


def test_an_act_gives_the_form_again_without_complaints_and_keeps_what_was_typed():
    data = sent(page(TermsForm(start=Start.of(RICH))), elements__3__amount="half a million")
    data["do"] = "add elements royalty"
    form = TermsForm(data)
    soup = page(form)
    assert not form.errors
    assert soup.select_one("#id_elements-3-amount")["value"] == "half a million"
    cards = soup.select(".terms-card")
    assert [card.has_attr("open") for card in cards] == [False] * 4 + [True]
    assert soup.select_one("#id_elements-4-id")["value"] == "royalty_2"


def test_only_what_the_chosen_kind_needs_is_shown():
    soup = page(TermsForm(start=Start.of(sheet(royalty(fixed("0.03"))))))
    assert soup.select_one("#id_elements-0-meter")["type"] == "hidden"
    assert not soup.select_one("#id_elements-0-baseline-quantity")
    data = sent(soup, elements__0__base="units", do="give elements-0-free")
    soup = page(TermsForm(data))
    assert soup.select_one("#id_elements-0-meter")["type"] == "text"
    assert soup.select_one("#id_elements-0-free-quantity")
    units = TermsForm(
        sent(
            soup, elements__0__meter="件", elements__0__free__quantity="1,000", elements__0__rate__rate="2.5"
        )
    )
    assert units.is_valid(), units.errors
    assert units.terms.elements[0].free.quantity == 1000


def test_values_nobody_has_stated_are_marked_until_somebody_does():
    start = Start.proposing(preset("entry_royalty"))
    soup = page(TermsForm(start=start))
    assert "Our proposal" in soup.select_one("#at-elements-0-amount").get_text()
    moved = page(TermsForm(sent(soup, do="down elements-0", elements__0__amount="70,000"), start=start))
    assert "Our proposal" not in moved.select_one("#at-elements-1-amount").get_text()
    assert "Our proposal" in moved.select_one("#at-elements-0-rate-rate").get_text()
    assert not page(TermsForm(start=Start.of(preset("entry_royalty")))).select(".proposal")


def test_a_document_is_taken_over_and_taken_along():
    upload = SimpleUploadedFile("terms.json", json.dumps(terms.write(RICH)).encode())
    form = TermsForm(QueryDict("do=load"), {"terms_file": upload})
    assert form.door_problems == []
    form = TermsForm(sent(page(form), do="download"))
    assert json.loads(form.download().content) == terms.write(RICH)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ('{"colour": 1}', "colour: Unknown field"),
        ('{"elements": [{"kind": "gift"}]}', "elements[0].kind: Must be one of"),
        ("{", "Not valid JSON"),
        ("", "Choose a file"),
        (" " * 300_000 + "{}", "Unknown"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_with_where_and_why(document, said):
    start = page(TermsForm(start=Start.of(RICH)))
    data = sent(start, do="load", terms_json=document)
    with override("en"):
        form = TermsForm(data)
        if document.strip() == "{}":
            assert form.door_problems == []
            return
        assert said in form.door_problems[0]
    assert sent(page(form))["elements-3-amount"] == "7.00"
