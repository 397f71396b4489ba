import os
import time

import pytest
from django.core.cache import cache
from django.db import connection

from search import engines, indexing, pushing
from search.engines import client, rarity
from search.models import DocumentState, SearchDocument
from search.params import SearchParams
from search.viewer import ANONYMOUS
from search.words import Thesaurus, read
from tests.search.world import MARKET, index

NO_SERVER = "ELASTICSEARCH_URL is not set: bin/services up test --with elasticsearch starts one"


@pytest.fixture(autouse=True)
def _fresh(settings):
    """Tests of one process share the server, not the index; no test inherits an open breaker or old statistics."""
    settings.SEARCH_INDEX_PREFIX = f"usefirst_pytest_{os.getpid()}"
    engines.breaker.reset()
    rarity.forget()
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def database_search(settings, db):
    settings.ELASTICSEARCH_URL = ""


@pytest.fixture
def elasticsearch(settings, db):
    """A real server, with an empty index; skipped without one, but never in CI."""
    if not settings.ELASTICSEARCH_URL:
        if os.environ.get("CI"):
            pytest.fail(NO_SERVER)
        pytest.skip(NO_SERVER)
    pushing.rebuild()
    server, pattern = client.for_worker(), f"{settings.SEARCH_INDEX_PREFIX}_*"
    yield server
    for name in server.indices.get(index=pattern).body:
        server.indices.delete(index=name)


@pytest.fixture(params=["database", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def engine(request):
    """Both engines, one after the other."""
    request.getfixturevalue("database_search" if request.param == "database" else "elasticsearch")
    return engines.DatabaseEngine() if request.param == "database" else engines.ElasticEngine()


@pytest.fixture
def stored(engine):
    """`stored(facts, …)`: documents, found by the engine of the test."""

    def store(*facts):
        index(*facts)
        if engine.name == "elasticsearch":
            pushing.push()

    return store


@pytest.fixture
def market(stored):
    """The five pages of the tests' world, found by the engine of the test."""
    stored(*MARKET)


@pytest.fixture
def find(engine):
    """`find("电池", trl=["4-6"])`: what the engine of the test finds."""

    def ask(q="", viewer=ANONYMOUS, synonyms=(), loose=False, **facets):
        options = {name: facets.pop(name) for name in ("sort", "page", "size") if name in facets}
        params = SearchParams(q=q, facets={k: tuple(v) for k, v in facets.items()}, **options)
        return engine.search(params, read(q, Thesaurus(synonyms)), viewer, loose=loose)

    return ask


@pytest.fixture
def drained():
    """What the worker does, here and now."""

    def drain():
        indexing.drain()
        pushing.push()

    return drain


@pytest.fixture
def versions():
    return lambda: dict(DocumentState.objects.values_list("pk", "version"))


@pytest.fixture
def documents():
    return lambda: dict(SearchDocument.objects.values_list("pk", "title_en"))


@pytest.fixture
def statistics(db):
    """`statistics()`: how rare terms are among the documents of the test; PostgreSQL counts only what was committed."""

    def read():
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM search_searchdocument")
            [number] = cursor.fetchone()
            cursor.execute("SELECT word, ndoc FROM ts_stat('SELECT words FROM search_searchdocument')")
            frequencies = {word: documents / number for word, documents in cursor.fetchall()}
        rarity._known = (time.monotonic(), frequencies, 1 / (2 * number))

    return read
