"""Elasticsearch in trouble, each on the real server: pages answer in time and say so, nothing is lost, and all of it
is well again by itself. A server that is frozen, killed, or started on nothing: test_stopped.py."""

import json
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from search import engines, mending, pushing, tasks
from search.engines import client
from search.models import DocumentState, SearchDocument
from search.status import status
from tests.cms.world import University
from tests.search.asked import NOTE, found, page
from tests.search.world import BATTERY, MARKET, QUANTUM, index

pytestmark = [pytest.mark.django_db, pytest.mark.elasticsearch]


class Proxy:
    """Between us and the server: passes on, or waits before it does."""

    def __init__(self, url: str):
        target = urlsplit(url)
        self.target, self.delay = (target.hostname, target.port or 9200), 0.0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                taken, _address = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(taken,), daemon=True).start()

    def _serve(self, taken):
        with taken, socket.create_connection(self.target) as server:
            back = threading.Thread(target=self._copy, args=(server, taken), daemon=True)
            back.start()
            self._copy(taken, server, slowly=True)
            back.join()

    def _copy(self, source, sink, slowly=False):
        try:
            while data := source.recv(65536):
                if slowly:
                    time.sleep(self.delay)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def market(elasticsearch):
    index(*MARKET)
    pushing.push()
    return elasticsearch


@pytest.fixture
def proxy(market, settings):
    proxy = Proxy(settings.ELASTICSEARCH_URL)
    settings.ELASTICSEARCH_URL = proxy.url
    yield proxy
    proxy.socket.close()


@contextmanager
def read_only(server):
    names = pushing.written_indices()
    server.indices.put_settings(index=names, settings={"index.blocks.read_only_allow_delete": True})
    try:
        yield
    finally:
        server.indices.put_settings(index=names, settings={"index.blocks.read_only_allow_delete": None})


@pytest.mark.parametrize("query", ["q=电池", "q=nothinglikethis", "", "q=lidianchi"])
def test_slow_server_delays_a_page_by_two_seconds_at_most(proxy, query):
    page(query)  # templates and plans are warm
    proxy.delay = 5.0
    text, seconds = page(query)
    assert NOTE in text
    assert seconds < 2.5
    proxy.delay = 0.0
    time.sleep(1.1)  # the breaker's pause
    assert NOTE not in page(query)[0]


def test_server_that_is_slow_with_each_answer_has_no_longer_either(proxy):
    page("q=nothinglikethis")
    proxy.delay = 0.8  # a page that finds nothing asks several times
    _text, seconds = page("q=nothinglikethis")
    assert seconds < 2.5


def test_slow_server_keeps_a_listing_waiting_for_less_and_is_not_given_up_for_it(proxy):
    """What is near a listing is an extra: the page says that it was not found in time, and asks nobody else, since what is
    too much for the server is too much for the database, too. The next search asks the server again."""
    uni = University(name_zh="示例大学", name_en="Example University")
    one, other = (uni.published(title_zh=f"硅碳负极材料的{what}方法") for what in ("制备", "回收"))
    tasks.drain_outbox()
    page("q=电池")  # warm
    proxy.delay = 1.5
    text, seconds = page(path=one.get_absolute_url())
    assert other.get_absolute_url() not in text
    assert text.count("could not be looked up in time") == 2
    assert 1.0 < seconds < 2.5
    proxy.delay = 0.0
    assert found("硅碳负极") == (2, False)


def test_full_disk_blames_no_document_and_is_caught_up(market):
    with read_only(market):
        index(replace(BATTERY, title_zh="全新标题材料"))
        tasks.drain_outbox()
        assert list(DocumentState.objects.to_push().values_list("pk", "push_attempts", "push_error")) == [
            (1, 0, "")
        ]
        assert NOTE not in page()[0]  # reading goes on
    tasks.drain_outbox()
    assert found("全新标题") == (1, False)


def test_emptied_index_is_filled_again(market):
    market.delete_by_query(index=client.read_alias(), query={"match_all": {}}, refresh=True)
    tasks.drain_outbox()
    assert found("电池") == (3, False)


