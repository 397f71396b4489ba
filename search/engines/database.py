"""The engine that is always there: PostgreSQL full text over pairs of characters and English stems."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from marketplace.clock import now
from search import ranking
from search.analysis import stem
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
from search.params import FACETS, SearchParams, trl_range
from search.viewer import Viewer
from search.words import Query, Word

TABLE = "search_searchdocument"
CANDIDATES = 400  # the best of these by PostgreSQL's rank are ordered by BM25
OR_TERMS = 40  # the rarest terms of a long text
K1, B = 1.2, 0.75
WEIGHTS = {"A": 2.5, "B": 1.5, "C": 0.8, "D": 1.0}
WHOLE_BONUS = 3.0  # for a document that holds the query as one phrase
NUMBER_BONUS = 1_000.0
DETAIL = 0.35  # how much the detail of a need weighs beside its title
NEAR_BONUS = 1.0
OTHER_WORDS = 1.0  # a reading of their own: the better of it and of what was typed counts, the other a little
TIE = 0.1

# facet → (column, whether it holds several values)
COLUMNS: dict[str, tuple[str, bool]] = {
    "kind": ("kind", False),
    "field": ("fields", True),
    "trl": ("trl", False),
    "ip": ("ip", True),
    "free": ("free", False),
    "trigger": ("triggers", True),
    "payment": ("payment", False),
    "exclusivity": ("exclusivity", False),
    "institution": ("institution", False),
    "region": ("region", False),
    "language": ("languages", True),
    "programme": ("programme", False),
    "price": ("price", False),
    "eligible": ("pilot", False),
}
_ORDER = {
    "newest": "published_at DESC NULLS LAST, page_id DESC",
    "trl": "trl DESC NULLS LAST, published_at DESC NULLS LAST, page_id DESC",
    "free": "free_months DESC NULLS LAST, published_at DESC NULLS LAST, page_id DESC",
}


@dataclass
class Sql:
    """A piece of SQL with its parameters. Only names written in this file get into the text."""

    text: str
    params: tuple = ()

    def __and__(self, other: "Sql") -> "Sql":
        return Sql(f"({self.text}) AND ({other.text})", (*self.params, *other.params))


@dataclass(frozen=True)
class Weight:
    """Of a term: its rarity times the weight of where it stands; whether it was typed, or stands for what was."""

    value: float
    is_typed: bool = True


ALL = Sql("TRUE")
_MOST = 10**12


class DatabaseEngine:
    name = "database"

    def search(
        self, params: SearchParams, query: Query, viewer: Viewer, *, loose: bool = False, counted: bool = True
    ) -> Found:
        base = visible(viewer) & text_condition(query, loose)
        chosen = {
            name: facet_condition(name, values)
            for name in FACETS
            if (values := chosen_values(params, viewer, name))
        }
        counts = self._counts(base, chosen, FACETS if counted else ())
        total = counts.pop("", {}).get("", 0)
        if not total:
            return Found((), 0, counts)
        where = base
        for condition in chosen.values():
            where &= condition
        return Found(self._page(where, params, query), total, counts)

    def matching(
        self, params: SearchParams, query: Query, viewer: Viewer, ids: Iterable[int] | None = None
    ) -> list[int]:
        """All pages, or those among `ids`, that the search finds; newest first."""
        where = _found(params, query, viewer)
        if ids is not None:
            where &= Sql("page_id = ANY(%s)", (list(ids),))
        rows = _rows(
            f"SELECT page_id FROM {TABLE} WHERE {where.text} ORDER BY {_ORDER['newest']}", where.params
        )
        return [row[0] for row in rows]

    def matching_each(self, asked: Sequence[Asked]) -> list[list[int]]:
        """For each of many searches which of its `ids` it finds, newest first; one statement, which reads the
        documents once."""
        parts = []
        for number, one in enumerate(asked):
            where = _found(one.params, one.query, one.viewer) & Sql("page_id = ANY(%s)", (list(one.ids),))
            columns = f"SELECT {number} AS asked, page_id, published_at FROM changed WHERE"
            parts.append(Sql(f"{columns} {where.text}", where.params))
        if not parts:
            return []
        every = sorted({pk for one in asked for pk in one.ids})
        sql = (
            f"WITH changed AS MATERIALIZED (SELECT * FROM {TABLE} WHERE page_id = ANY(%s))"
            f" SELECT asked, page_id FROM ({' UNION ALL '.join(part.text for part in parts)}) found"
            f" ORDER BY asked, {_ORDER['newest']}"
        )
        found: list[list[int]] = [[] for _one in asked]
        for number, page_id in _rows(sql, [every, *(value for part in parts for value in part.params)]):
            found[number].append(page_id)
        return found

    def alike(
        self, questions: Sequence[Likeness], limit: int, *, seconds: float | None = None
    ) -> list[list[tuple[int, float]]]:
        with within(seconds / len(questions)) if seconds and questions else nullcontext():
            return [self._alike(question, limit) for question in questions]

    def _alike(self, likeness: Likeness, limit: int) -> list[tuple[int, float]]:
        weights = _weighted([(likeness.title, 1.0), (likeness.detail, DETAIL)])
        if not weights:
            return []
        where = (
            (visible(likeness.viewer) if likeness.viewer is not None else ALL)
            & Sql("kind = ANY(%s)", (list(likeness.kinds),))
            & Sql("page_id <> %s", (likeness.without or 0,))
            & Sql("words @@ to_tsquery('english', %s)", (_any(weights),))
        )
        bonus = Sql("0")
        for name, values in likeness.near.items():
            condition = facet_condition(name, values)
            bonus = Sql(
                f"{bonus.text} + CASE WHEN {condition.text} THEN {NEAR_BONUS} ELSE 0 END",
                (*bonus.params, *condition.params),
            )
        return self._ranked(where, weights, bonus, limit=limit)

    def _page(self, where: Sql, params: SearchParams, query: Query) -> list[tuple[int, float]]:
        if params.sort == "relevance" and query.is_searchable:
            whole = [phrase for phrase in (_phrase(words) for words in query.phrases) if phrase]
            bonus = Sql(
                f"CASE WHEN identifiers && %s::varchar[] THEN {NUMBER_BONUS} ELSE 0 END"
                f" + CASE WHEN words @@ to_tsquery('english', %s) THEN {WHOLE_BONUS} ELSE 0 END",
                (list(query.identifiers), " | ".join(whole)),
            )
            weights = _weighted([(query, 1.0)])
            return self._ranked(where, weights, bonus, limit=params.size, offset=params.offset)
        order = _ORDER.get(params.sort, _ORDER["newest"])
        sql = f"SELECT page_id, 0.0 FROM {TABLE} WHERE {where.text} ORDER BY {order} LIMIT %s OFFSET %s"
        return _rows(sql, (*where.params, params.size, params.offset))

    def _ranked(
        self, where: Sql, weights: dict[str, Weight], bonus: Sql, *, limit: int, offset: int = 0
    ) -> list[tuple[int, float]]:
        """The better of two readings, as typed and in other words, each by BM25 over weighted fields; among the best
        candidates by PostgreSQL's own rank (which knows no rarity)."""
        candidates = max(CANDIDATES, offset + limit)
        sql = f"""
            WITH terms AS (SELECT unnest(%s::text[]) AS lexeme, unnest(%s::float8[]) AS weight, unnest(%s::boolean[]) AS is_typed),
            candidates AS MATERIALIZED (
                SELECT page_id, published_at, words, length(words)::float8 AS size, {bonus.text} AS bonus,
                       {ranking.sql()} AS factor
                FROM {TABLE} WHERE {where.text}
                ORDER BY {bonus.text} + ts_rank('{{0.3,0.3,0.6,1.0}}', words, to_tsquery('english', %s), 1) DESC
                LIMIT %s
            ), readings AS (
                SELECT c.page_id, sum(t.weight * f.tf / (f.tf + {K1} * ({1 - B} + {B} * c.size / nullif(a.size, 0)))) AS score
                FROM candidates c
                CROSS JOIN (SELECT avg(size) AS size FROM candidates) a
                CROSS JOIN LATERAL unnest(c.words) AS w(lexeme, positions, weights)
                JOIN terms t ON t.lexeme = w.lexeme
                CROSS JOIN LATERAL (SELECT sum(CASE v WHEN 'A' THEN {WEIGHTS["A"]} WHEN 'B' THEN {WEIGHTS["B"]}
                                               WHEN 'C' THEN {WEIGHTS["C"]} ELSE {WEIGHTS["D"]} END) AS tf
                                    FROM unnest(w.weights) v) f
                GROUP BY c.page_id, t.is_typed
            ), scored AS (SELECT page_id, (1 - {TIE}) * max(score) + {TIE} * sum(score) AS score FROM readings GROUP BY page_id)
            SELECT c.page_id, ((coalesce(s.score, 0) + c.bonus) * c.factor)::float8 AS score
            FROM candidates c LEFT JOIN scored s USING (page_id)
            ORDER BY score DESC, c.published_at DESC NULLS LAST, c.page_id DESC LIMIT %s OFFSET %s
        """
        lexemes = {stem(term): weight for term, weight in weights.items()}
        values = list(lexemes.values())
        params = (
            list(lexemes), [w.value for w in values], [w.is_typed for w in values],
            *bonus.params, now(), *where.params, *bonus.params, _any(weights), candidates, limit, offset,
        )  # fmt: skip
        return _rows(sql, params)

    def _counts(self, base: Sql, chosen: dict[str, Sql], facets: Iterable[str]) -> dict[str, dict[str, int]]:
        """All counts in one pass: the documents of text and visibility, each with which chosen facets it meets."""
        meets = "".join(f", ({condition.text}) AS is_{name}" for name, condition in chosen.items())
        columns = ", ".join(column for column, _several in COLUMNS.values())
        sql = f"WITH base AS MATERIALIZED (SELECT {columns}{meets} FROM {TABLE} WHERE {base.text})"
        sql += f" SELECT '', '', count(*) FROM base WHERE {_met(chosen, None)}"
        for name in facets:
            column, several = COLUMNS[name]
            if several:
                source, value = f"base, unnest({column}) AS value", "value"
            else:
                source, value = "base", f"{column}::text"
            sql += (
                f" UNION ALL SELECT '{name}', {value}, count(*) FROM {source}"
                f" WHERE {_met(chosen, name)} AND {value} <> '' GROUP BY 2"
            )
        params = [p for condition in chosen.values() for p in condition.params]
        counts: dict[str, dict[str, int]] = {name: {} for name in facets}
        for name, value, number in _rows(sql, (*params, *base.params)):
            counts.setdefault(name, {})[value] = number
        return counts


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """No statement inside may take longer; one that does is given up with EngineDown."""
    try:
        with transaction.atomic():
            before = _rows("SELECT current_setting('statement_timeout')", ())[0][0]
            _rows("SELECT set_config('statement_timeout', %s, true)", (str(max(int(1000 * seconds), 1)),))
            yield
            _rows("SELECT set_config('statement_timeout', %s, true)", (before,))
    except OperationalError as problem:
        if isinstance(problem.__cause__, QueryCanceled):
            raise EngineDown(f"the database does not answer within {seconds} seconds") from problem
        raise


