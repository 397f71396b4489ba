"""Every address of the site stands in the table of expected answers, and answers as the table says."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from marketplace.programmes.models import PilotProgramme
from tests.factories.ground import signed_in
from tests.factories.road import road
from tests.url_table import Row, rows

THEIRS = {"cms-admin/": "cms-admin", "documents/": "documents"}  # one row each: see the probes below
OTHER = {
    "uni": "other_uni",
    "firm": "other_firm",
    "agency": "other_agency",
    "provider": "other_provider",
    "operator": "other_firm",
    "inventor": "other_uni",
}


@pytest.fixture
def made(db, settings):
    settings.ELASTICSEARCH_URL = ""
    call_command("load_programmes", verbosity=0)
    found = road()
    found.programme = PilotProgramme.objects.get(code="BJ-ZGC")
    found.listing_path = found.listing.get_absolute_url().removeprefix("/zh-hans/")
    yield found
    found.calendar.end()


def names(resolver=None, prefix: str = "", space: str = "") -> Iterator[str]:
    """The name of every address; of the admin and the files, the name of the whole."""
    for one in (resolver or get_resolver()).url_patterns:
        path = prefix + str(one.pattern)
        if path in THEIRS:
            yield THEIRS[path]
        elif isinstance(one, URLPattern):
            yield f"{space}{one.name or path}"
        else:
            yield from names(one, path, f"{one.namespace}:" if one.namespace else space)


def test_every_address_has_a_line_in_the_table():
    there, told = set(names()), [row.name for row in rows()]
    assert len(told) == len(set(told))
    assert {"missing": sorted(there - set(told)), "gone": sorted(set(told) - there)} == {
        "missing": [], "gone": [],
    }  # fmt: skip


@pytest.mark.slow
def test_every_address_answers_as_the_table_says(made):
    """In four roles, GET and an empty POST; what a POST did is undone before the next. What members are shown no
    browser keeps: after signing out, "Back" would show it."""
    clients = {who: _client(acting) for who, acting in made.people.items()}
    found, wanted, kept = {}, {}, set()
    for row in rows():
        url = address_of(row, made)
        wanted[row.name] = (row.get, row.post)
        found[row.name] = (
            _answers(clients, row, url, "get", kept),
            _answers(clients, row, url, "post", kept),
        )
    assert {name: both for name, both in found.items() if both != wanted[name]} == {}
    assert kept == {
        "robots",
        "sitemap",
        "sitemap_file",
        "search_suggest",
        "api:openapi-json",
    }  # for everybody the same


def _client(acting) -> Client:
    client = Client(raise_request_exception=False)
    return signed_in(client, acting) if acting else client


def address_of(row: Row, made) -> str:
    if row.name in THEIRS.values():
        return _value(made, row.arguments[0])
    query = "".join(one for one in row.arguments if one.startswith("?"))
    return reverse(row.name, args=[_value(made, one) for one in row.arguments if one[0] != "?"]) + query


def _value(made, told: str):
    """An argument: 'quoted', a number, or the way to it from `road()`."""
    if told.startswith("'"):
        return told.strip("'")
    if told.isdigit():
        return int(told)
    value = made
    for part in told.split("."):
        value = value[part] if isinstance(value, dict) else getattr(value, part)
    return value() if callable(value) else value


def _answers(clients, row: Row, url: str, method: str, kept: set[str]) -> tuple[str, ...]:
    told = []
    for who in ("nobody", row.owner, OTHER[row.owner], "operator"):
        client, point = clients[who], transaction.savepoint()
        cookies = deepcopy(client.cookies)
        answer = getattr(client, method)(url)
        told.append(_short(answer))
        if (
            who != "nobody"
            and answer.status_code == 200
            and "no-store" not in answer.get("Cache-Control", "")
        ):
            kept.add(row.name)
        client.cookies = cookies  # signing out is undone as well
        transaction.savepoint_rollback(point)
    return tuple(told)


def _short(response) -> str:
    if response.streaming:
        b"".join(response)
    if response.status_code == 302:
        for word, name in (("again", "account_reauthenticate"), ("in", "account_login")):
            if response["Location"].startswith(reverse(name)):
                return word
    return str(response.status_code)


# --- What others bring along ------------------------------------------------------------------------------


def test_restricted_files_and_the_admin_are_closed(made):
    """The admin's every address is another test's (tests/cms/test_admin.py): here its doors, and the files."""
    secret = made.attachment.document.url
    public = next(one for one in made.listing.attachments.all() if not one.restricted).document.url
    edit = reverse("wagtailadmin_pages:edit", args=[made.draft.pk])
    found = {}
    for who in ("nobody", "uni", "other_uni", "firm", "operator"):
        client = _client(made.people[who])
        found[who] = [_short(client.get(url)) for url in (public, secret, edit, "/cms-admin/users/")]
    assert found == {
        "nobody": ["200", "404", "in", "in"],
        "uni": ["200", "200", "200", "302"],  # to an address that is not there: Wagtail's way
        "other_uni": ["200", "404", "302", "302"],
        "firm": ["200", "404", "403", "403"],
        "operator": ["200", "404", "403", "403"],
    }
