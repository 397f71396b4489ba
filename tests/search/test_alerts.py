"""Saved searches: what is new is told once, to whom may see it."""

from dataclasses import replace

import pytest

from marketplace.notifications.models import Notification
from marketplace.organisations.models import Membership
from marketplace.refusals import NotPermitted
from search import alerts, services
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
    assert "Solid-state battery electrolyte (Example University)" in note.body_en


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
    search = services.save_search(actor=scout, query="q=电池", name="x", alert=False)
    index(BATTERY)
    alerts.run()
    services.set_alert(search, actor=scout, alert=True)
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
    for change in (services.delete_search, lambda s, actor: services.set_alert(s, actor=actor, alert=False)):
        with pytest.raises(NotPermitted):
            change(search, actor=make_acting())
    assert SavedSearch.objects.get().alert
