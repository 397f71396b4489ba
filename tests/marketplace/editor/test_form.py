"""The form of terms as a browser uses it: every field once, nothing lost, every act without a script."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import override
from hypothesis import given, settings

from marketplace import terms
from marketplace.editor.forms import TermsForm, with_own_words
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


ROYALTY = sheet(royalty(fixed("0.03")))
TIERED = sheet(royalty(tiers((100, "0.05"), (200, "0.03"), (None, "0.01"))))
CAPPED = sheet(royalty(fixed("0.03")), minimum("5"), caps=[cap("9", "royalty", "minimum")])


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
    assert editor.understand(editor.from_fields(with_own_words(data))).terms == agreed


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


CONTRADICTIONS = [
    ("an option without a day to decide by", sheet(lump("1"), term_months=60), {"elements__0__commitment": "option"},
     "elements-0-commitment", "没有转化决定的截止日", "no day by which to decide"),
    ("no base", ROYALTY, {"elements__0__base": ""}, "elements-0-base", "缺少必填字段", "required"),
    ("no meter", ROYALTY, {"elements__0__base": "units"}, "elements-0-meter", "须写明计量项目", "must name its meter"),
    ("shares", RICH, {"elements__1__parts__0__share": "30", "elements__1__parts__1__share": "60"},
     "elements-1-parts-0-share", "须为 100 %，现为 90 %", "they sum to 90 %"),
    ("tiers", TIERED, {"elements__0__rate__tiers__1__up_to": "50"}, "elements-0-rate-tiers-1-up_to", "档位重叠",
     "Tiers overlap"),
    ("a negative rate", ROYALTY, {"elements__0__rate__rate": "-1"}, "elements-0-rate-rate", "不能为负数",
     "May not be negative"),
    ("cap below minimum", CAPPED, {"caps__0__amount": "3"}, "caps-0-amount", "低于最低提成", "below the minimum"),
    ("a trigger that never fires", sheet(lump("1", trigger=event("x"))), {"elements__0__trigger__name": "conversion"},
     "elements-0-trigger-name", "永远不会成就", "can never be met"),
    ("nothing in a condition", sheet(lump("1", trigger=after(1))), {"elements__0__trigger__months": ""},
     "elements-0-trigger-months", "缺少必填字段", "required"),
    ("after the licence", sheet(lump("1", trigger=after(1))), {"elements__0__trigger__months": "120"},
     "elements-0-trigger-months", "晚于许可期限", "after the licence ends"),
]  # fmt: skip


@pytest.mark.parametrize(("agreed", "typed", "field", "zh", "en"), [one[1:] for one in CONTRADICTIONS],
                         ids=[one[0] for one in CONTRADICTIONS])  # fmt: skip
def test_contradictions_are_refused_at_their_field_in_both_languages(agreed, typed, field, zh, en):
    data = sent(page(TermsForm(start=Start.of(agreed))), **typed)
    for lang, words in (("zh-hans", zh), ("en", en)):
        with override(lang):
            soup = page(TermsForm(data), lang)
        assert words in soup.select_one(f"#at-{field} .errors").get_text()
        assert words in soup.select_one(f".error-summary a[href='#at-{field}']").get_text()
        assert words in soup.select_one(f".terms-found [data-at='at-{field}']").get_text()


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


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_words_of_the_format_are_chosen_by_what_they_mean(lang):
    """Events, milestones and meters: the known ones by their meaning, others in the parties' own words."""
    known = sheet(lump("1", trigger=any_of(event("first_income"), event("milestone:launch"), reach(5))))
    with override(lang):
        soup = page(TermsForm(start=Start.of(known)), lang)
    chosen = [one.get_text() for one in soup.select(".known-or-own option[selected]")]
    assert (
        chosen
        == {
            "zh-hans": ["取得首笔收入", "里程碑“产品上市”", "净销售额"],
            "en": ["first income from the product or service", "milestone “product launch”", "net sales"],
        }[lang]
    )
    shown_words = soup.get_text()
    assert not [
        code for code in ("first_income", "milestone:", "net_sales", "launch”。") if code in shown_words
    ]

    typed = {"own:elements-0-trigger-of-0-name": "首台样机下线", "elements-0-trigger-of-1-name": "milestone:",
             "own:elements-0-trigger-of-1-name": "试生产"}  # fmt: skip
    form = TermsForm(sent(soup, **typed))
    assert form.is_valid(), form.errors
    assert [leaf.name for leaf in form.terms.elements[0].trigger.of[:2]] == [
        "首台样机下线",
        "milestone:试生产",
    ]
    again = page(TermsForm(start=Start.of(form.terms)), lang)
    assert [one["value"] for one in again.select(".known-or-own input[type=text]")] == [
        "首台样机下线",
        "试生产",
        "",
    ]


def test_a_milestone_without_its_name_is_refused():
    soup = page(TermsForm(start=Start.of(sheet(lump("1", trigger=event("first_income"))))))
    form = TermsForm(sent(soup, **{"elements-0-trigger-name": "milestone:"}))
    assert list(form.errors) == ["elements-0-trigger-name"]


def test_deemed_reports_are_agreed_in_the_editor():
    soup = page(TermsForm(start=Start.of(ROYALTY)))
    given = sent(soup, do="give report-deemed")
    soup = page(TermsForm(given))
    form = TermsForm(sent(soup, **{"report-deemed-days": "20", "report-deemed-factor": "120"}))
    assert form.is_valid(), form.errors
    assert terms.write(form.terms)["report"]["deemed"] == {"days": 20, "basis": "last", "factor": "1.2"}


@pytest.mark.parametrize(("was", "now"), [("daily", "monthly"), ("monthly", "daily")])
@pytest.mark.parametrize("do", ["show interest-kind", ""])
def test_late_interest_per_day_never_becomes_the_same_figure_per_month(was, now, do):
    start = Start.of(sheet(royalty(fixed("0.03")), interest={"kind": was, "rate": "0.0005"}))
    typed = {"interest-kind": now} | ({"do": do} if do else {})
    form = TermsForm(sent(page(TermsForm(start=start)), **typed), start=start)
    soup = page(form)
    assert soup.select_one("[name=interest-rate]").get("value", "") == ""
    assert "利率 0.05%" in soup.select_one("#at-interest-rate").text  # and what it was
    assert form.is_valid() is False
    kept = TermsForm(sent(soup, **{"interest-rate": "1.5"}), start=start)
    assert kept.is_valid(), kept.errors
    assert (kept.terms.interest.kind, str(kept.terms.interest.rate)) == (now, "0.015")
