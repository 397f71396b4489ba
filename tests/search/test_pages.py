"""The pages of search as a visitor, a member and the operator see them."""

import io
import json
import re
from dataclasses import replace
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from search import engines, matching
from search.engines import DatabaseEngine, database
from search.models import Kind, OutboxRow, SavedSearch, SearchDocument, SynonymSet
from search.viewer import ANONYMOUS
from tests.cms.world import University, person
from tests.factories.ground import make_acting, make_organisation, signed_in
from tests.search.world import BATTERY, MARKET, index

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("database_search")]


@pytest.fixture
def market():
    index(*MARKET)


@pytest.fixture
def scout():
    return make_acting("ENTERPRISE", "SCOUT")


def upload(content: bytes):
    return SimpleUploadedFile("words.csv", content, "text/csv")


@pytest.fixture
def operator():
    return make_acting("OPERATOR", "PROGRAMME_OFFICER")


def test_hit_says_why_it_was_found(client, market):
    page = client.get("/en/search/", {"q": "固态电池"}).content.decode()
    assert "<mark>固态电池</mark>" in page
    assert "12 months free, then 3 % of net sales" in page
    assert "Found in:" in page
    assert "Example University" in page
    found, near = page.split("What comes near")
    assert (found.count('class="card hit"'), near.count('class="card hit"')) == (2, 1)


def test_page_without_javascript_carries_its_choices(client, market):
    page = client.get("/en/search/?q=电池&kind=LISTING&trl=4-6&sort=newest").content.decode()
    assert '<input type="hidden" name="kind" value="LISTING">' in page
    assert (
        'href="/en/search/?q=%E7%94%B5%E6%B1%A0&amp;kind=NEED&amp;trl=4-6&amp;sort=newest"' not in page
    )  # none
    assert 'aria-current="page">Listings <span class="tab-count">1</span>' in page
    assert 'name="trl" value="4-6" form="search-form" checked' in page
    assert '<option value="newest" selected>' in page
    assert "?q=%E7%94%B5%E6%B1%A0&amp;trl=4-6&amp;sort=newest" in page  # the chip takes its filter away


def test_nothing_found_shows_ways_on(client, market, scout):
    page = client.get("/en/search/?q=电池&trl=9&region=42").content.decode()
    assert "Nothing found." in page
    assert "without Technology readiness: TRL 9" in page
    assert "Post this as a need" in page
    page = signed_in(client, scout).get("/en/search/?q=固态飞机").content.decode()
    assert "What comes near" in page
    assert "<mark>固态</mark>" in page


@pytest.mark.parametrize(
    ("typed", "name"),
    [("可 飞行的泡菜坛", "title_zh"), ("flying & pickling", "title_en"), ("泡菜坛" * 50, "problem_zh")],
)
def test_what_nothing_was_found_for_begins_a_need(client, scout, typed, name):
    """Also after the visitor has signed in."""
    page = client.get("/en/search/", {"q": typed, "trl": "9"}).content.decode()
    link = unescape(re.search(r'href="([^"]+)">(?:<svg.*?</svg>)?Post this as a need', page)[1])
    begun = parse_qs(urlsplit(link).query)["next"][0]
    signed_in(client, scout)
    assert f'href="{escape(begun)}"' in client.get("/en/search/", {"q": typed, "trl": "9"}).content.decode()
    assert {k: v for k, v in client.get(begun).context["form"].initial.items() if k != "region"} == {
        name: typed
    }


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_odd_addresses_give_a_page(client, market, language):
    odd = ["q=%00", "q=%ED%A0%80", "q=" + "a" * 3000, "page=-1", "page=x", "page=500", "size=1e9", "sort=;--", "trl=0",
           "kind=<script>", "institution=99999999999999999999", "export=exe", "q=<script>alert(1)</script>", "q=%27%22%5B%28"]  # fmt: skip
    for query in odd:
        answer = client.get(f"/{language}/search/?{query}")
        assert answer.status_code == 200, query
        assert "<script>alert" not in answer.content.decode()


def test_page_behind_the_last_shows_the_last(client):
    from dataclasses import replace

    index(*(replace(BATTERY, page_id=number) for number in range(1, 31)))
    assert client.get("/en/search/?page=2").content.decode().count('class="card hit"') == 10
    assert client.get("/en/search/?page=99").content.decode().count('class="card hit"') == 10


def test_queries_of_the_page_are_few_and_fixed(client, scout, django_assert_num_queries):
    signed_in(client, scout)
    index(BATTERY)
    client.get("/en/search/?q=电池")
    with django_assert_num_queries(12):
        client.get("/en/search/?q=电池&programme=hubei")
    index(*MARKET)
    with django_assert_num_queries(12):
        client.get("/en/search/?q=电池&programme=hubei")


