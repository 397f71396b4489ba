import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cms import services
from cms.models import InstitutionPage, ListingPage, NeedPage, ServicePage
from cms.panels import waiting_pages
from cms.quality import quality
from cms.services import link_contributors
from cms.tasks import sync_all_rights
from marketplace import terms
from marketplace.refusals import Refused
from tests.cms.world import FULL, University, organisation, person
from tests.factories.ground import make_member
from tests.flows.browser import filled_in

pytestmark = pytest.mark.django_db
LISTS = {"listing": "listings", "need": "needs_mine", "service": "services_mine"}


@pytest.fixture
def firm():
    return organisation("ENTERPRISE")


def questions(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_list_asks_the_same_number_of_questions_for_one_row_and_three(uni, as_):
    client, url = as_(uni.editor), reverse("listings")
    uni.draft()
    one = questions(client, url)
    uni.submitted()
    uni.published()
    assert questions(client, url) == one <= 16


def test_list_shows_states_filters_sorts_and_exports(uni, other, as_):
    draft, waits, live = (
        uni.draft(title_zh="甲稿题目"),
        uni.submitted(title_zh="乙审题目"),
        uni.published(title_zh="丙市题目"),
    )
    other.draft(title_zh="丁外题目")
    client, url = as_(person(uni.organisation, "INVENTOR")), reverse("listings")

    def shown(**query):
        page = client.get(url, query).content.decode()
        return [title for title in ("甲稿题目", "乙审题目", "丙市题目", "丁外题目") if title in page]

    assert shown() == ["甲稿题目", "乙审题目", "丙市题目"]
    for state, expected in (
        ("DRAFT", ["甲稿题目"]),
        ("REVIEW", ["乙审题目"]),
        ("LIVE", ["丙市题目"]),
        ("RETURNED", []),
    ):
        assert shown(state=state) == expected
    assert shown(q=live.code) == ["丙市题目"]
    assert shown(q="%") == []
    for odd in (
        {"state": "X"},
        {"sort": "password"},
        {"sort": "--"},
        {"page": "0"},
        {"page": "x"},
        {"q": "x" * 500},
    ):
        assert client.get(url, odd).status_code == 200
    for sort in ("code", "-title", "state", "-changed", "published"):
        assert len(shown(sort=sort)) == 3
    table = client.get(url, {"export": "csv", "state": "REVIEW"}).content.decode("utf-8-sig")
    assert (waits.code in table, draft.code in table) == (True, False)
    assert client.get(url, {"export": "exe"}).status_code == 400


@pytest.mark.parametrize(("kind", "plural"), LISTS.items())
def test_lists_are_for_their_kind_of_organisation(uni, firm, as_, kind, plural):
    readers = {
        "listing": uni.editor,
        "need": person(firm, "FINANCE"),
        "service": University("PROVIDER").editor,
    }
    for name, acting in readers.items():
        expected = 200 if name == kind else 403
        assert as_(acting).get(reverse(plural)).status_code == expected
    assert as_(None).get(reverse(plural)).status_code == 302


def test_pages_of_others_are_not_there(uni, other, firm, as_):
    listing = uni.submitted()
    verbs = ("submit", "approve", "return", "take_back", "unpublish", "delete")
    for acting, expected in ((other.approver, 404), (other.editor, 404), (person(firm, "SCOUT"), 403)):
        client = as_(acting)
        for name in ("listing_review", "listing_edit", "listing_terms", "listing_accounts"):
            assert client.get(reverse(name, args=[listing.pk])).status_code == expected, name
        for verb in verbs:
            url = reverse(f"listing_{verb}", args=[listing.pk])
            assert client.post(url, {"words": "x", "reason": "x"}).status_code == expected, verb
    fresh = ListingPage.objects.get(pk=listing.pk)
    assert (fresh.live, fresh.workflow_in_progress) == (False, True)


def test_road_from_short_form_to_market_by_pages(uni, as_):
    client = as_(uni.editor)
    response = client.post(
        reverse("listing_new"), {"title_zh": FULL["title_zh"], "trl": "5", "institution_ref": "A-1"}
    )
    listing = ListingPage.objects.get()
    assert response["Location"] == reverse("listing_edit", args=[listing.pk])
    review = reverse("listing_review", args=[listing.pk])
    page = client.get(review)
    assert page.context["quality"].must
    assert client.post(reverse("listing_submit", args=[listing.pk])).status_code == 409

    services.change(
        listing,
        actor=uni.editor,
        **FULL,
        ip_rights=[{"kind": "INVENTION", "number": "CN1", "status": "GRANTED"}],
        contributors=[{"name": "张", "share": "1"}],
    )
    assert client.post(reverse("listing_submit", args=[listing.pk]))["Location"] == review
    assert client.post(reverse("listing_approve", args=[listing.pk])).status_code == 403
    assert client.post(reverse("listing_submit", args=[listing.pk])).status_code == 409

    boss = as_(uni.approver)
    assert boss.post(reverse("listing_return", args=[listing.pk]), {"words": ""}).status_code == 400
    assert boss.post(reverse("listing_return", args=[listing.pk]), {"words": "How cold?"}).status_code == 302
    assert "How cold?" in as_(uni.editor).get(review).content.decode()
    as_(uni.editor).post(reverse("listing_submit", args=[listing.pk]))
    as_(uni.approver).post(reverse("listing_approve", args=[listing.pk]))
    assert ListingPage.objects.get().live
    assert as_(None).get(ListingPage.objects.get().get_absolute_url()).status_code == 200

    services.change(listing, actor=uni.editor, price_en="7 % of net sales")
    page = as_(uni.approver).get(review).content.decode()
    assert "3 % of net sales, capped" in page
    assert "7 % of net sales" in page
    boss = as_(uni.approver)
    assert boss.post(reverse("listing_unpublish", args=[listing.pk]), {"reason": ""}).status_code == 400
    assert boss.post(reverse("listing_unpublish", args=[listing.pk]), {"reason": "sold"}).status_code == 302
    assert not ListingPage.objects.get().live


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"title_zh": "题" * 121},
        {"title_zh": "题目", "trl": "10"},
        {"title_zh": "题目", "field": "999999"},
        {"title_zh": "题目", "field": "x"},
        {"title_zh": "题目", "institution_ref": "TAKEN"},
        {"title_zh": "题目\x00"},
    ],
)
def test_short_form_refuses_odd_input(uni, as_, wrong):
    uni.draft(institution_ref="TAKEN")
    response = as_(uni.editor).post(reverse("listing_new"), wrong)
    assert (response.status_code, ListingPage.objects.count()) == (200, 1)
    assert response.context["form"].errors


