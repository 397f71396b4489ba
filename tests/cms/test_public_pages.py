import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cms import services
from cms.models import ListingPage, NeedPage
from marketplace import terms
from tests.cms.world import RIGHTS, University, organisation, person
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.factories.ground import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm():
    return organisation("ENTERPRISE")


def who(uni, firm):
    """The readers of the visibility matrix."""
    return {
        "anonymous": None,
        "signed in": person(None),
        "unverified": person(organisation("ENTERPRISE", state="PENDING"), "SCOUT"),
        "verified": person(organisation("ENTERPRISE"), "SCOUT"),
        "invited": person(firm, "SCOUT"),
        "operator": person(organisation("OPERATOR"), "VERIFIER"),
        "own": person(uni.organisation, "INVENTOR"),
        "other university": University().approver,
    }


EXPECTED = {
    "PUBLIC": {
        "anonymous", "signed in", "unverified", "verified", "invited", "operator", "own", "other university",
    },
    "VERIFIED": {"verified", "invited", "operator", "own", "other university"},
    "INVITED": {"invited", "own"},
}  # fmt: skip


@pytest.mark.parametrize("visibility", ["PUBLIC", "VERIFIED", "INVITED"])
def test_listing_is_read_by_those_who_may(uni, firm, client, visibility):
    listing = uni.published(visibility=visibility, invitations=[firm])
    url, sheet = listing.get_absolute_url(), f"/en/listings/{listing.code.lower()}/sheet.pdf"
    may_read, may_print, found = set(), set(), set()
    for name, acting in who(uni, firm).items():
        client = Client()
        if acting:
            signed_in(client, acting)
        if client.get(url).status_code == 200:
            may_read.add(name)
        if client.get(sheet).status_code == 200:
            may_print.add(name)
        if ListingPage.objects.visible_to(acting).filter(pk=listing.pk).exists():
            found.add(name)
    assert may_read == may_print == found == EXPECTED[visibility]


def test_draft_is_seen_by_its_own_people_alone(uni, firm, as_):
    draft = uni.draft()
    for name, acting in who(uni, firm).items():
        seen = ListingPage.objects.visible_to(acting).filter(pk=draft.pk).exists()
        assert seen == (name == "own"), name
        assert as_(acting).get(draft.get_absolute_url()).status_code == 404


def test_pages_of_an_organisation_refused_later_are_gone_for_others(uni, as_):
    listing = uni.published()
    uni.organisation.state, uni.organisation.decision_reason = "REFUSED", "licence withdrawn"
    uni.organisation.save()

    assert as_(None).get(listing.get_absolute_url()).status_code == 404
    assert as_(None).get(uni.organisation.institution_page.get_absolute_url()).status_code == 404


def test_first_screen_answers_and_shares_stay_private(uni, client):
    listing = uni.published()
    english = client.get(listing.get_absolute_url().replace("/zh-hans/", "/en/")).content.decode()
    chinese = client.get(listing.get_absolute_url().replace("/en/", "/zh-hans/")).content.decode()

    for text in (
        "Silicon-carbon anode for charging in the cold",
        "Lithium plates",
        "First efficiency 91 %",
        "TRL 5",
        "12 months",
        "first sales income",
        "3 % of net sales, capped",
        "CN202310000001.X",
        "张示例",
    ):
        assert text in english, text
    assert "低温快充硅碳负极材料" in chinese
    for secret in ("0.6", "60 %", "0.600000"):
        assert secret not in english
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', english)[1])
    assert (data["@type"], data["sku"]) == ("Product", listing.code)
    assert re.findall(r'hreflang="(en|zh-Hans)" href="(http[^"]+)"', english)


def test_text_cannot_break_out_of_the_page(uni, client):
    evil = "</script><script>alert(1)</script>"
    listing = uni.published(title_en=evil, summary_en=evil, body_en=evil, problem_en=evil)
    page = client.get(listing.get_absolute_url().replace("/zh-hans/", "/en/")).content.decode()
    assert "<script>alert" not in page


def test_listing_in_one_language_says_so(uni, client):
    only = dict.fromkeys(
        ("title_en", "summary_en", "problem_en", "advantage_en", "trigger_en", "price_en"), ""
    )
    listing = uni.published(**only)
    page = client.get(listing.get_absolute_url().replace("/zh-hans/", "/en/")).content.decode()
    assert "available in Chinese only" in page
    assert "低温快充硅碳负极材料" in page


