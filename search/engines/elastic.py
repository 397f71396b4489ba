"""The engine for large markets: Elasticsearch 8."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from itertools import pairwise
from math import sqrt

from elasticsearch import Elasticsearch

from marketplace.clock import now
from search import ranking
from search.analysis import stem
from search.engines import client
from search.engines.base import (
    NUMBERS,
    Asked,
    EngineDown,
    Found,
    Likeness,
    chosen_values,
    split_ranges,
)
from search.engines.rarity import rarity
from search.params import FACETS, WINDOW, SearchParams, trl_range
from search.viewer import Viewer
from search.words import Query, Word

SINGLES_BOOST = 0.5  # of single Han characters beside pairs; more drowns the pairs of long queries
PHRASE_BOOST = 0.45
PHRASE_CHARACTERS = 200
TEXT_CHARACTERS = 600
NEIGHBOUR_BOOST = 0.1
NEIGHBOURS = 20
NUMBER_BOOST = 1_000.0
ACROSS_BOOST = 3.0  # of words of another script, which stand alone, beside pairs, characters and phrases
ACROSS_HAN_BOOST = 1.5  # of Han words beside typed words, over the root of their pairs, each of which counts
BESIDE_BOOST = 1.0
TIE = 0.1
DETAIL_BOOST = 0.7  # of a need's long text beside its title
NEAR_BOOST = 1.0
RAREST = 40  # terms of a long text that find what is like it
RANKED = 1_000  # hits that the gentle factors put in order; further ones are ranked ten thousand at a time
_COLUMN = {"field": "fields", "trigger": "triggers", "language": "languages", "eligible": "pilot"}
_NEWEST = [{"published_at": {"order": "desc", "missing": "_last"}}, {"page_id": "desc"}]
_SORT: dict[str, list] = {
    "newest": _NEWEST,
    "trl": [{"trl": {"order": "desc", "missing": "_last"}}, *_NEWEST],
    "free": [{"free_months": {"order": "desc", "missing": "_last"}}, *_NEWEST],
}


class ElasticEngine:
    name = "elasticsearch"

    def search(
        self, params: SearchParams, query: Query, viewer: Viewer, *, loose: bool = False, counted: bool = True
    ) -> Found:
        bodies = [hits_request(params, query, viewer, loose=loose, is_total=not counted)]
        if counted:
            bodies.append(counts_request(params, query, viewer, loose=loose))
        return read(*self._ask_all(bodies))

    def alike(
        self, questions: Sequence[Likeness], limit: int, *, seconds: float | None = None
    ) -> list[list[tuple[int, float]]]:
        if not questions:
            return []
        with client.within(seconds) if seconds else nullcontext():
            answers = self._ask_all([alike_request(question, limit) for question in questions])
        return [[(int(hit["_id"]), hit["_score"]) for hit in answer["hits"]["hits"]] for answer in answers]

    def matching_each(self, asked: Sequence[Asked]) -> list[list[int]]:
        """For each of many searches which of its `ids` it finds, newest first; one request of the worker."""
        if not asked:
            return []
        answers = _answers(
            client.for_worker(),
            [matching_request(one) for one in asked],
            filter_path="responses.hits.hits._id,responses.error,responses.status",
        )
        return [[int(hit["_id"]) for hit in answer.get("hits", {}).get("hits", ())] for answer in answers]

    def _ask_all(self, bodies: Sequence[dict]) -> list[dict]:
        return _answers(client.for_pages(), bodies)


def _answers(server: Elasticsearch, bodies: Sequence[dict], **options) -> list[dict]:
    """What Elasticsearch answers to several searches, which it works on side by side."""
    searches = [part for body in bodies for part in ({}, body)]
    try:
        answers = server.msearch(index=client.read_alias(), searches=searches, **options).body["responses"]
    except client.FAILURES as problem:
        raise EngineDown(str(problem)) from problem
    if broken := [answer["error"] for answer in answers if "error" in answer]:
        raise EngineDown(f"{len(broken)} of {len(answers)} searches failed: {broken[0]}")
    return answers


def hits_request(
    params: SearchParams, query: Query, viewer: Viewer, *, loose: bool = False, is_total: bool = False
) -> dict:
    """The hits of one page. Nothing else is asked for in this request, so that most matching documents are passed over
    without a look at them: they could not come before those that are found already."""
    filters = [visible(viewer), *_chosen(params, viewer).values()]
    body = {
        "query": {"bool": bool_query(query, *filters, loose=loose)},
        "from": params.offset,
        "size": params.size,
        "track_total_hits": is_total,
        "_source": False,
    }
    if query and params.sort == "relevance":
        return body | _gently_ranked(params.offset + params.size)
    return body | {"sort": _SORT[params.sort if params.sort != "relevance" else "newest"]}


def counts_request(params: SearchParams, query: Query, viewer: Viewer, *, loose: bool = False) -> dict:
    """How many hits there are, and how many under each value of each facet. Facets are chosen after counting
    (post_filter); each is counted under the choices of the others. Elasticsearch remembers the answer until the index
    changes: the next page, another order, the same search of somebody else cost nothing."""
    chosen = _chosen(params, viewer)
    body = {
        "query": {"bool": {"filter": [{"bool": bool_query(query, visible(viewer), loose=loose)}]}},
        "size": 0,
        "track_total_hits": True,
        "aggs": {name: _count(name, [f for other, f in chosen.items() if other != name]) for name in FACETS},
    }
    if chosen:
        body["post_filter"] = {"bool": {"filter": list(chosen.values())}}
    return body


def _chosen(params: SearchParams, viewer: Viewer) -> dict[str, dict]:
    return {
        name: facet_filter(name, values) for name in FACETS if (values := chosen_values(params, viewer, name))
    }


def _count(name: str, others: list[dict]) -> dict:
    values = {"terms": {"field": _COLUMN.get(name, name), "size": 500}}
    return {"filter": {"bool": {"filter": others}}, "aggs": {"values": values}} if others else values


def matching_request(asked: Asked) -> dict:
    """Which of some documents a search finds, in no order of fitness."""
    filters = [{"ids": {"values": [str(pk) for pk in asked.ids]}}, visible(asked.viewer)]
    for name in FACETS:
        if values := chosen_values(asked.params, asked.viewer, name):
            filters.append(facet_filter(name, values))
    query = {"bool": {"filter": [*filters, {"bool": bool_query(asked.query)}]}}
    return {
        "query": query,
        "size": len(asked.ids),
        "sort": _NEWEST,
        "_source": False,
        "track_total_hits": False,
    }


def read(hits: Mapping, counted: Mapping | None = None) -> Found:
    found = [(int(hit["_id"]), hit.get("_score") or 0.0) for hit in hits["hits"]["hits"]]
    if counted is None:
        return Found(found, hits["hits"]["total"]["value"])
    counts = {
        name: {str(bucket["key"]): bucket["doc_count"] for bucket in answer.get("values", answer)["buckets"]}
        for name, answer in counted["aggregations"].items()
    }
    return Found(found, counted["hits"]["total"]["value"], counts)


def visible(viewer: Viewer) -> dict:
    return {"terms": {"audience": viewer.keys}}


def facet_filter(name: str, values: Iterable[str]) -> dict:
    if name == "trl":
        return {"terms": {"trl": sorted({level for value in values for level in trl_range(value)})}}
    if name in NUMBERS:
        buckets, ranges = split_ranges(name, values)
        column = NUMBERS[name][0]
        return _any(
            [{"terms": {name: buckets}}, *({"range": {column: {"gte": a, "lte": b}}} for a, b in ranges)]
        )
    return {"terms": {_COLUMN.get(name, name): list(values)}}


def _gently_ranked(depth: int) -> dict:
    """The gentle factors of search.ranking, for the best by their text: at most a seventh, they bring nothing up from
    behind a thousand hits that fit better."""
    factor = {
        "function_score": {
            "query": {"match_all": {}},
            "functions": ranking.functions(now()),
            "score_mode": "sum",
        }
    }
    window = RANKED if depth <= RANKED else WINDOW
    return {"rescore": {"window_size": window, "query": {"rescore_query": factor, "score_mode": "multiply"}}}


def bool_query(query: Query, *filters: dict, loose: bool = False) -> dict:
    """What makes a document a hit, and how well it fits."""
    if not query:
        return {"filter": list(filters)}
    if not query.is_searchable:
        return {"must": [{"match_none": {}}]}
    numbers = [_numbers(query)] if query.identifiers else []
    meaning = other_words(query)
    must = [_any([*_text_of(query, meaning), *numbers])]
    if query.is_number and not loose:
        named = [_phrase(query.words)] if query.words else []
        filters += (_any([*named, *numbers]),)
    elif query.wants_whole_words and not loose:
        filters += (_any([*(_phrase((word,)) for word in query.words), *meaning, *numbers]),)
    return {"filter": list(filters), "must": must}


def _words_of(query: Query) -> list[dict]:
    """Any of the typed words or their pairs; a single character as such."""
    return [*pairs(query), *(_phrase((word,)) for word in query.words if word.is_character)]


def _typed(query: Query) -> list[dict]:
    """The words as they were typed."""
    texts = _words_of(query)
    return [{"bool": {"must": [_any(texts)], "should": premiums(query)}}] if texts else []


def other_words(query: Query) -> list[dict]:
    """What else may be said for the things that the query names; of several words for one thing the best counts.
    Words of the script that was not typed are a translation: nothing that they find holds the typed words, so they
    must weigh as much, and no more, or they bury what was typed. Other words of the same script weigh less than the
    typed ones."""
    typed = {word.is_han for word in query.words}
    across, beside = [], []
    for concept in query.concepts:
        if translated := [p for p in concept.alternatives if _is_han(p) not in typed]:
            across.append(_best([_phrase(words, _across_boost(words)) for words in translated]))
        if others := [p for p in concept.alternatives if _is_han(p) in typed]:
            beside.append(_best([_phrase(words, BESIDE_BOOST) for words in others]))
    return [_any(clauses) for clauses in (across, beside) if clauses]


def _across_boost(words: Iterable[Word]) -> float:
    if not _is_han(words):
        return ACROSS_BOOST
    pairs = sum(max(len(word.text) - 1, 1) if word.is_han else 1 for word in words)
    return ACROSS_HAN_BOOST / sqrt(pairs)


def _best(clauses: list[dict]) -> dict:
    return {"dis_max": {"queries": clauses}}


def _is_han(words: Iterable[Word]) -> bool:
    return any(word.is_han for word in words)


def _text_of(query: Query, meaning: list[dict]) -> list[dict]:
    """The better of what was typed and what means the same; the other one adds a little."""
    branches = [*_typed(query), *meaning]
    return [{"dis_max": {"queries": branches, "tie_breaker": TIE}}] if meaning else branches


def _any(clauses: list[dict]) -> dict:
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


def _text(query: Query) -> str:
    """The words that are looked for; of an endless text its beginning, since each pair is a term."""
    return " ".join(word.text for word in query.words)[:TEXT_CHARACTERS]


def pairs(query: Query, boost: float = 1.0) -> list[dict]:
    """What makes a document a hit, and most of its score: pairs of Han characters, stems of English words."""
    return [_match("text", _text(query), boost)] if query.words else []


def premiums(query: Query, boost: float = 1.0, singles: float = SINGLES_BOOST) -> list[dict]:
    """What only adds to the score of hits: single Han characters (of which alone nearly every document holds some) and
    the words beside them once more, which else would count for less, the whole phrase, and neighbours of other scripts
    that stay together (the pairs of Han characters do so anyway)."""
    groups = []
    if singles and any(word.is_han for word in query.words):
        groups.append(_match("text.one", _text(query), boost * singles))
        others = " ".join(word.text for word in query.words if not word.is_han)[:TEXT_CHARACTERS]
        groups += [_match("text", others, boost * singles)] if others else []
    if query.phrases and query.phrases[0] is query.words:
        text = _text(query)[:PHRASE_CHARACTERS]
        groups.append(_close(text, PHRASE_BOOST * boost))
    neighbours = [(a, b) for a, b in pairwise(query.words) if not (a.is_han and b.is_han)]
    groups += [_close(f"{a.text} {b.text}", NEIGHBOUR_BOOST * boost) for a, b in neighbours[:NEIGHBOURS]]
    return groups


def _close(text: str, boost: float) -> dict:
    """In the order of the text, two words apart at most. Of a title this counts twice, as all of it does."""
    return {"match_phrase": {"text": {"query": text, "slop": 2, "boost": boost}}}


def _match(field: str, text: str, boost: float) -> dict:
    return {"match": {field: {"query": text, "boost": boost}}}


def _phrase(words: Iterable[Word], boost: float = 1.0) -> dict:
    """Words that all occur, each of them whole, in any of the texts."""
    clauses = [
        {"match": {"text.one": word.text}} if word.is_character else {"match_phrase": {"text": word.text}}
        for word in words
    ]
    return {"bool": {"must": clauses, "boost": boost}}


def _numbers(query: Query) -> dict:
    terms = {"terms": {"identifiers": list(query.identifiers)}}
    return {"constant_score": {"filter": terms, "boost": NUMBER_BOOST}}


def alike_request(likeness: Likeness, limit: int) -> dict:
    """In two steps, since a long text asked of every document takes three times as long and finds the same (docs/search.md):
    its title and the rarest terms of its detail find the candidates, and all that it says puts these in order.

    Of the detail pairs alone: nearly every document holds some of its single characters. The title, which is short, keeps
    them."""
    near = [
        {"constant_score": {"filter": facet_filter(name, values), "boost": NEAR_BOOST}}
        for name, values in likeness.near.items()
    ]
    title, meaning = likeness.title, other_words(likeness.title)
    texts = [*_text_of(title, meaning), *pairs(likeness.detail, DETAIL_BOOST)]
    rarest = " ".join(sorted(likeness.detail.terms, key=lambda term: -rarity(stem(term)))[:RAREST])
    first = [*_words_of(title), *meaning, *([_match("text", rarest, DETAIL_BOOST)] if rarest else [])]
    query = {
        "filter": [
            *([visible(likeness.viewer)] if likeness.viewer is not None else []),
            {"terms": {"kind": list(likeness.kinds)}},
        ],
        "must": [_any(first)] if first else [{"match_none": {}}],
        "must_not": [{"ids": {"values": [str(likeness.without)]}}] if likeness.without else [],
    }
    whole = {
        "must": [_any(texts)] if texts else [{"match_none": {}}],
        "should": [*premiums(likeness.detail, DETAIL_BOOST, singles=0), *near],
    }
    order = {"rescore_query": {"bool": whole}, "query_weight": 0.0, "rescore_query_weight": 1.0}
    return {
        "query": {"bool": query},
        "rescore": {"window_size": RANKED, "query": order},
        "size": limit,
        "_source": False,
        "track_total_hits": False,
    }
