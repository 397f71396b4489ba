"""The connections to Elasticsearch: a hasty one for pages, a patient one for the worker."""

from functools import cache

from django.conf import settings
from elasticsearch import ApiError, Elasticsearch, TransportError

PAGE_SECONDS = 2
WORKER_SECONDS = 60
FAILURES = (TransportError, ApiError)


def configured() -> bool:
    return bool(settings.ELASTICSEARCH_URL)


@cache
def _client(url: str, seconds: float) -> Elasticsearch:
    return Elasticsearch(url, request_timeout=seconds, max_retries=0, retry_on_timeout=False)


def for_pages() -> Elasticsearch:
    return _client(settings.ELASTICSEARCH_URL, PAGE_SECONDS)


def for_worker() -> Elasticsearch:
    return _client(settings.ELASTICSEARCH_URL, WORKER_SECONDS)


def read_alias() -> str:
    return f"{settings.SEARCH_INDEX_PREFIX}_read"


def write_alias() -> str:
    return f"{settings.SEARCH_INDEX_PREFIX}_write"
