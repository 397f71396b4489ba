"""What the tests of a server in trouble ask."""

import time
from pathlib import Path

from django.test import Client

from search.finding import find
from search.params import SearchParams
from search.viewer import ANONYMOUS

NOTE = "The search server does not answer at the moment"


def page(query: str = "q=电池", path: str = "/en/search/") -> tuple[str, float]:
    """The page and how long it took, without the time in which this machine did something else."""
    started = time.monotonic() - others_ran()
    answer = Client().get(f"{path}?{query}")
    assert answer.status_code == 200
    return answer.content.decode(), time.monotonic() - others_ran() - started


def others_ran() -> float:
    """Seconds for which this thread was ready to run and the processors were taken, since it began."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def found(q: str) -> tuple[int, bool]:
    """How much is found, and whether it is the database that answers for Elasticsearch."""
    results = find(SearchParams(q=q), ANONYMOUS)
    return results.total, results.is_substitute