def test_approver_alone_starts_no_listing(uni, as_):
    assert as_(uni.approver).get(reverse("listing_new")).status_code == 403


# --- Needs and services ------------------------------------------------------------------------------------

NEED = {
    "title_zh": "寻找低温电池",
    "summary_zh": "零下二十度可用。",
    "problem_zh": "冬季里程减半。",
    "budget_min_minor": "10,000",
    "budget_max_minor": "690,000.50",
    "visibility": "PUBLIC",
    "keywords_zh": "电池、低温",
    "region": "420100",
}


def test_need_by_its_own_form_from_draft_to_public(firm, as_):
    scout, signatory = person(firm, "SCOUT"), person(firm, "SIGNATORY")
    client = as_(scout)
    client.post(reverse("need_new"), NEED)
    need = NeedPage.objects.get()
    assert (need.budget_min_minor, need.budget_max_minor, need.keywords_zh, need.region) == (
        1_000_000, 69_000_050, ["电池", "低温"], "420100",
    )  # fmt: skip
    form = client.get(reverse("need_edit", args=[need.pk])).context["form"]
    assert form["budget_max_minor"].value() in (69_000_050, "690,000.50")
    client.post(reverse("need_edit", args=[need.pk]), {**NEED, "title_zh": "寻找更好的低温电池"})
    client.post(reverse("need_submit", args=[need.pk]))
    as_(signatory).post(reverse("need_approve", args=[need.pk]))
    need = NeedPage.objects.get()
    assert (need.live, need.title_zh) == (True, "寻找更好的低温电池")
    assert as_(None).get(need.get_absolute_url()).status_code == 200