def test_list_is_exported_as_it_is_shown(client, market):
    answer = client.get("/en/search/?q=电池&sort=newest&export=xlsx")
    rows = list(load_workbook(io.BytesIO(answer.content)).active.values)
    assert [row[0] for row in rows[1:]] == ["UF-2026-000001", "UN-2026-000004", "US-2026-000005"]
    assert rows[1][-1] == "http://testserver/en/a/uf-2026-000001/"
    assert rows[2][-1] == "http://testserver/en/needs/un-2026-000004/"
    assert b"UF-2026-000001" in client.get("/en/search/?export=csv").content


def test_suggestions_come_as_json(client, market):
    answer = client.get("/zh-hans/search/suggest/?q=lzmy")
    assert json.loads(answer.content) == {
        "suggestions": [
            {"text": "量子密钥", "url": "/zh-hans/search/?q=%E9%87%8F%E5%AD%90%E5%AF%86%E9%92%A5"},
            {"text": "量子密钥分发终端", "url": "/zh-hans/search/?q=%E9%87%8F%E5%AD%90%E5%AF%86%E9%92%A5%E5%88%86%E5%8F%91%E7%BB%88%E7%AB%AF"},
        ]
    }  # fmt: skip
    assert json.loads(client.get("/en/search/suggest/").content) == {"suggestions": []}


def test_listing_names_what_is_near_and_does_not_wait_for_it(client, drained, monkeypatch):
    uni = University(name_zh="示例大学", name_en="Example University")
    one, other = (
        uni.published(
            title_zh=f"硅碳负极材料的{what}方法", title_en=f"Method of {what} silicon-carbon anodes"
        )
        for what in ("制备", "回收")
    )
    drained()
    page = client.get(one.get_absolute_url()).content.decode()
    assert ("相近的成果" in page, other.title in page, "都涉及" in page) == (True, True, True)
    assert "成果适合的需求" not in page

    def slow(engine, question, limit):
        database._rows("SELECT pg_sleep(20)", ())

    monkeypatch.setattr(DatabaseEngine, "_alike", slow)
    monkeypatch.setattr(matching, "NEAR_SECONDS", 0.1)
    page = client.get(one.get_absolute_url())
    assert page.status_code == 200
    assert page.content.decode().count("暂时未能及时查到") == 2
    assert other.title not in page.content.decode()


def test_what_is_said_of_anything_makes_nothing_alike():
    same = {
        "summary_zh": "能耗降低三成，成本低。",
        "summary_en": "Saves energy instead of adding weight, with less noise.",
    }
    chair = replace(
        BATTERY, page_id=91, title_zh="可折叠座椅", title_en="Folding chair", keywords_zh=(), keywords_en=(),
        body_zh="", body_en="", **same,
    )  # fmt: skip
    pump = replace(chair, page_id=92, title_zh="真空泵", title_en="Vacuum pump")
    bench = replace(chair, page_id=93, title_zh="可折叠座椅与长凳", title_en="Folding bench and chair")
    index(chair, pump, bench)
    [found] = matching.near(SearchDocument.objects.get(pk=91), ANONYMOUS, [Kind.LISTING])
    assert [(match.document.pk, match.reasons[0]) for match in found] == [(93, "都涉及：折叠座椅、成本")]


def test_institutions_are_suggested_while_they_show_something(client, drained):
    uni = University(name_zh="江城理工大学", name_en="Riverside Institute of Technology")
    page = uni.published(visibility="VERIFIED")
    drained()

    def offered(typed):
        cache.clear()
        return [s["text"] for s in client.get(f"/en/search/suggest/?q={typed}").json()["suggestions"]]

    assert offered("jclg") == []
    page.visibility = "PUBLIC"
    page.save()
    drained()
    assert offered("jclg") == offered("江城") == ["江城理工大学"]
    assert offered("riverside") == offered("institute") == ["Riverside Institute of Technology"]


def test_substitute_says_so(client, market, settings):
    settings.ELASTICSEARCH_URL = "http://127.0.0.1:9"
    page = client.get("/en/search/?q=电池").content.decode()
    assert "The search server does not answer" in page
    assert page.count('class="card hit"') == 3
    engines.breaker.reset()


