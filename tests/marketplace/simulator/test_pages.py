"""The public page: the same figures as command and API, addresses that open again, and what odd input meets."""

import json
import re
from io import BytesIO, StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.urls import reverse
from pyhanko.pdf_utils.reader import PdfFileReader

from marketplace.clock import today
from marketplace.money import Money
from marketplace.programmes.models import PilotProgramme
from marketplace.programmes.starts import terms_of
from marketplace.simulator.views import public
from marketplace.terms import write
from marketplace.terms.presets import PRESETS, preset
from tests.flows.browser import filled_in

from .test_examples import CHARGES, read

PAGE = "/zh-hans/simulator/"


def shown(response):
    return response.context["playing"]


def plain(response) -> str:
    return re.sub(r"<[^>]+>", " ", response.content.decode())


@pytest.mark.parametrize("name", sorted(CHARGES))
def test_page_command_and_api_give_the_same_figures(client, db, name):
    wanted = read(name, "result")
    page = client.get(PAGE, {"example": name})
    assert page.status_code == 200
    assert shown(page).answer == wanted
    text = plain(page)
    for charge in wanted["charges"]:
        assert Money(charge["amount"], wanted["currency"]).format() in text
        assert charge["working"]["zh"][-1] in text
    document = client.get(PAGE, {"example": name, "export": "json"}).json()
    assert document["answer"] == wanted
    by_api = client.post(
        "/api/v1/terms/simulate",
        json.dumps({"terms": document["terms"], "scenario": document["scenario"]}),
        content_type="application/json",
    )
    by_command = StringIO()
    call_command("simulate_terms", example=name, as_json=True, stdout=by_command)
    assert by_api.json() == json.loads(by_command.getvalue()) == wanted


@pytest.mark.parametrize("name", sorted(PRESETS))
@pytest.mark.parametrize("lang", ["zh-hans", "en"])
def test_every_preset_opens_without_signing_in(client, db, name, lang):
    page = client.get(f"/{lang}/simulator/", {"preset": name, "scenario": "fast"})
    assert page.status_code == 200
    assert page.context["charts"][0][1].sheet.width == 760


def test_what_was_typed_is_in_the_address_and_opens_again(client, db):
    first = client.get(PAGE, {"preset": "entry_royalty", "start": "2026-01-01"})
    sent = dict(shown(first).form.data) | {
        "preset": "entry_royalty", "base": "expected", "was": "2026-01-01", "was_by": "year",
        "m0_2": "7,000,000", "t.elements.1.rate.rate": "5", "e0": "2026-10-01",
    }  # fmt: skip
    answer = client.get(PAGE, sent)
    assert answer.status_code == 302
    assert answer["Location"] == (
        f"{PAGE}?preset=entry_royalty&scenario=expected&start=2026-01-01&m0_2=7%2C000%2C000&e0=2026-10-01"
        "&t.elements.1.rate.rate=5"
    )
    again = client.get(answer["Location"])
    assert shown(again).form.assumed().paths["net_sales"][2] == 7_000_000_00
    assert (shown(again).own, shown(again).changed.element("royalty").rate.rate * 100) == (True, 5)
    assert [row.label for row in again.context["compared"]][:2] == ["合计", "首次付款"]
    [words] = again.context["changes"][0]["groups"]
    assert (words.what, len(words.lines)) == ("changed", 1)


def test_another_scenario_replaces_the_path_and_keeps_changed_figures(client, db):
    sent = {
        "preset": "royalty", "start": "2026-01-01", "base": "expected", "was": "2026-01-01", "scenario": "slow",
        "m0_0": "1", "t.elements.0.rate.rate": "4",
    }  # fmt: skip
    assert client.get(PAGE, sent)["Location"] == (
        f"{PAGE}?preset=royalty&scenario=slow&start=2026-01-01&t.elements.0.rate.rate=4"
    )


def test_another_effective_date_moves_the_days_that_nobody_touched(client, db):
    first = client.get(PAGE, {"preset": "entry_royalty", "start": "2026-01-01"})
    sent = dict(shown(first).form.data) | {"preset": "entry_royalty", "base": "expected", "was": "2026-01-01"}
    moved = client.get(PAGE, sent | {"start": "2030-01-01"})
    assert moved["Location"] == f"{PAGE}?preset=entry_royalty&scenario=expected&start=2030-01-01"
    touched = client.get(PAGE, sent | {"start": "2030-01-01", "e0": "2031-01-01"})
    assert touched["Location"].endswith("&start=2030-01-01&e0=2031-01-01")


