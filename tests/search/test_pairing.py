"""Needs and listings that fit each other are told once, to whose page was there before and to their brokers."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from marketplace.clock import today
from marketplace.notifications.models import MailPreference, Notification
from marketplace.notifications.tasks import send_digests, send_mails
from marketplace.organisations.models import Mandate
from search import indexing, pairing, services
from search.models import DocumentState, MatchedPair
from tests.factories.ground import make_acting, signed_in
from tests.search.world import BATTERY, NEED, PUMP, QUANTUM, index

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("database_search")]


@pytest.fixture
def firm():
    return make_acting("ENTERPRISE", "SCOUT")


@pytest.fixture
def uni():
    return make_acting("UNIVERSITY", "EDITOR")


@pytest.fixture
def need(firm):
    return replace(
        NEED,
        organisation_id=firm.organisation.pk,
        institution=str(firm.organisation.pk),
        fields=("engineering", "materials"),
    )


@pytest.fixture
def listing(uni):
    return replace(BATTERY, organisation_id=uni.organisation.pk, institution=str(uni.organisation.pk))


@pytest.fixture
def broker(firm):
    """Acts for the firm."""
    broker = make_acting("AGENCY", "BROKER")
    Mandate.objects.create(
        agency=broker.organisation, client=firm.organisation, state="ACTIVE", purpose="寻找技术",
        valid_from=today(), proposed_by=broker.user,
    )  # fmt: skip
    return broker


def told(acting) -> list[str]:
    return list(
        Notification.objects.filter(user=acting.user).order_by("id").values_list("subject_en", flat=True)
    )


def test_new_listing_is_told_to_the_need_once_with_reasons(firm, uni, need, listing):
    index(need)
    pairing.run()
    index(listing, QUANTUM, PUMP)
    pairing.run()
    assert (told(firm), told(uni)) == ([f"1 new listing fits the need “{need.title_zh}”"], [])
    note = Notification.objects.get()
    assert note.path == "/a/uf-2026-000001/"
    assert "12 months free, then 3 % of net sales" in note.body_en
    assert "都涉及" in note.body_zh
    assert "固态电池" in note.body_zh
    index(replace(listing, summary_zh="改了"), replace(need, summary_zh="改了"))
    pairing.run()
    indexing.remove([listing.page_id])
    index(listing)  # taken off the market and put on it again
    pairing.run()
    assert len(told(firm)) == 1


def test_new_need_is_told_to_the_listing(firm, uni, need, listing):
    index(listing)
    pairing.run()
    index(need)
    pairing.run()
    assert (told(firm), told(uni)) == ([], ["1 new need fits the listing “Solid-state battery electrolyte”"])
    assert Notification.objects.get().path == "/needs/un-2026-000004/"


def test_texts_without_a_common_language_match_by_words_that_mean_the_same(firm, need, listing):
    index(need)
    pairing.run()
    english = replace(
        listing,
        title_zh="",
        summary_zh="",
        body_zh="",
        keywords_zh=(),
        body_en="Fast charging at low temperature.",
    )
    index(english)
    pairing.run()
    assert len(told(firm)) == 1
    assert "固态电池 (solid state batteries)" in Notification.objects.get().body_zh


def test_what_may_not_be_seen_is_no_match(firm, uni, need, listing):
    index(need, replace(listing, audience=("own:0", f"own:{uni.organisation.pk}")))
    pairing.run()
    assert told(firm) == []
    index(listing)  # published for all: now it is told
    pairing.run()
    assert len(told(firm)) == 1


def test_one_thing_in_common_is_a_match_in_the_same_narrow_field_alone(firm, need, listing):
    index(need)
    pairing.run()
    index(replace(listing, fields=("engineering", "electrical-engineering")))
    pairing.run()
    assert told(firm) == []
    index(
        replace(listing, fields=("engineering", "electrical-engineering"), summary_zh="可快充的固态电池方案")
    )
    pairing.run()
    assert len(told(firm)) == 1


def test_own_pages_and_far_ones_are_no_match(firm, need):
    index(need, replace(BATTERY, organisation_id=firm.organisation.pk), QUANTUM, PUMP)
    pairing.run()
    assert not MatchedPair.objects.exists()


def test_broker_is_told_for_the_client_while_the_mandate_lasts(client, broker, need, listing):
    index(need, listing)
    pairing.run()
    assert len(told(broker)) == 1
    assert "whose mandate you hold" in Notification.objects.get(user=broker.user).body_en
    page = signed_in(client, broker).get("/zh-hans/search/matches/").content.decode()
    assert (need.title_zh in page, "都涉及" in page) == (True, True)
    Mandate.objects.update(valid_from=today() - timedelta(days=9), valid_to=today() - timedelta(days=1))
    assert need.title_zh not in signed_in(client, broker).get("/zh-hans/search/matches/").content.decode()


def test_broker_does_not_learn_who_posted_an_unnamed_need(client, broker, firm, need, listing):
    index(replace(need, institution=""), listing)
    pairing.run()
    assert (len(told(firm)), told(broker)) == (1, [])
    assert need.title_zh not in signed_in(client, broker).get("/zh-hans/search/matches/").content.decode()


def test_strangers_see_no_matches(client, firm, need, listing):
    index(need, listing)
    pairing.run()
    assert need.title_zh in signed_in(client, firm).get("/zh-hans/search/matches/").content.decode()
    stranger = make_acting("ENTERPRISE", "SCOUT")
    assert need.title_zh not in signed_in(client, stranger).get("/zh-hans/search/matches/").content.decode()


def test_list_asks_as_many_questions_for_three_as_for_one(
    client, firm, need, listing, django_assert_num_queries
):
    index(need, listing)
    pairing.run()
    signed_in(client, firm).get("/en/search/matches/")
    with django_assert_num_queries(10):
        client.get("/en/search/matches/")
    index(*(replace(listing, page_id=number, code=f"UF-2026-0000{number}") for number in (21, 22)))
    pairing.run()
    assert MatchedPair.objects.count() == 3
    with django_assert_num_queries(10):
        client.get("/en/search/matches/")
    rows = client.get("/en/search/matches/?export=csv")
    assert (
        len(
            b"".join(rows.streaming_content if rows.streaming else [rows.content])
            .decode()
            .strip()
            .splitlines()
        )
        == 4
    )


def test_one_click_ends_letters_about_matches(settings, firm, need, listing):
    index(need, listing)
    pairing.run()
    send_mails()
    [letter] = mail.outbox
    link = letter.extra_headers["List-Unsubscribe"].strip("<>")
    strict, path = Client(enforce_csrf_checks=True), link.removeprefix(settings.SITE_URL)
    assert "Stop telling me" in strict.get(path.replace("/zh-hans/", "/en/")).content.decode()
    for _click in range(2):
        assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert strict.post(path[:-3] + "x/").status_code == 404
    index(replace(listing, page_id=31))
    pairing.run()
    assert (MatchedPair.objects.count(), len(told(firm))) == (2, 1)
    services.tell_matches(firm.user, firm.organisation, wanted=True)
    index(replace(listing, page_id=32))
    pairing.run()
    assert len(told(firm)) == 2


def test_digest_has_a_way_out_of_each_sort_and_of_all(settings, firm, need, listing):
    MailPreference.objects.create(user=firm.user, mode="DIGEST")
    index(need, listing)
    pairing.run()
    send_digests()
    [letter] = mail.outbox
    note = Notification.objects.get()
    html = letter.alternatives[0][0]
    for text in (letter.body, html):
        assert note.stop_path in text
    link = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert (link in letter.body, link in html) == (True, True)
    strict = Client(enforce_csrf_checks=True)
    path = link.removeprefix(settings.SITE_URL)
    assert strict.get(path).status_code == 200
    assert MailPreference.objects.get().mode == "DIGEST"  # opening it is no answer
    assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert MailPreference.objects.get().mode == "NEVER"
    assert strict.post(path[:-3] + "x/").status_code == 404


def test_large_import_is_matched_page_by_page(firm, need, listing, monkeypatch):
    monkeypatch.setattr(pairing, "BATCH", 2)
    index(need, *(replace(listing, page_id=number) for number in (21, 22, 23)))
    left = []
    while DocumentState.objects.to_match().exists():
        pairing.run(seconds=0)
        left.append(DocumentState.objects.to_match().count())
    assert (left, MatchedPair.objects.count()) == ([3, 2, 1, 0], 3)


def test_run_that_breaks_off_tells_later(firm, need, listing, monkeypatch):
    index(need, listing)
    monkeypatch.setattr(pairing, "notify", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pairing.run()
    assert not MatchedPair.objects.exists()
    monkeypatch.undo()
    pairing.run()
    assert len(told(firm)) == 1