def test_documents_that_the_index_lost_or_kept_are_mended_within_minutes(market):
    # Without a tombstone of a higher version, which Elasticsearch forgets after a minute.
    market.delete(index=client.read_alias(), id="1", version=1, version_type="external_gte", refresh=True)
    assert mending.mend() == 1
    assert mending.mend() == 0
    assert found("电池") == (3, False)


def test_rebuild_killed_half_way_leaves_searches_alone_and_is_swept(market, monkeypatch):
    """Killed for good: not even the handler that deletes the half-made index runs."""
    [old] = pushing.written_indices()
    half = f"{old.rsplit('_', 2)[0]}_20260101000000_000001"
    market.indices.create(index=half, settings=pushing.SETTINGS, mappings=pushing.MAPPING)
    market.indices.put_alias(index=half, name=client.write_alias())
    index(replace(BATTERY, title_zh="全新标题材料"))
    tasks.drain_outbox()  # written to both
    assert found("全新标题") == (1, False)
    assert status().index.others == (half,)
    tasks.watch_index()
    assert (pushing.written_indices(), market.indices.exists(index=half).body) == ([old], False)
    assert found("全新标题") == (1, False)


def test_rebuild_goes_on_without_a_document_that_is_refused(market):
    SearchDocument.objects.filter(pk=2).update(source='{"published_at": "some day"}')
    pushing.rebuild()
    [row] = DocumentState.objects.exclude(push_error="")
    assert (row.pk, row.pushed_version < row.version) == (2, True)
    assert "published_at" in row.push_error
    assert (found("电池")[0], found("量子密钥")[0]) == (3, 0)
    assert any("refuses 1 documents" in problem for problem in status().problems)
    assert mending.mend() == 0  # what was refused is no difference
    index(QUANTUM)
    tasks.drain_outbox()
    assert (found("量子密钥"), DocumentState.objects.exclude(push_error="").count()) == ((1, False), 0)


def test_rebuild_of_which_much_is_refused_keeps_the_old_index(market, monkeypatch):
    [old] = pushing.written_indices()
    monkeypatch.setattr(pushing, "MOST_REFUSED", 1)
    SearchDocument.objects.filter(pk__in=[1, 2]).update(source='{"published_at": "some day"}')
    with pytest.raises(pushing.IndexProblem, match="refuses 2 of 5 documents"):
        pushing.rebuild()
    assert (pushing.written_indices(), found("量子密钥")) == ([old], (1, False))
    assert not DocumentState.objects.exclude(push_error="").exists()


def test_first_rebuild_killed_half_way_is_done_again(market):
    [only] = pushing.written_indices()
    market.indices.delete_alias(index=only, name=client.read_alias())  # filled, never switched to
    assert NOTE in page()[0]
    engines.breaker.reset()
    tasks.drain_outbox()
    [new] = pushing.written_indices()
    assert new != only
    assert found("电池") == (3, False)


def test_status_names_what_is_wrong_and_stops_a_deployment(market, monkeypatch):
    def told(*arguments) -> tuple[int, dict]:
        out = StringIO()
        try:
            call_command("search_status", "--json", *arguments, stdout=out)
        except SystemExit as ended:
            return ended.code, json.loads(out.getvalue())
        return 0, json.loads(out.getvalue())

    SearchDocument.objects.all().delete()  # documents of the tests have no pages
    DocumentState.objects.all().delete()
    pushing.rebuild()
    code, answer = told("--compare")
    assert (code, answer["engine"], answer["drift_index"], answer["problems"]) == (0, "elasticsearch", 0, [])
    assert answer["index"]["fingerprint"] == answer["code_fingerprint"]
    market.indices.put_mapping(index=client.read_alias(), meta={"fingerprint": "of yesterday"})
    code, answer = told()
    assert (code, answer["problems"]) == (
        1,
        ["The mapping changed since the index was made: run manage.py reindex --if-needed."],
    )
    out = StringIO()
    call_command("reindex", "--if-needed", stdout=out)
    [new] = pushing.written_indices()
    call_command("reindex", "--if-needed", stdout=out)  # what every deployment does
    assert (told()[0], pushing.written_indices()) == (0, [new])
    said = out.getvalue().splitlines()
    assert (said[0], said[-1]) == (
        "The mapping changed since the index was made",
        "Documents and index are as this version makes them",
    )
    for name in pushing.written_indices():
        market.indices.delete(index=name)
    assert told()[0] == 1
