"""What both engines are asked and answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from search.params import SearchParams, number_range
from search.viewer import Viewer
from search.words import Query

YUAN = 100  # fen; the address names whole yuan
# Facets that take a range of numbers besides buckets: the column of the numbers, and what one of the address is in it
NUMBERS = {"free": ("free_months", 1), "price": ("price_minor", YUAN)}


def chosen_values(params: "SearchParams", viewer: "Viewer", name: str) -> list[str]:
    """The values that a document must have one of. What the reader is eligible for depends on the reader: the
    programmes that are open to them; a code that no programme has where there are none."""
    values = list(params.chosen(name))
    return (viewer.programmes or ["-"]) if name == "eligible" and values else values


def split_ranges(name: str, values: Iterable[str]) -> tuple[list[str], list[tuple[int | None, int | None]]]:
    """The buckets and the ranges among chosen values; ranges in the units of the column."""
    buckets, ranges = [], []
    for value in values:
        ends = number_range(value) if name in NUMBERS else None
        if ends is None:
            buckets.append(value)
        else:
            times = NUMBERS[name][1]
            ranges.append(tuple(end if end is None else end * times for end in ends))
    return buckets, ranges


class EngineDown(Exception):
    """The engine cannot answer now: not reachable, too slow, or its index is not there."""


@dataclass(frozen=True)
class Found:
    """`ids` with their scores, best first: one page of them. `counts`: by facet and value; those of a facet leave
    its own choice out of account."""

    ids: Sequence[tuple[int, float]] = ()
    total: int = 0
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Likeness:
    """A text that others are compared with: a need looking for listings, or the other way round. `near` are facet
    values that make a likeness likelier, without being asked for. `viewer`: who may see what is found; for nobody in
    particular (None) everything is, which no page may show as it is."""

    title: Query
    detail: Query
    kinds: tuple[str, ...]
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: int | None = None
    viewer: Viewer | None = None


@dataclass(frozen=True)
class Asked:
    """A search that is held against some pages alone."""

    params: SearchParams
    query: Query
    viewer: Viewer
    ids: Sequence[int]


class Engine(Protocol):
    name: str

    def search(
        self, params: SearchParams, query: Query, viewer: Viewer, *, loose: bool = False, counted: bool = True
    ) -> Found:
        """One page of hits; `counted`: with what each facet would leave."""
        ...

    def alike(
        self, questions: Sequence[Likeness], limit: int, *, seconds: float | None = None
    ) -> list[list[tuple[int, float]]]:
        """To each question what fits, best first. Raises EngineDown when that takes longer than so many seconds."""
        ...

    def matching_each(self, asked: Sequence[Asked]) -> list[list[int]]: ...
