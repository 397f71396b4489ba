"""A search from beginning to end, as the page shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from django.core.cache import cache

from search.engines import answer
from search.engines.base import Engine, Found
from search.facets import LABELS, Chip, Facet, Names, chips, facets
from search.highlight import Marker, Piece
from search.models import SearchDocument, SynonymSet
from search.params import SearchParams
from search.thesaurus import EMPTY, Thesaurus
from search.viewer import Viewer
from search.words import Query, read

NEAR_MISSES = 5
_SYNONYMS = "search-synonyms"
_thesaurus: tuple[str, Thesaurus] = ("", EMPTY)
_HEAVY = ("words", "characters", "source")


@dataclass(frozen=True)
class Hit:
    """One line of the list. `pieces` of texts are plain or marked; `where` says in which parts the words were
    found, `missing` which typed words were not."""

    document: SearchDocument
    score: float
    title: Sequence[Piece]
    summary: Sequence[Piece]
    snippet: Sequence[Piece] = ()
    where: Sequence[str] = ()
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class Dropped:
    """What a search would find with one facet less."""

    label: str
    query: str
    count: int


@dataclass(frozen=True)
class Results:
    params: SearchParams
    query: Query
    hits: Sequence[Hit] = ()
    total: int = 0
    facets: Sequence[Facet] = ()
    chips: Sequence[Chip] = ()
    near_misses: Sequence[Hit] = ()
    dropped: Sequence[Dropped] = ()
    is_substitute: bool = False
    names: Names = field(default_factory=Names)


def forget_synonyms() -> None:
    """From the next search on every process reads them again."""
    cache.delete(_SYNONYMS)


def thesaurus() -> Thesaurus:
    """All sets of words that mean the same. Each process keeps what it made of them, until the token in the cache is
    another one."""
    global _thesaurus
    token = cache.get_or_set(_SYNONYMS, lambda: uuid4().hex, None)
    if _thesaurus[0] != token:
        _thesaurus = (token, Thesaurus(SynonymSet.objects.values_list("words", flat=True)))
    return _thesaurus[1]


def read_query(text: str) -> Query:
    return read(text, thesaurus() if text else EMPTY)


def find(params: SearchParams, viewer: Viewer) -> Results:
    """Search with whichever engine answers; with nothing found also what comes near."""
    query = read_query(params.q)

    def ask(engine: Engine) -> tuple[Found, Found]:
        found = engine.search(params, query, viewer)
        near = Found()
        if not found.total and query.is_searchable:
            near_params = SearchParams(q=params.q, facets={})
            near = engine.search(near_params, query, viewer, loose=True)
        return found, near

    (found, near), is_substitute = answer(ask)
    names = Names.read(found.counts, params)
    return Results(
        params=params,
        query=query,
        hits=hits(found.ids, query, viewer),
        total=found.total,
        facets=facets(found.counts, params, names),
        chips=chips(params, names),
        near_misses=hits(near.ids[:NEAR_MISSES], query, viewer),
        dropped=_dropped(found, params, names),
        is_substitute=is_substitute,
        names=names,
    )


def _dropped(found: Found, params: SearchParams, names: Names) -> list[Dropped]:
    """For each facet in the way what would be found without it. The counts of a facet leave its own choice out of
    account; a document may hold several values of one, so that the true number is at most the sum."""
    if found.total:
        return []
    dropped = []
    for name, values in params.facets.items():
        counts = found.counts.get(name, {})
        if name in ("field", "ip", "trigger", "language"):
            count = max(counts.values(), default=0)
        else:
            count = sum(counts.values())
        if count:
            words = ", ".join(names.of(name, value) for value in values)
            dropped.append(Dropped(f"{LABELS[name]}: {words}", params.without(name).to_query(), count))
    return sorted(dropped, key=lambda d: -d.count)


def hits(ids: Iterable[tuple[int, float]], query: Query, viewer: Viewer) -> list[Hit]:
    """The documents of found ids as the reader may see them: read once more under the reader's own rights, so that
    an index that lags behind shows nothing it should not."""
    ids = list(ids)
    documents = SearchDocument.objects.visible_to(viewer).defer(*_HEAVY)
    found = documents.in_bulk([pk for pk, _score in ids]) if ids else {}
    marker = Marker(query)
    return [hit(found[pk], score, query, marker) for pk, score in ids if pk in found]


def hit(document: SearchDocument, score: float, query: Query, marker: Marker) -> Hit:
    title, summary, body = document.title, document.summary, document.body
    if not marker:
        return Hit(document, score, [Piece(title, False)], [Piece(summary, False)] if summary else [])
    texts = _texts(document)
    found = {name: marker.found(query.words, text) for name, text in texts.items()}
    everywhere = set().union(*found.values())
    other = document.body_en if body == document.body_zh else document.body_zh
    return Hit(
        document,
        score,
        marker.pieces(title),
        marker.pieces(summary) if summary else (),
        marker.snippet(body) or marker.snippet(other),
        [name for name, text in texts.items() if found[name] or marker.spans(text)],
        [word.text for word in query.words if word.text not in everywhere][:6],
    )


def _texts(document: SearchDocument) -> dict[str, str]:
    """The searchable texts by the names that "found in" uses."""
    return {
        "title": f"{document.title_zh} {document.title_en}",
        "summary": f"{document.summary_zh} {document.summary_en}",
        "keywords": " · ".join((*document.keywords_zh, *document.keywords_en)),
        "description": f"{document.body_zh} {document.body_en}",
        "institution": f"{document.organisation_zh} {document.organisation_en}",
    }