def visible(viewer: Viewer) -> Sql:
    return Sql("audience && %s::varchar[]", (viewer.keys,))


def facet_condition(name: str, values: Iterable[str]) -> Sql:
    values = list(values)
    if not values:
        return ALL
    column, several = COLUMNS[name]
    if name == "trl":
        return Sql("trl = ANY(%s)", (sorted({level for value in values for level in trl_range(value)}),))
    if name in NUMBERS:
        return _buckets_or_ranges(name, column, values)
    if several:
        return Sql(f"{column} && %s::varchar[]", (values,))
    return Sql(f"{column} = ANY(%s::varchar[])", (values,))


def _buckets_or_ranges(name: str, column: str, values: list[str]) -> Sql:
    buckets, ranges = split_ranges(name, values)
    parts, params = [f"{column} = ANY(%s::varchar[])"], [buckets]
    for low, high in ranges:
        parts.append(f"{NUMBERS[name][0]} BETWEEN %s AND %s")
        params += [low or 0, high if high is not None else _MOST]
    return Sql(" OR ".join(parts), tuple(params))


def text_condition(query: Query, loose: bool, most: int | None = OR_TERMS) -> Sql:
    """Documents that the text finds; everything where nothing was typed. `most`: of a long text so many terms, the
    rarest; all of them where only some documents are asked about."""
    if not query:
        return ALL
    if not query.is_searchable:
        return Sql("FALSE")
    words = [word for word in query.words if not word.is_character]
    if query.is_number and not loose:
        wanted = [_phrase(query.words)]
    elif query.wants_whole_words and not loose:
        wanted = [_phrase((word,)) for word in words]
    else:
        wanted = [_any(sorted(query.terms, key=lambda term: -rarity(stem(term)))[:most])]
    others = [phrase for phrase in query.synonyms if any(word.is_character for word in phrase)]
    wanted += [_phrase(phrase) for phrase in query.synonyms if phrase not in others]
    characters = [word.text for word in query.words if word.is_character]
    parts, params = [], []
    if any(wanted):
        parts.append("words @@ to_tsquery('english', %s)")
        params.append(" | ".join(w for w in wanted if w))
    if characters:
        parts.append("characters @@ to_tsquery('simple', %s)")
        params.append(" | ".join(_quoted(c) for c in characters))
    if query.identifiers:
        parts.append("identifiers && %s::varchar[]")
        params.append(list(query.identifiers))
    for held in map(_with_characters, others):
        parts.append(f"({held.text})")
        params += held.params
    return Sql(" OR ".join(parts), tuple(params))


