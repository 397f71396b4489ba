"""A search from beginning to end, as the page shows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from django.core.cache import cache

from search import suggesting
from search.analysis import fold
from search.correcting import as_spelled, corrections
from search.engines import answer, client
from search.engines.base import Engine, Found
from search.facets import LABELS, Chip, Facet, Names, Value, chips, facets, tabs
from search.highlight import Marker, Piece, Text
from search.models import SearchDocument, SynonymSet, Topic
from search.params import SearchParams
from search.thesaurus import EMPTY, Thesaurus
from search.viewer import Viewer
from search.why import Reason, reasons
from search.words import Query, Word, read

NEAR_MISSES = 5
INSTITUTIONS = 50  # in their facet; a rarer one is found by its name
FEW = 10  # hits; below so many, what comes near is shown after them
SENTENCE = 12  # characters; of a longer run only parts are looked for
CORRECTED_WORDS = 6  # a longer text finds something anyway
_SYNONYMS = "search-synonyms"
_SYNONYMS_SECONDS = 3600  # a change that the cache did not hear of, being away, holds by then
_GENERAL = {Topic.FIELDS, Topic.PROPERTIES, Topic.MARKET}
_thesaurus: tuple[str, Thesaurus] = ("", EMPTY)
_HEAVY = ("words", "characters", "source")


@dataclass(frozen=True)
class Hit:
    """One line of the list. `pieces` of texts are plain or marked; `where` says in which parts the words were
    found, `missing` which typed words were not, `unsaid` what of them the hit says in no other way either."""

    document: SearchDocument
    score: float
    title: Sequence[Piece]
    summary: Sequence[Piece]
    snippet: Sequence[Piece] = ()
    where: Sequence[str] = ()
    missing: Sequence[str] = ()
    unsaid: Sequence[str] = ()
    reasons: Sequence[Reason] = ()


@dataclass(frozen=True)
class Correction:
    """What may have been meant, the address that asks for it, and how much it finds."""

    text: str
    query: str
    total: int


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
    tabs: Sequence[Value] = ()
    facets: Sequence[Facet] = ()
    chips: Sequence[Chip] = ()
    near_misses: Sequence[Hit] = ()
    dropped: Sequence[Dropped] = ()
    is_substitute: bool = False
    names: Names = field(default_factory=Names)
    correction: Correction | None = None
    instead_of: str = ""  # what was typed, where nothing holds it and a correction is shown


def forget_synonyms() -> None:
    """From the next search on every process reads them again."""
    cache.delete(_SYNONYMS)


def thesaurus() -> Thesaurus:
    """All sets of words that mean the same. Each process keeps what it made of them, until the token in the cache is
    another one."""
    global _thesaurus
    token = cache.get_or_set(_SYNONYMS, lambda: uuid4().hex, _SYNONYMS_SECONDS)
    if _thesaurus[0] != token:
        sets = list(SynonymSet.objects.values_list("words", "topic"))
        general = (number for number, (_words, topic) in enumerate(sets) if topic in _GENERAL)
        _thesaurus = (token, Thesaurus((words for words, _topic in sets), general))
    return _thesaurus[1]


def read_query(text: str) -> Query:
    return read(text, thesaurus() if text else EMPTY)


def find(params: SearchParams, viewer: Viewer) -> Results:
    """Search with whichever engine answers. Where nothing is found, what a correction of the text finds; without one,
    what comes near."""
    with client.within(client.PAGE_SECONDS):
        results, correction = _find(params, viewer)
        if correction and not results.total:
            corrected, _again = _find(replace(params, q=correction.text), viewer, may_correct=False)
            return replace(corrected, instead_of=params.q)
    return replace(results, correction=correction)


def listed(params: SearchParams, viewer: Viewer, limit: int) -> list[SearchDocument]:
    """The documents of the whole list, in its order and without marks, at most `limit`; corrected as the page is."""
    params = find(params, viewer).params
    query = read_query(params.q)
    found, _is_substitute = answer(
        lambda engine: engine.search(replace(params, page=1, size=limit), query, viewer, counted=False)
    )
    return [hit.document for hit in hits(found.ids, Query(), viewer)]


def wants_near(query: Query, total: int, params: SearchParams) -> bool:
    """Whether what holds no typed word whole, but comes near, is shown too: where there is little or nothing else.
    A longer text brings it anyway, and near a number is nothing."""
    is_short = query.wants_whole_words and not query.is_number
    few = total < FEW and is_short and params.sort == "relevance" and params.page == 1
    return query.is_searchable and (few or not total)


def _others(near: Found, found: Found) -> list[tuple[int, float]]:
    known = {pk for pk, _score in found.ids}
    return [(pk, score) for pk, score in near.ids if pk not in known]


def _find(
    params: SearchParams, viewer: Viewer, *, may_correct: bool = True
) -> tuple[Results, Correction | None]:
    query = read_query(params.q)

    def ask(engine: Engine) -> tuple[Found, list[Hit], Correction | None, Found]:
        found, near = engine.search(params, query, viewer), Found()
        shown = hits(found.ids, query, viewer)
        correction = _correct(engine, params, query, shown, viewer) if may_correct else None
        if wants_near(query, found.total, params) and not correction:
            facets = params.facets if found.total else {}
            near = engine.search(
                SearchParams(q=params.q, facets=facets), query, viewer, loose=True, counted=False
            )
        return found, shown, correction, near

    (found, shown, correction, near), is_substitute = answer(ask)
    found = replace(found, counts=_commonest(found.counts, params))
    names = Names.read(found.counts, params)
    eligible = viewer.programmes if found.counts.get("eligible") else ()
    results = Results(
        params=params,
        query=query,
        hits=shown,
        total=found.total,
        tabs=tabs(found.counts, params),
        facets=facets(found.counts, params, names, eligible),
        chips=[
            chip for chip in chips(params, names) if len(params.chosen("kind")) != 1 or chip.name != "kind"
        ],
        near_misses=hits(_others(near, found)[:NEAR_MISSES], query, viewer),
        dropped=_dropped(found, params, names),
        is_substitute=is_substitute,
        names=names,
    )
    return results, correction


def _commonest(counts: Mapping[str, Mapping[str, int]], params: SearchParams) -> dict[str, Mapping[str, int]]:
    """The counts without the institutions that have few hits and were not chosen: a list of hundreds helps nobody."""
    numbers = counts.get("institution", {})
    first = sorted(numbers, key=lambda pk: (-numbers[pk], pk))[:INSTITUTIONS]
    kept = {pk: numbers[pk] for pk in numbers if pk in {*first, *params.chosen("institution")}}
    return {**counts, "institution": kept} if kept else dict(counts)


def _correct(
    engine: Engine, params: SearchParams, query: Query, shown: list[Hit], viewer: Viewer
) -> Correction | None:
    """The first of the likely corrections that finds something for this reader, its words as their documents spell
    them. Looked for where nothing is found, or where no hit holds an English word that was typed."""
    if shown and query.is_number:
        return None
    known = thesaurus()
    missing = [w.text for w in query.words if all(w.text in hit.missing for hit in shown)]
    doubtful = [text for text in missing if text.isascii() and text.isalpha() and text not in known.latin]
    unheard = not shown or any(
        word.is_han and len(word.text) > 2 and word.text in missing for word in query.words
    )
    if not (doubtful or unheard) or params.page > 1 or len(query.words) > CORRECTED_WORDS:
        return None
    for text in corrections(query, doubtful, known, lambda: suggesting.texts(query.text), heard=unheard):
        other = read_query(text)
        found = engine.search(replace(params, q=text), other, viewer, counted=False)
        spelled = as_spelled(text, query, [hit.document for hit in hits(found.ids, other, viewer)], known)
        if spelled:
            return Correction(spelled, params.but(q=spelled).to_query(), found.total)
    return None


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
    why = reasons(query, texts)
    said = {part for reason in why if reason.said for part in (reason.typed, *reason.typed.split())}
    found = {name: marker.found(query.words, text) for name, text in texts.items()}
    everywhere = set().union(*found.values())
    other = document.body_en if body == document.body_zh else document.body_zh
    # What a number alone finds has it or names it, in whatever notation.
    asked = () if query.is_number else query.words
    lacking = [w for w in asked if w.text not in everywhere | said and len(w.text) <= SENTENCE]
    return Hit(
        document,
        score,
        marker.pieces(Text(title)),
        marker.pieces(Text(summary)) if summary else (),
        marker.snippet(Text(body)) or marker.snippet(Text(other)),
        [name for name, text in texts.items() if found[name] or marker.touches(text)],
        [w.text for w in lacking][:6],
        [left for w in lacking if (left := _unsaid(w, why))][:6],
        why,
    )


def _unsaid(word: Word, why: Sequence[Reason]) -> str:
    """What is left of a word that is not there whole when the terms in it are that are: nothing of 锂电池电解液 where
    there is something of 锂电池 and of 电解液."""
    if not word.is_han:
        return word.text
    left = word.text
    for reason in why:
        left = left.replace(fold(reason.typed), " ")
    parts = left.split()
    return "" if left != word.text and not any(len(part) > 1 for part in parts) else max(parts, key=len)


def _texts(document: SearchDocument) -> dict[str, Text]:
    """The searchable texts by the names that "found in" uses."""
    texts = {
        "title": f"{document.title_zh} {document.title_en}",
        "summary": f"{document.summary_zh} {document.summary_en}",
        "keywords": " · ".join((*document.keywords_zh, *document.keywords_en)),
        "description": f"{document.body_zh} {document.body_en}",
        "institution": f"{document.organisation_zh} {document.organisation_en}",
    }
    return {name: Text(text) for name, text in texts.items() if text.strip()}
