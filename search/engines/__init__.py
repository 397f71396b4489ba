"""Which engine answers: Elasticsearch where it is configured and well, else the database."""

import logging
from collections.abc import Callable
from typing import TypeVar

from search.breaker import Breaker
from search.engines import client
from search.engines.base import Engine, EngineDown, Found, Likeness
from search.engines.database import DatabaseEngine
from search.engines.elastic import ElasticEngine

__all__ = [
    "DatabaseEngine",
    "ElasticEngine",
    "Engine",
    "EngineDown",
    "Found",
    "Likeness",
    "answer",
    "breaker",
]

T = TypeVar("T")
logger = logging.getLogger(__name__)
breaker = Breaker()
_database, _elastic = DatabaseEngine(), ElasticEngine()


def answer(ask: Callable[[Engine], T], seconds: float = client.PAGE_SECONDS) -> tuple[T, bool]:
    """What the engine answers to `ask(engine)`, and whether it is the substitute: Elasticsearch is configured but
    does not answer within so many seconds. Who waits less long than a result page gets EngineDown from a late one: that
    does not say that the server is unwell, and in a market of such a size the database would be later still."""
    if not client.configured():
        return ask(_database), False
    if breaker.allows():
        try:
            with client.within(seconds):
                found = ask(_elastic)
        except EngineDown as problem:
            if seconds < client.PAGE_SECONDS and client.is_late(problem.__cause__):
                raise
            breaker.failed()
            logger.warning("Elasticsearch does not answer; the database answers instead", exc_info=True)
        else:
            breaker.succeeded()
            return found, False
    return ask(_database), True
