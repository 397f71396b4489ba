"""Keys for programs: shown once, found by their hash, revoked at once."""

from datetime import timedelta

import pytest
from django.urls import reverse

from marketplace.audit.services import history
from marketplace.clock import at, now
from marketplace.organisations import api_keys
from marketplace.organisations.acting import acting_for
from marketplace.organisations.models import ApiKey
from marketplace.organisations.roles import Kind, Role
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.factories.ground import make_member, make_organisation, signed_in


@pytest.fixture
def firm(db):
    return make_organisation(Kind.ENTERPRISE)


@pytest.fixture
def admin(firm):
    return _member(firm, Role.ADMIN)


def _member(organisation, role):
    return acting_for(make_member(organisation, role).user, organisation)


def test_a_key_is_kept_as_its_hash_and_works_until_revoked(firm, admin):
    row, key = api_keys.create_key(firm, actor=admin, name="ERP", scopes=["usage.write"])
    assert len(key) >= 43
    assert key.startswith(row.hint)
    assert key not in str(row.__dict__)
    assert api_keys.find_key(key) == row
    first = ApiKey.objects.get().last_used_at
    with at(now() + timedelta(seconds=30)):
        api_keys.find_key(key)
    assert ApiKey.objects.get().last_used_at == first  # to the minute
    with at(now() + timedelta(seconds=90)):
        api_keys.find_key(key)
    assert ApiKey.objects.get().last_used_at > first
    api_keys.revoke_key(row, actor=admin)
    assert api_keys.find_key(key) is None
    with pytest.raises(TransitionRefused):
        api_keys.revoke_key(row, actor=admin)
    assert [e.verb for e in history(row)] == ["api_key.revoked", "api_key.created"]


def test_who_may_make_keys_and_for_whom_they_work(firm, admin):
    reporter = _member(firm, Role.REPORTER)
    with pytest.raises(NotPermitted):
        api_keys.create_key(firm, actor=reporter, name="x", scopes=["usage.write"])
    with pytest.raises(Refused):
        api_keys.create_key(firm, actor=admin, name="x", scopes=["everything"])
    key = api_keys.create_key(firm, actor=admin, name="x", scopes=["usage.write"])[1]
    firm.state, firm.decided_at, firm.decision_reason = "REFUSED", now(), "x"
    firm.save()
    assert api_keys.find_key(key) is None


def test_the_page_of_a_new_key_loaded_again_makes_no_second_one(firm, admin, client):
    signed_in(client, admin)
    typed = {
        "name": "ERP",
        "scopes": ["usage.read"],
        "token": client.get(reverse("api_key_new")).context["form"]["token"].value(),
    }
    assert client.post(reverse("api_key_new"), typed).context["key"]
    again = client.post(reverse("api_key_new"), typed, follow=True)  # the page loaded once more
    assert (again.redirect_chain, "key" in again.context) == ([(reverse("api_keys"), 302)], False)
    assert "这份表单已提交过" in again.content.decode()
    assert ApiKey.objects.count() == 1


def test_pages(firm, admin, client):
    signed_in(client, admin)
    page = client.post(reverse("api_key_new"), {"name": "ERP", "scopes": ["usage.write", "usage.read"]})
    row = ApiKey.objects.get()
    assert page.status_code == 200
    assert page["Cache-Control"].count("no-store") == 1
    assert api_keys.find_key(page.context["key"]) == row
    assert client.post(reverse("api_key_new"), {"name": "ERP"}).context["form"].errors
    assert row.hint in client.get(reverse("api_keys")).content.decode()
    assert client.get(reverse("api_keys") + "?export=csv&state=in_force").content.count(b"ERP") == 1
    used = api_keys.create_key(firm, actor=admin, name="Used", scopes=["usage.write"])[0]
    ApiKey.objects.filter(pk=used.pk).update(last_used_at=now())
    for sort, first in (("-used", used), ("used", row)):  # never used is longest ago
        assert client.get(reverse("api_keys"), {"sort": sort}).context["page_obj"][0] == first

    other = _member(make_organisation(Kind.ENTERPRISE), Role.ADMIN)
    signed_in(client, other)
    assert client.post(reverse("api_key_revoke", args=[row.pk])).status_code == 404
    signed_in(client, _member(firm, Role.REPORTER))
    assert client.get(reverse("api_keys")).status_code == 403

    signed_in(client, admin)
    assert client.post(reverse("api_key_revoke", args=[row.pk])).status_code == 302
    assert client.post(reverse("api_key_revoke", args=[row.pk])).status_code == 409


def test_the_list_asks_the_same_number_of_queries(firm, admin, client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    signed_in(client, admin)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            api_keys.create_key(firm, actor=admin, name="x", scopes=["usage.write"])
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("api_keys"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
