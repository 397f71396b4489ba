"""What both engines are asked and answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from search.params import SearchParams
from search.viewer import Viewer
from search.words import Query

SUGGESTIONS = 8


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
    values that make a likeness likelier, without being asked for."""

    title: Query
    detail: Query
    kinds: tuple[str, ...]
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without: int | None = None


class Engine(Protocol):
    name: str

    def search(self, params: SearchParams, query: Query, viewer: Viewer, *, loose: bool = False) -> Found: ...

    def alike(self, likeness: Likeness, viewer: Viewer, limit: int) -> list[tuple[int, float]]: ...

    def suggest(self, typed: str, limit: int = SUGGESTIONS) -> list[str]: ...


def distinct(texts: Iterable[str], limit: int) -> list[str]:
    return list(dict.fromkeys(texts))[:limit]