def test_by_period_says_the_same_sales_period_by_period(client, db):
    sent = {
        "preset": "royalty",
        "start": "2026-01-01",
        "base": "expected",
        "was": "2026-01-01",
        "by": "period",
    }
    page = client.get(client.get(PAGE, sent | {"m0_0": "1,200,000"})["Location"])
    assert [field.value() for _label, (field,) in shown(page).form.path_rows()][:4] == ["300,000"] * 4


def test_odd_input_is_refused_with_words_and_stays(client, db):
    page = client.get(PAGE, {"preset": "royalty", "start": "2026-01-01", "m0_1": "lots", "base": "expected"})
    assert page.status_code == 422
    assert "请输入金额" in plain(page)
    assert 'value="lots"' in page.content.decode()
    wrong = client.get(PAGE, {"preset": "entry_royalty", "t.caps.0.amount": "5"})
    assert wrong.status_code == 422
    assert "低于最低提成" in plain(wrong)


@pytest.mark.parametrize(
    "query",
    [
        {"start": "0001-01-01"},
        {"start": "31.12.2026"},
        {"m0_0": "9" * 29},
        {"m0_0": "-1"},
        {"e0": "2026-02-30"},
        {"converts": "perhaps"},
        {"by": "x"},
        {"t.trial.months": "-3"},
        {"t.term_months": "999999"},
        {"t.term_months": "1e9"},
        {"t.elements.1.rate.rate": "NaN"},
        {"t.elements.1.rate.rate": "5" * 20},
        {"t.elements.0.amount": "1.001"},
    ],
)
def test_no_input_breaks_the_page(client, db, query):
    page = client.get(PAGE, {"preset": "entry_royalty", **query})
    assert page.status_code == 422
    assert page.context["form"].errors


@pytest.mark.parametrize("query", [{"scenario": "x"}, {"was": "x"}, {"base": "x"}, {"t.no": "1"}])
def test_unknown_words_are_left_aside(client, db, query):
    assert client.get(PAGE, {"preset": "royalty", **query}).status_code in (200, 302)


@pytest.mark.parametrize(
    "query", [{"preset": "x"}, {"example": "../x"}, {"listing": "UF-1"}, {"example": "D99"}]
)
def test_unknown_sources_are_no_page(client, db, query):
    assert client.get(PAGE, query).status_code == 404


def test_whole_terms_are_compared_and_stand_in_no_address(client, db):
    other = json.dumps(write(preset("royalty", rate="4")))
    page = client.post(PAGE, {"preset": "royalty", "start": "2026-01-01", "terms": other})
    assert page.status_code == 200
    assert page.context["address"] == ""
    assert page.context["difference"].endswith("元。") or "¥" in page.context["difference"]
    sheet = client.post(PAGE, {"preset": "royalty", "start": "2026-01-01", "terms": other, "export": "csv"})
    assert sheet["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"moon": 1}', '{"term_months": 0}', '{"elements": [{"kind": "x"}]}']
)
def test_terms_that_cannot_be_read_are_refused_and_kept(client, db, text):
    page = client.post(PAGE, {"preset": "royalty", "terms": text})
    assert page.status_code == 422
    assert page.context["form"].non_field_errors()
    assert page.context["playing"].sent_terms == text


def test_terms_that_would_take_too_long_are_refused(client, db):
    many = write(preset("royalty", term_months="480", report_every="month"))
    one = many["elements"][0]
    many["elements"] = [one | {"id": f"royalty{n}"} for n in range(20)]
    page = client.post(PAGE, {"preset": "royalty", "terms": json.dumps(many)})
    assert (page.status_code, "9640" in plain(page)) == (422, True)
    scenario = {"facts": {"effective_on": "2026-01-01"}, "until": "2066-01-01"}
    body = json.dumps({"terms": many, "scenario": scenario})
    assert client.post("/api/v1/terms/simulate", body, content_type="application/json").status_code == 422


def test_visitors_are_limited_in_rate_and_size(client, db, monkeypatch):
    assert client.post(PAGE, {"preset": "royalty", "terms": " " * 300_000}).status_code == 413
    monkeypatch.setattr(public, "PAGES_PER_MINUTE", 0)
    assert client.get(PAGE).status_code == 429


def test_a_fragment_comes_with_its_address(client, db):
    page = client.get(PAGE, {"preset": "royalty", "start": "2026-01-01"}, headers={"HX-Request": "true"})
    assert page["HX-Replace-Url"] == f"{PAGE}?preset=royalty&scenario=expected&start=2026-01-01"
    text = page.content.decode()
    assert text.startswith('<div id="answer"')
    assert 'hx-swap-oob="true"' in text


@pytest.mark.parametrize("kind", ["pdf", "xlsx", "csv", "json"])
def test_exports(client, db, kind):
    answer = client.get(PAGE, {"preset": "entry_royalty", "t.elements.1.rate.rate": "5", "export": kind})
    assert answer.status_code == 200
    if kind == "pdf":
        assert answer.content.startswith(b"%PDF")
    assert client.get(PAGE, {"export": "exe"}).status_code == 400