def test_four_are_compared_side_by_side(client, scout, drained):
    uni = University()
    pages = [uni.published(title_en=f"Anode {number}") for number in range(5)]
    hidden = uni.published(title_en="Hidden anode", visibility="VERIFIED")
    drained()
    ids = ",".join(str(page.pk) for page in [hidden, *pages])
    page = client.get(f"/en/search/compare/?ids={ids}").content.decode()
    assert [f"Anode {n}" in page for n in range(5)] == [True, True, True, True, False]
    assert "Hidden anode" not in page
    assert "Up to 4 can be compared" in page
    assert "CN202310000001.X" in page
    assert "first sales income" in page
    assert "<p>Lithium plates when batteries are charged in the cold.</p>" in page  # lines, not a list
    assert "Hidden anode" in signed_in(client, scout).get(f"/en/search/compare/?ids={ids}").content.decode()
    for odd in ("", "?ids=", "?ids=x,,-1", "?ids=999999999999"):
        assert "Nothing to compare." in client.get(f"/en/search/compare/{odd}").content.decode()


def test_search_is_saved_changed_and_deleted(client, market, scout):
    signed_in(client, scout)
    form = {"query": "q=电池&page=3&kind=NEED", "name": "Batteries", "frequency": "DAILY"}
    for _click in range(2):
        assert client.post("/en/search/saved/save/", form).status_code == 302
    search = SavedSearch.objects.get()
    assert (search.query, search.organisation) == ("q=%E7%94%B5%E6%B1%A0&kind=NEED", scout.organisation)
    assert "Batteries" in client.get("/en/search/saved/").content.decode()
    for found, query in ((True, "q=batt&sort=-last"), (False, "q=wind"), (False, "frequency=NEVER")):
        assert found is ("Batteries" in client.get(f"/en/search/saved/?{query}").content.decode())
    assert "Batteries" in client.get("/en/search/saved/?export=csv").content.decode()
    assert search.frequency == "DAILY"
    for wanted in ("NEVER", "hourly"):
        client.post(f"/en/search/saved/{search.pk}/frequency/", {"frequency": wanted})
        assert SavedSearch.objects.get().frequency == "NEVER"
    stranger = make_acting("ENTERPRISE", "SCOUT")
    signed_in(client, stranger)
    assert client.post(f"/en/search/saved/{search.pk}/delete/").status_code == 404
    signed_in(client, scout)
    client.post(f"/en/search/saved/{search.pk}/delete/")
    assert not SavedSearch.objects.exists()


def test_search_for_everything_is_not_saved(client, scout):
    signed_in(client, scout)
    answer = client.post("/en/search/saved/save/", {"query": "page=2", "name": "All"})
    assert answer.status_code == 422
    assert "this search finds everything" in answer.content.decode()


def test_visitor_is_asked_to_sign_in(client):
    for path in ("search/saved/", "search/synonyms/", "search/health/"):
        assert client.get(f"/en/{path}").status_code == 302
    assert client.post("/en/search/saved/save/", {"query": "q=x", "name": "x"}).status_code == 302


def test_operator_keeps_words_that_mean_the_same(
    client, market, operator, django_capture_on_commit_callbacks
):
    SynonymSet.objects.all().delete()
    signed_in(client, operator)
    assert "固态" not in client.get("/en/search/?q=QKD").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/en/search/synonyms/", {"words": "量子密钥，QKD, quantum key", "topic": "information"})
    new = SynonymSet.objects.get()
    assert (new.words, new.topic) == (["量子密钥", "QKD", "quantum key"], "information")
    assert "量子" in client.get("/en/search/?q=QKD").content.decode()
    for wrong in ("one", "", "a" * 61 + ",b", "…,?", ",".join(str(n) for n in range(30)), "qkd, QUANTUM KEY"):
        form = {"words": wrong, "topic": "other"}
        assert client.post("/en/search/synonyms/", form).status_code == 422, wrong
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/en/search/synonyms/{new.pk}/", {"words": "量子密钥, QKX", "topic": "other"})
    assert "量子" not in client.get("/en/search/?q=QKD").content.decode()
    assert "量子" in client.get("/en/search/?q=qkx").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/en/search/synonyms/{new.pk}/remove/")
    assert not SynonymSet.objects.exists()


def test_words_that_mean_the_same_are_filtered_and_sorted(client, operator, django_assert_num_queries):
    signed_in(client, operator)
    page = client.get("/en/search/synonyms/?q=LITHIUM-ion&topic=energy").content.decode()
    assert "锂电池" in page
    assert "石墨烯" not in page
    assert "No set holds that." in client.get("/en/search/synonyms/?q=锂电池&topic=market").content.decode()
    for query in ("", "?sort=words&page=3", "?sort=-topic", "?sort=nonsense&page=x&topic=x&q=%00"):
        with django_assert_num_queries(6):
            assert client.get(f"/en/search/synonyms/{query}").status_code == 200


