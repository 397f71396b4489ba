"""Pages that somebody saved: found again by them alone, for as long as they may see them."""

from dataclasses import replace

import pytest

from marketplace.refusals import Refused
from search import indexing, services
from search.models import SavedPage, SearchDocument
from tests.cms.world import University
from tests.factories.ground import make_acting, signed_in
from tests.search.world import BATTERY, MARKET, NEED, PUMP, QUANTUM, index

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("database_search")]


@pytest.fixture
def scout():
    return make_acting("ENTERPRISE", "SCOUT")


def saved(client, query="") -> list[str]:
    rows = client.get(f"/en/search/pages/?{query}").context["rows"]
    return [hit.document.code for hit, _saved_at in rows]


def test_listing_is_saved_at_its_top_and_taken_out_in_the_list(client, scout, drained):
    listing = University().published(title_en="Anode for the cold")
    drained()
    path = listing.get_absolute_url()
    visitor = client.get(path).content.decode()
    assert f"/accounts/login/?next={path}" in visitor
    assert "csrfmiddlewaretoken" not in visitor
    assert (
        'href="mailto:?subject=Anode%20for%20the%20cold&amp;body=http'
        in client.get(path.replace("zh-hans", "en")).content.decode()
    )
    signed_in(client, scout)
    for _click in range(2):
        assert client.post(f"/en/search/pages/{listing.pk}/save/").url == path.replace("zh-hans", "en")
    assert "/search/pages/" in client.get(path).content.decode()
    assert saved(client) == [listing.code]
    client.post(f"/en/search/pages/{listing.pk}/take-out/")
    assert saved(client) == []
    assert "No saved page yet." in client.get("/en/search/pages/").content.decode()


def test_list_is_filtered_sorted_exported_and_compared(client, scout, django_assert_num_queries):
    index(*MARKET)
    for page in (NEED, BATTERY, QUANTUM, PUMP):
        services.save_page(SearchDocument.objects.get(pk=page.page_id), actor=scout)
    signed_in(client, scout)
    codes = {page.page_id: page.code for page in MARKET}
    asked = {
        "": [3, 2, 1, 4],
        "sort=saved": [4, 1, 2, 3],
        "sort=trl": [3, 1, 2, 4],
        "sort=-free": [1, 2, 4, 3],
        "sort=title": [3, 1, 4, 2],
        "kind=NEED": [4],
        "q=uf-2026-000002": [2],
        "q=example university": [3, 1],
        "q=%25": [],
        "kind=x&sort=x&page=x": [3, 2, 1, 4],
    }
    assert {q: saved(client, q) for q in asked} == {q: [codes[pk] for pk in ids] for q, ids in asked.items()}
    export = client.get("/en/search/pages/?export=csv&kind=LISTING&sort=saved").content.decode("utf-8-sig")
    assert [line.split(",")[0] for line in export.splitlines()] == ["Number", codes[1], codes[2], codes[3]]
    with django_assert_num_queries(9):
        page = client.get("/en/search/pages/").content.decode()
    assert page.count('form="compare-form"') == 4
    SavedPage.objects.exclude(page_id=1).delete()
    with django_assert_num_queries(9):
        client.get("/en/search/pages/")


def test_only_what_one_may_see_is_listed_and_returns_with_it(client, scout):
    index(BATTERY, QUANTUM)
    for page in (BATTERY, QUANTUM):
        services.save_page(SearchDocument.objects.get(pk=page.page_id), actor=scout)
    signed_in(client, scout)
    index(replace(BATTERY, audience=("own:11",)))
    indexing.lock([2])
    indexing.remove([2])
    assert saved(client) == []
    page = client.get("/en/search/pages/").content.decode()
    assert "2 pages that you saved are not offered to you at present" in page
    assert BATTERY.title_en not in page
    assert client.post("/en/search/pages/1/save/").status_code == 404
    index(BATTERY)
    assert saved(client) == [BATTERY.code]
    stranger = make_acting("ENTERPRISE", "SCOUT")
    signed_in(client, stranger)
    client.post("/en/search/pages/1/take-out/")
    assert (saved(client), SavedPage.objects.count()) == ([], 2)


def test_there_is_an_end_to_saving(scout, monkeypatch):
    monkeypatch.setattr(services, "MOST_PAGES", 1)
    index(BATTERY, QUANTUM)
    first, second = SearchDocument.objects.order_by("pk")
    for _click in range(2):
        services.save_page(first, actor=scout)
    with pytest.raises(Refused, match="500"):
        services.save_page(second, actor=scout)
