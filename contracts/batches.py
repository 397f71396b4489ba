"""Much work in small transactions: a batch at a time; a batch that fails is tried one by one, so that one bad
item stops nobody."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import TypeVar

from django.db import OperationalError, transaction

T = TypeVar("T")
logger = logging.getLogger(__name__)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def work_off(batch: Sequence[T], work: Callable[[Sequence[T]], object]) -> dict[T, Exception]:
    """Do `work(batch)` in one transaction; where that fails, each item in one of its own. What failed alone,
    with its problem. A database that is gone (OperationalError) is nobody's fault and is raised."""
    try:
        with transaction.atomic():
            work(batch)
        return {}
    except OperationalError:
        raise
    except Exception:
        if len(batch) > 1:
            logger.warning("A batch of %s failed and is tried one by one", len(batch), exc_info=True)
    return one_by_one(batch, lambda item: work([item]))


def one_by_one(
    items: Iterable[T], work: Callable[[T], object], *, transaction_each: bool = True
) -> dict[T, Exception]:
    """Do `work(item)` for each in a transaction (inside one: a savepoint) of its own; with `transaction_each=False` in
    those that it opens itself, because it calls over the network. What failed, with its problem; it is logged and stops
    no other. A database that is gone (OperationalError) is raised."""
    failed: dict[T, Exception] = {}
    for item in items:
        try:
            with transaction.atomic() if transaction_each else nullcontext():
                work(item)
        except OperationalError:
            raise
        except Exception as problem:
            logger.exception("%s failed alone", item)
            failed[item] = problem
    return failed


def for_a_while(items: Iterable[T], seconds: float) -> Iterator[T]:
    """At least one of the items, and no further one when the time is over."""
    end = time.monotonic() + seconds
    for item in items:
        yield item
        if time.monotonic() >= end:
            return
