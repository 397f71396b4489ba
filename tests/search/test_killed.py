"""A rebuild killed at any moment (SIGKILL: no handler of ours runs) on the real server: searches answer on, changes
are written, nothing half made is left in the end, and the next rebuild is whole."""

import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import replace

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connections
from django.db.models import F

from search import engines, mending, pushing, tasks
from search.engines import client
from search.finding import find
from search.models import DocumentState
from search.params import SearchParams
from search.viewer import ANONYMOUS
from tests.clones import cloned_database
from tests.search.conftest import NO_SERVER
from tests.search.world import BATTERY, index

pytestmark = pytest.mark.elasticsearch
DOCUMENTS, KILLS = 1_000, 6


@pytest.fixture
def market(settings, django_db_setup, django_db_blocker, monkeypatch):
    """Committed, so that another process sees it; and copied in many requests."""
    if not settings.ELASTICSEARCH_URL:
        pytest.fail(NO_SERVER) if os.environ.get("CI") else pytest.skip(NO_SERVER)
    monkeypatch.setattr(pushing, "FILL_BYTES", 20_000)
    with django_db_blocker.unblock(), cloned_database():
        index(
            *(
                replace(BATTERY, page_id=n, body_zh=f"{BATTERY.body_zh} {n}" * 5)
                for n in range(1, DOCUMENTS + 1)
            )
        )
        DocumentState.objects.update(alerted_version=F("version"), matched_version=F("version"))
        begun = time.monotonic()
        assert pushing.rebuild() == DOCUMENTS
        yield time.monotonic() - begun
        for name in indices():
            client.for_worker().indices.delete(index=name)


def indices() -> set[str]:
    return set(client.for_worker().indices.get(index=f"{configured.SEARCH_INDEX_PREFIX}_*").body)


def found(q: str) -> tuple[int, bool]:
    results = find(SearchParams(q=q), ANONYMOUS)
    return results.total, results.is_substitute


def rebuilt_elsewhere() -> int:
    """The number of another process that makes the index anew, as `manage.py reindex --index-only` does."""
    connections.close_all()
    process = os.fork()
    if process:
        return process
    with suppress(BaseException):  # in the child, which must never come back into the tests
        client._client.cache_clear()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        call_command("reindex", "--index-only")
    os._exit(0)


def test_rebuild_killed_at_any_moment(market):
    dice, half_made = random.Random(6), 0
    for kill in range(KILLS):
        before = set(mending.read_indices())
        process = rebuilt_elsewhere()
        time.sleep(dice.uniform(0.0, 1.2) * market * kill / (KILLS - 1))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        assert len(mending.read_indices()) == 1  # the old one, or the new one where it was switched to
        half_made += set(mending.read_indices()) == before and len(indices()) > 1
        assert found("固态电池") == (DOCUMENTS, False)
        index(replace(BATTERY, page_id=kill + 1, title_zh=f"全新{kill}号标题固态电池"))
        tasks.drain_outbox()  # to whatever is there
        assert found(f"全新{kill}号")[0] >= 1
    assert half_made, "no rebuild was killed half way: the moments are badly chosen"
    tasks.watch_index()
    assert indices() == set(mending.read_indices())
    assert sum(len(part) for part in pushing.differing()) == 0
    assert pushing.rebuild() == DOCUMENTS
    assert indices() == set(mending.read_indices())
    assert sum(len(part) for part in pushing.differing()) == 0
    assert not engines.breaker.is_open
    assert found(f"全新{KILLS - 1}号标题")[0] >= 1
