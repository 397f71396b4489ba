"""What machines that index the web may see."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from search.params import SearchParams
from tests.search.world import BATTERY, NEED, index

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("database_search")]
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def test_site_map_names_public_pages_in_both_languages(client):
    index(BATTERY, NEED, replace(BATTERY, page_id=7, path="a/hidden/", audience=("verified", "own:11")))
    parts = [e.text for e in ElementTree.fromstring(client.get("/sitemap.xml").content).iter(LOC)]
    assert [p.rpartition("/")[2] for p in parts] == ["sitemap-1.xml"]
    answer = client.get("/sitemap-1.xml")
    addresses = [
        e.text.partition("//")[2].partition("/")[2] for e in ElementTree.fromstring(answer.content).iter(LOC)
    ]
    assert addresses == [
        "zh-hans/search/", "en/search/", "zh-hans/a/uf-2026-000001/", "en/a/uf-2026-000001/", "zh-hans/needs/un-2026-000004/", "en/needs/un-2026-000004/",
    ]  # fmt: skip
    assert client.get("/sitemap-2.xml").status_code == client.get("/sitemap-0.xml").status_code == 404


def test_robots_keep_out_of_what_has_no_end(client):
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert {"Disallow: /*?sort=", "Disallow: /*&export=", "Disallow: /en/search/compare/"} <= set(lines)
    assert lines[-1].startswith("Sitemap: http")
    assert lines[-1].endswith("/sitemap.xml")


@pytest.mark.parametrize(
    ("query", "kept", "canonical"),
    [
        ("", True, ""),
        ("kind=NEED", True, "?kind=NEED"),
        ("field=materials&page=2", True, "?field=materials&page=2"),
        ("field=materials&field=mechanical", False, ""),
        ("field=materials&kind=NEED", False, ""),
        ("q=x", False, ""),
        ("sort=newest", False, ""),
        ("free_min=3&size=50", False, ""),
    ],
)
def test_only_ends_of_the_facet_space_are_kept(client, query, kept, canonical):
    page = client.get(f"/en/search/?{query}").content.decode()
    assert ('name="robots" content="noindex, follow"' not in page) == kept
    assert f'/en/search/{canonical}">' in page.partition('rel="canonical"')[2].partition("\n")[0].replace(
        "&amp;", "&"
    )
    assert SearchParams().is_landing