def test_single_person_is_told_that_nobody_else_can_check(firm, as_):
    founder = person(firm, "ADMIN", "SCOUT")
    client = as_(founder)
    client.post(reverse("need_new"), NEED)
    need = NeedPage.objects.get()
    page = client.get("/en" + reverse("need_review", args=[need.pk]).removeprefix("/zh-hans"))
    assert "single member" in page.content.decode()
    client.post(reverse("need_submit", args=[need.pk]))
    client.post(reverse("need_approve", args=[need.pk]))
    assert NeedPage.objects.get().live


@pytest.mark.parametrize(
    "wrong",
    [
        {"title_zh": ""},
        {"budget_min_minor": "-1"},
        {"budget_min_minor": "1e5"},
        {"budget_min_minor": "99999999999999999999"},
        {"budget_max_minor": "1"},
        {"deadline_on": "2001-01-01"},
        {"deadline_on": "31.02.2027"},
        {"visibility": "INVITED"},
        {"region": "abc"},
        {"industry": "Z"},
        {"keywords_zh": "词" * 41},
        {"problem_zh": "长" * 5001},
    ],
)
def test_need_form_refuses_odd_input(firm, as_, wrong):
    response = as_(person(firm, "SCOUT")).post(reverse("need_new"), {**NEED, **wrong})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert not NeedPage.objects.exists()


def test_service_by_its_own_form(as_):
    provider = University("PROVIDER")
    client = as_(provider.editor)
    good = {
        "kind": "TESTING",
        "title_zh": "电池检测",
        "summary_zh": "全项。",
        "what_zh": "循环。",
        "price_zh": "8,000 元",
    }
    assert client.post(reverse("service_new"), {**good, "turnaround_days": "0"}).status_code == 200
    client.post(reverse("service_new"), {**good, "turnaround_days": "10"})
    offer = ServicePage.objects.get()
    client.post(reverse("service_submit", args=[offer.pk]))
    as_(provider.approver).post(reverse("service_approve", args=[offer.pk]))
    assert as_(None).get(ServicePage.objects.get().get_absolute_url()).status_code == 200
    page = as_(None).get(InstitutionPage.objects.get(organisation=provider.organisation).get_absolute_url())
    assert "电池检测" in page.content.decode()


# --- Terms, accounts, institution, desk ----------------------------------------------------------------------


def terms_page(client, listing, start="preset:entry_royalty", **typed):
    """The editor of indicative terms as a browser would send it; `elements__0__amount` is elements-0-amount."""
    soup = BeautifulSoup(
        client.get(reverse("listing_terms", args=[listing.pk]) + f"?start={start}").content, "lxml"
    )
    return filled_in(soup.select_one("#terms-form"), soup) | {
        name.replace("__", "-"): value for name, value in typed.items()
    }


def test_indicative_terms_become_structure_and_words(uni, as_):
    listing = uni.draft()
    url = reverse("listing_terms", args=[listing.pk])
    data = terms_page(
        as_(uni.editor), listing, elements__0__amount="10万", elements__1__rate__rate="3", save="1"
    )
    words = as_(uni.editor).post(reverse("listing_terms_words", args=[listing.pk]), data)
    assert "¥100,000.00" in words.content.decode()
    assert ListingPage.objects.get(pk=listing.pk).indicative_terms is None
    response = as_(uni.editor).post(url, data)
    assert response.status_code == 302, response.context["form"].errors
    listing = ListingPage.objects.get(pk=listing.pk)
    agreed = terms.read(listing.indicative_terms)
    assert (agreed.trial.months, [element.kind for element in agreed.elements]) == (
        12,
        ["entry_fee", "royalty", "minimum"],
    )
    assert listing.payment_form == "ENTRY_ROYALTY"
    assert "3 %" in listing.price_en
    assert "3 %" in listing.price_zh
    assert as_(uni.editor).get(reverse("listing_review", args=[listing.pk])).context["terms"]
    again = terms_page(as_(uni.editor), listing, start="listing", save="1")
    as_(uni.editor).post(url, again)
    assert ListingPage.objects.get(pk=listing.pk).indicative_terms == listing.indicative_terms


