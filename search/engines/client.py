"""The connections to Elasticsearch: a hasty one for pages, a patient one for the worker."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from django.conf import settings
from elasticsearch import ApiError, ConnectionTimeout, Elasticsearch, TransportError

PAGE_SECONDS = 2
WORKER_SECONDS = 60
FAILURES = (TransportError, ApiError)
_deadline: ContextVar[float | None] = ContextVar("search_deadline", default=None)


def configured() -> bool:
    return bool(settings.ELASTICSEARCH_URL)


@cache
def _client(url: str, seconds: float) -> Elasticsearch:
    return Elasticsearch(url, request_timeout=seconds, max_retries=0, retry_on_timeout=False)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All requests inside share these seconds; the outermost of several counts."""
    if _deadline.get() is not None:
        yield
        return
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def for_pages() -> Elasticsearch:
    """Whoever waits for an answer waits at most as long as is left of its seconds."""
    server, deadline = _client(settings.ELASTICSEARCH_URL, PAGE_SECONDS), _deadline.get()
    if deadline is None:
        return server
    return server.options(request_timeout=max(deadline - time.monotonic(), 0.01))


def for_worker() -> Elasticsearch:
    return _client(settings.ELASTICSEARCH_URL, WORKER_SECONDS)


def is_late(problem: BaseException | None) -> bool:
    return isinstance(problem, ConnectionTimeout)


def read_alias() -> str:
    return f"{settings.SEARCH_INDEX_PREFIX}_read"


def write_alias() -> str:
    return f"{settings.SEARCH_INDEX_PREFIX}_write"