def test_table_of_words_goes_out_and_comes_back(client, operator):
    signed_in(client, operator)
    before = dict(SynonymSet.objects.values_list("pk", "words"))

    def send(text, encoding="utf-8-sig"):
        return client.post("/en/search/synonyms/import/", {"file": upload(text.encode(encoding))})

    out = client.get("/en/search/synonyms/?export=csv").content.decode("utf-8-sig")
    assert len(out.splitlines()) == len(before) + 1
    assert send(out).status_code == 302
    assert dict(SynonymSet.objects.values_list("pk", "words")) == before
    pk = min(before)
    assert send(f"number,topic,words\n{pk},material,甲乙; ab cd\n,,新词; new word\n").status_code == 422
    assert dict(SynonymSet.objects.values_list("pk", "words")) == before  # one bad line: nothing is written
    assert send(f"{pk},materials,甲乙; ab cd\n,,新词,new word\n", "gb18030").status_code == 302
    assert SynonymSet.objects.get(pk=pk).words == ["甲乙", "ab cd"]
    assert SynonymSet.objects.exclude(pk__in=before).get().words == ["新词", "new word"]
    page = send("1,energy,lonely\n999999,energy,a b; c d\n²,energy,e f; g h\n").content.decode()
    assert "Line 1: Give at least two words" in page
    assert "Line 2: There is no set with the number 999999." in page
    assert "Line 3: There is no set with the number ²." in page


def test_others_do_not_keep_search(client, scout):
    signed_in(client, scout)
    assert client.get("/en/search/synonyms/").status_code == 403
    assert client.post("/en/search/synonyms/", {"words": "a1, b1"}).status_code == 403
    pk = SynonymSet.objects.first().pk
    for path in (f"{pk}/", f"{pk}/remove/", "import/"):
        assert client.post(f"/en/search/synonyms/{path}", {"words": "a1, b1"}).status_code == 403
    assert client.get("/en/search/synonyms/?export=csv").status_code == 403
    assert client.get("/en/search/health/").status_code == 403
    assert client.post("/en/search/health/retry/").status_code == 403


def test_operator_sees_what_was_given_up_and_tries_again(client, operator):
    given_up = [
        OutboxRow(page_id=n, is_dead=True, attempts=8, error=f"ValueError: no {n}") for n in range(51)
    ]
    OutboxRow.objects.bulk_create(given_up)
    signed_in(client, operator)
    pages = [client.get(f"/en/search/health/?dead={n}").content.decode() for n in (1, 2)]
    assert [p.count("ValueError: no") for p in pages] == [50, 1]
    assert all("no longer there" in p and "of 51" in p for p in pages)
    client.post("/en/search/health/retry/")
    assert set(OutboxRow.objects.values_list("is_dead", "attempts")) == {(False, 0)}


def test_what_was_given_up_is_named_as_far_as_the_operator_may_see_it(client, operator, drained):
    uni = University()
    shown = uni.published(title_en="Film for kiwifruit", title_zh="")
    hidden = uni.published(title_en="Hush", title_zh="")
    type(hidden).objects.filter(pk=hidden.pk).update(visibility="INVITED")
    for page in (shown, hidden):
        OutboxRow.objects.create(page_id=page.pk, is_dead=True, attempts=8, error="broken")
    signed_in(client, operator)
    page = client.get("/en/search/health/").content.decode()
    assert f'<a href="{shown.get_absolute_url()}">Film for kiwifruit</a>' in page
    assert (hidden.code in page, "Hush" in page) == (True, False)


def test_need_page_names_listings_that_fit_and_why(client, drained):
    from cms import services

    uni = University()
    listing = uni.published(keywords_zh=["硅碳负极", "低温快充"])
    enterprise = make_organisation("ENTERPRISE")
    boss = person(enterprise, "SCOUT", "SIGNATORY")
    need = services.create_need(
        enterprise, actor=boss, title_zh="求低温快充的硅碳负极材料", summary_zh="求零下二十度可快充的负极。", problem_zh="电池零下二十度充电慢。", field="materials", region="420100",
        is_anonymous=True,
    )  # fmt: skip
    services.submit_need(need, actor=boss)
    need.refresh_from_db()
    if not need.live:
        services.approve_need(need, actor=boss)
        need.refresh_from_db()
    drained()
    page = client.get(f"/zh-hans/needs/{need.code.lower()}/").content.decode()
    assert listing.title_zh in page
    assert "低温快充" in page
    page = client.get(listing.get_absolute_url()).content.decode()
    assert need.title_zh in page
    results = client.get("/zh-hans/search/?kind=NEED").content.decode()
    assert need.title_zh in results
    assert enterprise.name_zh not in results
