"""What is searched for, read from the address and written back to it; pure. Odd input is dropped, never an error."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import urlencode

from search.analysis import clean

SORTS = ("relevance", "newest", "trl", "free")
SIZES = (20, 50, 100)
WINDOW = 10_000  # how deep a list can be paged; Elasticsearch's own limit
MAX_VALUES = 30


def _range(digits: int) -> str:
    """ "6-18", "6-" and "-18": from, to, both included."""
    return rf"\d{{1,{digits}}}-(?:\d{{1,{digits}}})?|-\d{{1,{digits}}}"


# Facets that also take two numbers, with the least and the most of an open end: "trl_min=4&trl_max=6" is "trl=4-6".
RANGES = {"trl": ("1", "9"), "free": ("", ""), "price": ("", "")}

# Each facet and the shape of its values; what does not fit is dropped.
_SHAPES: dict[str, re.Pattern] = {
    "kind": re.compile(r"LISTING|NEED|SERVICE|INSTITUTION"),
    "field": re.compile(r"[a-z0-9][a-z0-9-]{0,59}"),
    "trl": re.compile(r"[1-9](-[1-9])?"),
    "ip": re.compile(r"[A-Z_]{2,15}"),
    "free": re.compile(rf"NONE|UP_TO_6|UP_TO_12|UP_TO_24|OVER_24|{_range(3)}"),
    "trigger": re.compile(r"[A-Z_]{2,15}"),
    "payment": re.compile(r"[A-Z_]{2,15}"),
    "exclusivity": re.compile(r"[A-Z_]{2,15}"),
    "institution": re.compile(r"[1-9]\d{0,9}"),
    "region": re.compile(r"[1-9]\d"),
    "language": re.compile(r"zh|en"),
    "programme": re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}"),
    "price": re.compile(rf"NONE|UP_TO_100K|UP_TO_500K|UP_TO_2M|OVER_2M|{_range(9)}"),
    "eligible": re.compile(r"mine"),
}
FACETS = tuple(_SHAPES)


@dataclass(frozen=True)
class SearchParams:
    """`facets`: chosen values by facet; any of the values of one facet, all facets together."""

    q: str = ""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = SORTS[0]
    page: int = 1
    size: int = SIZES[0]

    def __post_init__(self):
        object.__setattr__(self, "facets", MappingProxyType({k: v for k, v in self.facets.items() if v}))

    def __hash__(self):
        return hash(self.to_query())

    @classmethod
    def from_query(cls, query: Mapping) -> "SearchParams":
        """From a query string as Django reads it, or any mapping of names to a text or a list of texts."""
        size = _number(_last(query, "size"))
        size = size if size in SIZES else SIZES[0]
        sort = _last(query, "sort")
        return cls(
            q=clean(_last(query, "q")),
            facets={
                name: _values(name, [*_list(query, name), *_typed_range(query, name)]) for name in FACETS
            },
            sort=sort if sort in SORTS else SORTS[0],
            page=max(1, min(_number(_last(query, "page")), WINDOW // size)),
            size=size,
        )

    def to_query(self) -> str:
        """The canonical query string, without what is the default; empty for an empty search."""
        pairs = [("q", self.q)] if self.q else []
        pairs += [(name, value) for name in FACETS for value in self.facets.get(name, ())]
        pairs += [("sort", self.sort)] if self.sort != SORTS[0] else []
        pairs += [("size", str(self.size))] if self.size != SIZES[0] else []
        pairs += [("page", str(self.page))] if self.page > 1 else []
        return urlencode(pairs)

    def chosen(self, name: str) -> tuple[str, ...]:
        return self.facets.get(name, ())

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    @property
    def is_empty(self) -> bool:
        return not self.q and not self.facets

    @property
    def is_landing(self) -> bool:
        """Whether a crawler may keep the page: everything, one kind, or one field; all else has no end."""
        one = len(self.facets) <= 1 and all(
            name in ("kind", "field") and len(values) == 1 for name, values in self.facets.items()
        )
        return one and not self.q and self.sort == SORTS[0] and self.size == SIZES[0]

    @property
    def canonical(self) -> "SearchParams":
        """The page that stands for this one: itself where it may be kept, else the one with nothing chosen."""
        return self if self.is_landing else SearchParams()

    def toggled(self, name: str, value: str) -> "SearchParams":
        """With a value chosen, or no longer chosen; back on the first page."""
        chosen = self.chosen(name)
        left = tuple(v for v in chosen if v != value) if value in chosen else _values(name, [*chosen, value])
        return self.but(facets={**self.facets, name: left})

    def without(self, name: str) -> "SearchParams":
        return self.but(facets={k: v for k, v in self.facets.items() if k != name})

    def but(self, **changes) -> "SearchParams":
        return replace(self, **{"page": 1, **changes})


def _list(query: Mapping, name: str) -> Sequence[str]:
    found = query.getlist(name) if hasattr(query, "getlist") else query.get(name, ())
    return [found] if isinstance(found, str) else [v for v in found or () if isinstance(v, str)]


def _last(query: Mapping, name: str) -> str:
    found = _list(query, name)
    return found[-1] if found else ""


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0


def _values(name: str, texts: Iterable[str]) -> tuple[str, ...]:
    fitting = sorted({text for text in texts if _SHAPES[name].fullmatch(text)})
    return tuple(fitting[:MAX_VALUES])


def _typed_range(query: Mapping, name: str) -> list[str]:
    """The range of two number fields, the smaller number first."""
    if name not in RANGES:
        return []
    low, high = (_last(query, f"{name}_{end}").strip() for end in ("min", "max"))
    if not (low or high) or not re.fullmatch(r"\d{0,9}", low) or not re.fullmatch(r"\d{0,9}", high):
        return []
    low, high = low or RANGES[name][0], high or RANGES[name][1]
    if low and high and int(low) > int(high):
        low, high = high, low
    return [f"{low and int(low)}-{high and int(high)}"]


def number_range(value: str) -> tuple[int | None, int | None] | None:
    """The ends of "6-18", "6-" or "-18"; None for the name of a bucket."""
    if "-" not in value:
        return None
    low, high = value.split("-")
    return (int(low) if low else None, int(high) if high else None)


def trl_range(value: str) -> range:
    """The levels of "4" or "4-6"; the ends may stand either way round."""
    ends = [int(part) for part in value.split("-")]
    return range(min(ends), max(ends) + 1)
