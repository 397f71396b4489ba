"""Runs over what waits at the gateways, with an end: a call to one that does not answer takes many seconds, and what
waits may be hundreds."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from contracts.batches import for_a_while, one_by_one

TRIES = 2  # at an account that does not answer, in a row; what else waits there is left for the next run
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """How many were tried, and how many are left for the next run."""

    tried: int
    left: int


def run_through(waiting: Iterable[tuple[int, int]], work: Callable[[int], bool], *, seconds: float) -> Run:
    """Do `work(pk)`, which says whether the gateway answered, for each (account, pk). The accounts take turns, so that
    nobody waits for the many of somebody else; none is begun after so many seconds. One that fails stops no other."""
    rows = _in_turns(waiting)
    silent: Counter[int] = Counter()
    tried = 0

    def reachable() -> Iterator[tuple[int, int]]:
        for account, pk in rows:
            if silent[account] < TRIES:
                yield account, pk

    def attempt(row: tuple[int, int]) -> None:
        nonlocal tried
        tried += 1
        account, pk = row
        silent[account] = 0 if work(pk) else silent[account] + 1

    one_by_one(for_a_while(reachable(), seconds), attempt, transaction_each=False)
    left = len(rows) - tried
    if left:
        logger.warning("%s were tried at their gateways; %s are left for the next run", tried, left)
    return Run(tried, left)


def _in_turns(waiting: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first of each account, then the second of each, and so on."""
    places: Counter[int] = Counter()

    def place(row: tuple[int, int]) -> int:
        places[row[0]] += 1
        return places[row[0]]

    return sorted(waiting, key=place)
