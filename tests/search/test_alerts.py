"""Saved searches: what is new is told once, to whom may see it."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from marketplace.notifications.models import Notification
from marketplace.notifications.tasks import send_mails
from marketplace.organisations.models import Membership
from marketplace.refusals import NotPermitted
from search import alerts, checking, services
from search.models import SavedHit, SavedSearch
from tests.factories.ground import make_acting
from tests.search.world import BATTERY, MARKET, NEED, QUANTUM, index

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("database_search")]


@pytest.fixture
def scout():
    return make_acting("ENTERPRISE", "SCOUT")


def told(acting) -> list[str]:
    return list(
        Notification.objects.filter(user=acting.user).order_by("id").values_list("subject_en", flat=True)
    )


def test_new_hit_is_told_once(scout):
    index(NEED)
    services.save_search(actor=scout, query="q=固态电池", name="Solid state")
    alerts.run()
    assert told(scout) == []  # it was there when the search was saved
    index(BATTERY, QUANTUM)
    alerts.run()
    alerts.run()
    index(replace(BATTERY, summary_zh="改了"))
    alerts.run()
    assert told(scout) == ["New for your search “Solid state”: 1 hit"]
    note = Notification.objects.get()
    assert (note.path, note.subject_zh) == ("/a/uf-2026-000001/", "您的搜索“Solid state”有 1 条新结果")
    assert "Solid-state battery electrolyte · Example University" in note.body_en


def test_page_that_fits_since_a_change_is_told(scout):
    index(replace(QUANTUM, title_zh="旧标题"))
    services.save_search(actor=scout, query="q=新标题", name="New title")
    index(replace(QUANTUM, title_zh="新标题"))
    alerts.run()
    assert len(told(scout)) == 1


def test_many_at_once_make_one_letter(scout):
    services.save_search(actor=scout, query="kind=LISTING", name="Listings")
    index(*(replace(BATTERY, page_id=number) for number in range(11, 18)), NEED)
    alerts.run()
    assert told(scout) == ["New for your search “Listings”: 7 hits"]
    assert Notification.objects.get().path == "/search/?kind=LISTING&sort=newest"
    assert "and 2 more" in Notification.objects.get().body_en


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("trl=4-6", 1),
        ("trl=9", 0),
        ("field=materials&region=42", 1),
        ("language=en&kind=NEED", 0),
        ("q=锂", 1),
        ("free=6-18&price=100000-", 1),
        ("free=UP_TO_12&price=-100000", 0),
        ("eligible=mine", 0),
    ],
)
def test_facets_narrow_alerts_as_they_narrow_the_page(scout, query, hits):
    services.save_search(actor=scout, query=query, name="x")
    index(BATTERY)
    alerts.run()
    assert len(told(scout)) == hits


def test_only_who_may_see_it_is_told(scout):
    invited, pending = make_acting("ENTERPRISE", "SCOUT"), make_acting("ENTERPRISE", "SCOUT", state="PENDING")
    left = make_acting("ENTERPRISE", "SCOUT")
    for acting in (scout, invited, pending, left):
        services.save_search(actor=acting, query="q=电池", name="x")
    Membership.objects.filter(user=left.user).delete()
    index(
        replace(BATTERY, page_id=1, audience=("verified", "own:0")),
        replace(BATTERY, page_id=2, audience=("own:0", f"org:{invited.organisation.pk}")),
    )
    alerts.run()
    found = {name: SavedHit.objects.filter(search__user=acting.user).count()
             for name, acting in {"scout": scout, "invited": invited, "pending": pending, "left": left}.items()}  # fmt: skip
    assert found == {"scout": 1, "invited": 2, "pending": 0, "left": 0}


def test_alert_that_is_off_tells_nothing_and_not_later(scout):
    search = services.save_search(actor=scout, query="q=电池", name="x", frequency="NEVER")
    index(BATTERY)
    alerts.run()
    services.set_frequency(search, actor=scout, frequency="AT_ONCE")
    index(BATTERY)
    alerts.run()
    assert told(scout) == []


def test_run_that_breaks_off_tells_later(scout, monkeypatch):
    services.save_search(actor=scout, query="q=电池", name="x")
    index(*MARKET)
    monkeypatch.setattr(alerts, "notify", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        alerts.run()
    assert not SavedHit.objects.exists()
    monkeypatch.undo()
    alerts.run()
    assert len(told(scout)) == 1


def test_strangers_search_cannot_be_changed(scout):
    search = services.save_search(actor=scout, query="q=电池", name="x")
    for change in (
        services.delete_search,
        lambda s, actor: services.set_frequency(s, actor=actor, frequency="NEVER"),
    ):
        with pytest.raises(NotPermitted):
            change(search, actor=make_acting())
    assert SavedSearch.objects.get().frequency == "AT_ONCE"


@pytest.fixture
def at(monkeypatch):
    """`at("2026-03-04 09:00")`: the clock of the alerts stands there, in local time."""

    def stand(text):
        moment = timezone.make_aware(datetime.fromisoformat(text))
        monkeypatch.setattr(alerts, "now", lambda: moment)

    return stand


@pytest.mark.parametrize(
    ("frequency", "found_at", "too_early", "due"),
    [
        ("DAILY", "2026-03-04 09:30", "2026-03-05 07:59", "2026-03-05 08:01"),
        ("DAILY", "2026-03-04 06:00", "2026-03-04 07:00", "2026-03-04 08:01"),
        (
            "WEEKLY",
            "2026-03-04 09:30",
            "2026-03-09 07:59",
            "2026-03-09 08:01",
        ),  # a Wednesday; the next Monday
        ("WEEKLY", "2026-03-04 09:30", "2026-03-08 23:00", "2026-03-20 12:00"),  # a Monday was missed
    ],
)
def test_digest_tells_once_what_was_gathered(scout, at, frequency, found_at, too_early, due):
    services.save_search(actor=scout, query="kind=LISTING", name="Listings", frequency=frequency)
    at(found_at)
    index(BATTERY)
    alerts.run()
    index(QUANTUM, BATTERY)
    alerts.run()
    at(too_early)
    assert (alerts.send_digests(), told(scout)) == (0, [])
    at(due)
    assert (alerts.send_digests(), alerts.send_digests()) == (1, 0)
    assert told(scout) == ["New for your search “Listings”: 2 hits"]
    index(BATTERY)
    alerts.run()
    at("2026-06-01 08:00")
    assert alerts.send_digests() == 0


def test_digest_leaves_out_what_may_not_be_seen_any_more(scout, at):
    services.save_search(actor=scout, query="kind=LISTING", name="x", frequency="DAILY")
    at("2026-03-04 09:30")
    index(BATTERY, QUANTUM)
    alerts.run()
    index(replace(QUANTUM, audience=("own:0",)))
    at("2026-03-05 09:00")
    assert alerts.send_digests() == 1
    assert told(scout) == ["New for your search “x”: 1 hit"]
    index(QUANTUM)  # shown again: it was never told
    alerts.run()
    at("2026-03-06 09:00")
    assert alerts.send_digests() == 1


def test_what_waits_follows_a_new_choice(scout, at):
    search = services.save_search(actor=scout, query="kind=LISTING", name="x", frequency="WEEKLY")
    at("2026-03-04 09:30")
    index(BATTERY)
    alerts.run()
    services.set_frequency(search, actor=scout, frequency="AT_ONCE")
    at("2026-03-04 09:31")
    assert alerts.send_digests() == 1
    services.set_frequency(search, actor=scout, frequency="WEEKLY")
    index(QUANTUM)
    alerts.run()
    services.set_frequency(search, actor=scout, frequency="NEVER")
    services.set_frequency(search, actor=scout, frequency="AT_ONCE")
    at("2026-04-04 09:31")
    assert alerts.send_digests() == 0


def test_one_click_ends_the_letters_signed_out(scout, settings):
    search = services.save_search(actor=scout, query="q=电池", name="Cells")
    index(BATTERY)
    alerts.run()
    send_mails()
    [letter] = mail.outbox
    link = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in letter.body
    assert link in letter.alternatives[0][0]
    path = link.removeprefix(settings.SITE_URL)
    strict = Client(enforce_csrf_checks=True)
    assert "Cells" in strict.get(path).content.decode()
    search.refresh_from_db()
    assert search.frequency == "AT_ONCE"  # opening it is no answer
    for _click in range(2):
        assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    search.refresh_from_db()
    assert search.frequency == "NEVER"
    assert strict.post(path[:-3] + "x/").status_code == 404
    services.delete_search(search, actor=scout)
    assert strict.get(path).status_code == 404


def test_many_searches_are_checked_with_few_questions(scout, django_assert_max_num_queries, monkeypatch):
    queries = [
        "q=固态电池",
        "q=battery&trl=4-6",
        "kind=LISTING",
        "q=nothing",
        "field=materials",
        "q=量子&price=100000-",
    ]
    owners = [make_acting("ENTERPRISE", "SCOUT") for _number in range(3)]
    for owner in owners:
        for query in queries:
            services.save_search(actor=owner, query=query, name=query, frequency="DAILY")
    index(*MARKET)
    alerts.run()
    expected = {query: set(SavedHit.objects.filter(search__query=query).values_list("search__user", "page_id"))
                for query in queries}  # fmt: skip
    for query, pages in {"q=固态电池": {1, 4}, "kind=LISTING": {1, 2, 3}, "q=nothing": set()}.items():
        assert expected[query] == {(owner.user.pk, page) for owner in owners for page in pages}
    SavedHit.objects.all().delete()
    monkeypatch.setattr(checking, "SEARCHES", 5)  # no portion forgets or mixes anything
    index(*MARKET)
    alerts.run()
    assert expected == {query: set(SavedHit.objects.filter(search__query=query).values_list("search__user", "page_id"))
                        for query in queries}  # fmt: skip
    monkeypatch.undo()
    index(*MARKET)
    with django_assert_max_num_queries(16):
        alerts.run()