def test_price_without_words_in_this_language_is_read_from_the_terms(uni, client):
    words, document = "12 months free, then a tenth", terms.write(sheet(royalty(fixed("0.03"))))
    listing = uni.published(price_en=words, price_zh="", indicative_terms=document)
    english = client.get(listing.get_absolute_url().replace("/zh-hans/", "/en/")).content.decode()
    chinese = client.get(listing.get_absolute_url().replace("/en/", "/zh-hans/")).content.decode()
    assert words in english
    assert words not in chinese.partition("<main")[2]
    assert "净销售额提成 3" in chinese


def test_public_page_is_cacheable_and_personal_ones_are_not(uni, as_):
    url = uni.published().get_absolute_url()
    first = as_(None).get(url)
    again = as_(None).get(url, headers={"if-none-match": first["ETag"]})
    mine = as_(uni.editor).get(url)

    assert (again.status_code, again.content) == (304, b"")
    assert "public" in first["Cache-Control"]
    assert "no-store" in mine["Cache-Control"]
    assert "ETag" not in mine


def questions(client, url) -> int:
    """How many queries a page asks, its caches warm."""
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_listing_page_asks_the_same_number_of_questions_for_one_row_and_three(uni, client):
    """Panels of later steps have their own tests; here they only may not grow with the rows."""
    one = uni.published(contributors=[{"name": "一人", "share": "1"}])
    three = uni.published(
        ip_rights=RIGHTS * 3, contributors=[{"name": f"人{n}", "share": str(n)} for n in (0, 0, 1)]
    )
    asked = [questions(client, page.get_absolute_url()) for page in (one, three)]
    assert asked[0] == asked[1]
    assert asked[0] <= 25


def test_institution_page_asks_the_same_number_of_questions_for_one_row_and_three(uni, client):
    url = uni.organisation.institution_page.get_absolute_url()
    uni.published()
    one = questions(client, url)
    uni.published()
    uni.published()
    assert client.get(url).content.decode().count("低温快充") == 3
    assert questions(client, url) == one <= 15


def test_print_sheet_is_one_page_in_each_language(uni, client):
    listing = uni.published(advantage_zh="首效 91%。" * 300, advantage_en="First efficiency 91 %. " * 200)
    for language in ("en", "zh-hans"):
        response = client.get(f"/{language}/listings/{listing.code.lower()}/sheet.pdf")
        assert response["Content-Type"] == "application/pdf"
        assert len(re.findall(rb"/Type\s*/Page[^s]", response.content)) == 1


# --- Needs -------------------------------------------------------------------------------------------------


@pytest.fixture
def need(firm):
    scout, signatory = person(firm, "SCOUT"), person(firm, "SIGNATORY")
    page = services.create_need(
        firm,
        actor=scout,
        title_zh="寻找低温电池",
        summary_zh="零下二十度可用。",
        problem_zh="冬季里程减半。",
        is_anonymous=True,
        budget_min_minor=10_000_00,
        budget_max_minor=69_000_00,
    )
    services.submit_need(page, actor=scout)
    return services.approve_need(page, actor=signatory)


def test_anonymous_need_never_says_who_posted_it(need, firm, as_):
    url = need.get_absolute_url()
    assert url.endswith(f"/needs/{need.code.lower()}/")
    page = as_(None).get(url).content.decode()
    assert "寻找低温电池" in page
    assert "¥69,000.00" in page
    for name in (firm.name_zh, firm.name_en, firm.slug):
        assert name not in page

    tree = f"/zh-hans/{firm.slug}/{need.slug}/"
    assert as_(None).get(tree).status_code == 404
    institution = as_(None).get(f"/zh-hans/{firm.slug}/").content.decode()
    assert "寻找低温电池" not in institution
    assert firm.name_zh in as_(person(firm, "FINANCE")).get(url).content.decode()
    assert NeedPage.objects.visible_to(None).filter(pk=need.pk).exists()


def test_home_shows_the_newest_listings(uni, client):
    uni.published()
    page = client.get("/en/").content.decode()
    assert "Silicon-carbon anode" in page
