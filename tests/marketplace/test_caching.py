"""Redis is away: the cache and the queue."""

from types import SimpleNamespace

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.urls import reverse

from marketplace import celery
from tests.factories.ground import PASSWORD, make_user

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def _redis_is_away(settings):
    settings.CACHES = {"default": {"BACKEND": "marketplace.caching.ForgivingRedisCache", "LOCATION": NOWHERE}}


@pytest.mark.usefixtures("_redis_is_away")
def test_a_cache_that_is_away_forgets_and_holds_nobody_up(caplog):
    cache.set("a", 1)
    assert (cache.get("a"), cache.get("a", 2), cache.get_or_set("a", lambda: 3)) == (None, 2, 3)
    assert (cache.add("a", 1), cache.has_key("a"), cache.delete("a"), cache.touch("a")) == (
        True, False, False, False,
    )  # fmt: skip
    assert (cache.get_many(["a"]), cache.set_many({"a": 1}), cache.delete_many(["a"])) == ({}, [], None)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    assert caplog.text.count("does not answer") == 1  # asked once, then left alone for some seconds


@pytest.mark.django_db
@pytest.mark.usefixtures("_redis_is_away")
def test_people_sign_in_search_and_simulate_without_it(client, settings):
    settings.ELASTICSEARCH_URL = ""
    user = make_user()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    sign_in = reverse("account_login")
    wrong = client.post(sign_in, {"login": user.email, "password": "wrong"})
    assert (wrong.status_code, len(wrong.context["form"].errors)) == (200, 1)
    assert client.get(f"{reverse('search')}?q=battery").status_code == 200
    assert client.get(reverse("search_suggest"), {"q": "ba"}).status_code == 200
    assert client.post("/api/v1/terms/simulate", "{}", content_type="application/json").status_code == 422
    assert client.post(sign_in, {"login": user.email, "password": PASSWORD}).status_code == 302
    assert client.get(reverse("desk")).status_code in (200, 302)


@pytest.mark.django_db
def test_a_page_waits_once_for_a_broker_that_is_away(monkeypatch, django_capture_on_commit_callbacks):
    asked = []

    def refuse(**how):
        asked.append(how)
        raise ConnectionError

    monkeypatch.setattr(celery, "_away_until", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        for _time in range(3):
            celery.nudge(SimpleNamespace(name="book_money", apply_async=refuse))
    assert len(asked) == 1