def _with_characters(phrase: Iterable[Word]) -> Sql:
    """Documents that hold a phrase of which some words are single characters, such as 牛 for 肉牛."""
    characters = " & ".join(_quoted(word.text) for word in phrase if word.is_character)
    held = Sql("characters @@ to_tsquery('simple', %s)", (characters,))
    rest = _phrase(phrase)
    return held & Sql("words @@ to_tsquery('english', %s)", (rest,)) if rest else held


def _weighted(queries: Iterable[tuple[Query, float]]) -> dict[str, Weight]:
    """The weights of all terms; of many the weightiest."""
    typed: dict[str, float] = {}
    others: dict[str, float] = {}
    for query, factor in queries:
        for term in query.terms:
            typed[term] = typed.get(term, 0.0) + factor * rarity(stem(term))
        for phrase in query.synonyms:
            for term in (t for word in phrase for t in word.terms):
                others.setdefault(term, OTHER_WORDS * factor * rarity(stem(term)))
    weights = {term: Weight(value, is_typed=False) for term, value in others.items()}
    weights |= {term: Weight(value) for term, value in typed.items()}
    return dict(sorted(weights.items(), key=lambda item: -item[1].value)[:OR_TERMS])


def _any(terms: Iterable[str]) -> str:
    return " | ".join(_quoted(term) for term in terms)


def _phrase(words: Iterable[Word]) -> str:
    """Words that all occur, each of them whole."""
    parts = [
        "(" + " <-> ".join(_quoted(term) for term in _in_order(word)) + ")"
        for word in words
        if not word.is_character
    ]
    return "(" + " & ".join(parts) + ")" if parts else ""


def _in_order(word: Word) -> list[str]:
    return [word.text[i : i + 2] for i in range(len(word.text) - 1)] if word.is_han else [word.text]


def _quoted(term: str) -> str:
    """A term for to_tsquery; terms hold letters and digits alone, so there is nothing to escape."""
    return f"'{term}'"


def _met(chosen: dict[str, Sql], but: str | None) -> str:
    return " AND ".join(f"is_{name}" for name in chosen if name != but) or "TRUE"


def _found(params: SearchParams, query: Query, viewer: Viewer) -> Sql:
    """What a search finds, by whichever engine: all terms of a long text count."""
    where = visible(viewer) & text_condition(query, loose=False, most=None)
    for name in FACETS:
        where &= facet_condition(name, chosen_values(params, viewer, name))
    return where


def _rows(sql: str, params: Iterable) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()