@pytest.mark.parametrize(
    "wrong",
    [
        {"elements__1__rate__rate": "300"},
        {"elements__1__rate__rate": "x"},
        {"elements__0__amount": "-5"},
        {"term_months": "0"},
        {"trial__months": "x"},
        {"elements__0__kind": "magic"},
        {"trial__given": ""},
        {"caps__0__amount": "5"},
        {"whole": ""},
    ],
)
def test_terms_form_refuses_odd_input(uni, as_, wrong):
    listing = uni.draft()
    data = terms_page(as_(uni.editor), listing, save="1", **wrong)
    response = as_(uni.editor).post(reverse("listing_terms", args=[listing.pk]), data)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert ListingPage.objects.get(pk=listing.pk).indicative_terms is None


def test_contributors_are_linked_to_members_only(uni, other, as_):
    listing = uni.published()
    inventor = person(uni.organisation, "INVENTOR")
    url = reverse("listing_accounts", args=[listing.pk])
    client = as_(uni.editor)
    assert client.post(url, {"person_0": other.editor.user.pk}).status_code == 200
    assert client.post(url, {"person_0": inventor.user.pk}).status_code == 302
    with pytest.raises(Refused):
        link_contributors(listing, actor=uni.editor, users=[other.editor.user, None])

    assert [one.user for one in listing.contributors.all()] == [inventor.user, None]
    services.change(listing, actor=uni.editor, price_en="another")
    services.submit_listing(listing, actor=uni.editor)
    services.approve_listing(listing, actor=uni.approver)
    assert [one.user for one in ListingPage.objects.get().contributors.all()] == [inventor.user, None]
    assert inventor.user.email not in as_(None).get(listing.get_absolute_url()).content.decode()


def test_institution_writes_its_texts(uni, as_):
    admin = person(uni.organisation, "ADMIN")
    url = reverse("institution_edit")
    assert as_(uni.editor).get(url).status_code == 403
    assert as_(admin).post(url, {"website": "javascript:alert(1)"}).status_code == 200
    assert (
        as_(admin).post(url, {"intro_en": "We invent.", "website": "https://example.com"}).status_code == 302
    )
    page = as_(None).get(InstitutionPage.objects.get().get_absolute_url()).content.decode()
    assert "We invent." in page
    assert uni.organisation.contact_email == "" or uni.organisation.contact_email not in page


def test_desk_says_what_waits_for_whom(uni):
    waits = uni.submitted()
    both = person(uni.organisation, "EDITOR", "APPROVER")
    own = uni.draft()
    services.change(own, actor=both, title_en="By both")
    services.submit_listing(own, actor=both)
    returned = uni.submitted()
    services.return_listing(returned, actor=uni.approver, words="more")

    def told(acting):
        return sorted(
            (item.waits_for, item.url.rstrip("/").rsplit("/", 1)[-1]) for item in waiting_pages(acting)
        )

    mine, theirs = str(waits.pk), str(own.pk)
    assert told(uni.approver) == sorted([("me", mine), ("me", theirs)])
    assert told(both) == sorted([("me", mine), ("them", theirs), ("me", str(returned.pk))])
    assert told(uni.editor) == sorted([("them", mine), ("them", theirs), ("me", str(returned.pk))])
    assert told(person(uni.organisation, "FINANCE")) == []


def test_quality_of_a_full_listing(uni):
    found = quality(uni.draft())
    assert (found.must, found.can_submit) == ([], True)
    assert 70 <= found.percent < 100
    assert len(found.better) >= 4


def test_nightly_sync_follows_new_roles(uni):
    newcomer = make_member(uni.organisation, "EDITOR").user
    sync_all_rights()
    assert newcomer.groups.filter(name=f"org:{uni.organisation.slug}:editors").exists()