@pytest.mark.parametrize("query", [{"preset": "royalty"}, {"example": "D23"}, {"preset": "free"}])
def test_queries_of_a_visitor(client, db, query, django_assert_num_queries):
    client.get(PAGE, query)
    with django_assert_num_queries(1):
        client.get(PAGE, query)
    with django_assert_num_queries(0):
        client.get(PAGE, query, headers={"HX-Request": "true"})


@pytest.mark.parametrize("lang", ["zh-hans", "en"])
@pytest.mark.parametrize(
    "query",
    [
        {"preset": "entry_royalty", "t.elements.1.rate.rate": "5"},
        {"example": "D11"},
        {"example": "D23", "scenario": "fast"},
    ],
)
def test_print_sheet_is_one_page(client, db, lang, query):
    pdf = client.get(f"/{lang}/simulator/", {**query, "export": "pdf"}).content
    assert PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"] == 1


def test_behind_a_proxy_each_visitor_has_a_limit_of_their_own(client, db, monkeypatch, settings):
    monkeypatch.setattr(public, "PAGES_PER_MINUTE", 1)
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    found = [
        client.get(
            PAGE, {"preset": "free"}, headers={"X-Forwarded-For": f"203.0.113.9, {address}"}
        ).status_code
        for address in ("198.51.100.1", "198.51.100.1", "198.51.100.2")
    ]
    assert found == [200, 429, 200]


def test_every_pilot_opens_with_its_own_rules(client, db):
    call_command("load_programmes", verbosity=0)
    found = list(PilotProgramme.objects.all())
    assert found
    for one in found:
        page = client.get(PAGE, {"programme": one.code})
        assert (page.status_code, shown(page).source.title) == (200, one.name)
        assert shown(page).agreed == terms_of(one.rules_on(today()))[0]
    assert client.get(PAGE, {"programme": "x"}).status_code == 404


def editor_of(client, query):
    """The editor as it opens, and what a browser would send of it."""
    page = client.post(reverse("simulator_terms"), query)
    soup = BeautifulSoup(page.content, "lxml")
    return filled_in(soup.select_one("#terms-form"), soup)


def test_terms_are_changed_in_the_editor_and_both_versions_shown(client, db):
    played = {
        "preset": "royalty",
        "start": "2026-01-01",
        "scenario": "fast",
        "base": "fast",
        "m0_0": "1,000,000",
    }
    sent = editor_of(client, played)
    assert sent["elements-0-rate-rate"] == "3"
    page = client.post(reverse("simulator_terms"), sent | {"elements-0-rate-rate": "4", "compare": "1"})
    playing = page.context["playing"]
    assert (playing.key, playing.form.data["m0_0"]) == ("fast", "1,000,000")
    assert playing.then.total * 3 == playing.course.total * 4 > 0
    assert [version["course"] for version in page.context["both"]] == [playing.course, playing.then]
    # a slider that is moved afterwards keeps the changed terms
    soup = BeautifulSoup(page.content, "lxml")
    moved = filled_in(soup.select_one("#play"), soup) | {"scenario": "nothing"}
    assert soup.select_one("#play")["method"] == "post"
    later = client.post(soup.select_one("#play")["action"], moved).context["playing"]
    assert (later.key, later.changed == playing.changed) == ("nothing", True)


def test_figures_that_were_turned_are_in_the_editor(client, db):
    sent = editor_of(client, {"preset": "royalty", "start": "2026-01-01", "t.elements.0.rate.rate": "5"})
    assert sent["elements-0-rate-rate"] == "5"


@pytest.mark.parametrize("lang", ["en", "zh-hans"])
def test_terms_that_contradict_themselves_stay_in_the_editor(client, db, lang):
    address = f"/{lang}/simulator/terms/"
    sent = editor_of(client, {"preset": "royalty"})
    page = client.post(address, sent | {"elements-0-rate-rate": "-4", "compare": "1"})
    assert page.status_code == 422
    assert ("不能为负数。" if lang == "zh-hans" else "May not be negative.") in page.content.decode()
    words = client.post(f"{address}?words=1", sent | {"elements-0-rate-rate": "7"})
    assert "7 %" in words.content.decode()


def test_what_it_comes_to_when_nothing_is_sold_is_said_at_once(client, db):
    page = client.get(PAGE, {"preset": "entry_royalty", "start": "2026-01-01"})
    nothing = client.get(PAGE, {"preset": "entry_royalty", "start": "2026-01-01", "scenario": "nothing"})
    assert page.context["sums"][-1].value == nothing.context["sums"][0].value != page.context["sums"][0].value
