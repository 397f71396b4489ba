"""Measuring relevance: documents and questions of a test collection go through the product's own mapping, ranking
and matching; nothing is set for this purpose alone."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from django.conf import settings
from django.db import connection, transaction

from search.analysis import readable
from search.engines import Likeness, client, rarity
from search.engines.database import DatabaseEngine
from search.engines.elastic import alike_request, hits_request
from search.engines.mapping import MAPPING, SETTINGS
from search.facts import Facts, document
from search.finding import read_query, wants_near
from search.matching import likeness
from search.models import SearchDocument
from search.params import SearchParams
from search.viewer import ANONYMOUS
from search.words import Query

DEPTH, BATCH = 1_000, 500
Ranking = list[tuple[str, float]]


def facts_of(record: Mapping, number: int) -> Facts:
    """{"id", "lang", "title", "abstract", "keywords"?} as a public listing."""
    title, abstract = (readable(str(record.get(name) or "")) for name in ("title", "abstract"))
    keywords = record.get("keywords") or ()
    keywords = [keywords] if isinstance(keywords, str) else keywords
    keywords = tuple(readable(str(word)) for word in keywords if word)
    lang = str(record.get("lang") or "")
    is_english = lang.startswith("en") if lang else f"{title}{abstract}".isascii()
    code = "en" if is_english else "zh"
    return Facts(
        page_id=number,
        kind="LISTING",
        **{f"title_{code}": title, f"body_{code}": abstract, f"keywords_{code}": keywords},
    )


def rank(
    engine: str, records: Iterable[Mapping], questions: Iterable[Mapping]
) -> Iterator[tuple[str, Ranking]]:
    """For each question its id and the ids found with their scores, best first, at most DEPTH."""
    names: list[str] = []

    def documents() -> Iterator[SearchDocument]:
        for number, record in enumerate(records, start=1):
            names.append(str(record["id"]))
            yield document(facts_of(record, number))

    open_collection = _in_elasticsearch if engine == "elasticsearch" else _in_database
    with open_collection(documents()) as ask:
        for question in questions:
            hits = ask(read_query(str(question.get("text") or "")), str(question.get("detail") or ""))
            yield str(question["id"]), [(names[number - 1], score) for number, score in hits]


def batched(documents: Iterator[SearchDocument], size: int) -> Iterator[list[SearchDocument]]:
    while batch := list(islice(documents, size)):
        yield batch


def _need(query: Query, detail: str) -> Likeness:
    return likeness(query.text, detail, ["LISTING"], viewer=ANONYMOUS)


def _with_near(query: Query, search: Callable[[bool], list[tuple[int, float]]]) -> list[tuple[int, float]]:
    """What the result page shows: hits, and after few of them what comes near, whose scores go on below theirs."""
    found = search(False)
    if not wants_near(query, len(found), SearchParams(q=query.text)):
        return found
    known = {pk for pk, _score in found}
    near = [(pk, score) for pk, score in search(True) if pk not in known]
    lowest = min((score for _pk, score in found), default=None)
    highest = max((score for _pk, score in near), default=0.0)
    if lowest is not None and highest:
        near = [(pk, 0.999 * lowest * score / highest) for pk, score in near]
    return (found + near)[:DEPTH]


@contextmanager
def _in_elasticsearch(documents: Iterator[SearchDocument]):
    """A temporary index beside the product's own."""
    server = client.for_worker()
    index = f"{settings.SEARCH_INDEX_PREFIX}_evaluation_{time.time_ns()}"
    server.indices.create(index=index, settings=SETTINGS, mappings=MAPPING)
    try:
        for batch in batched(documents, BATCH):
            lines = [
                f'{{"index":{{"_id":"{d.page_id}"}}}}\n{{"page_id":{d.page_id},{d.source[1:]}\n'
                for d in batch
            ]
            answer = server.bulk(index=index, operations="".join(lines).encode())
            if answer.body["errors"]:
                raise RuntimeError(next(i for i in answer.body["items"] if i["index"]["status"] >= 300))
        server.indices.forcemerge(index=index, max_num_segments=1)
        server.indices.refresh(index=index)

        def ask(query: Query, detail: str) -> list[tuple[int, float]]:
            if not query and not detail:
                return []
            if detail:
                return ranked(alike_request(_need(query, detail), DEPTH))
            params = SearchParams(q=query.text, size=DEPTH)
            return _with_near(
                query, lambda loose: ranked(hits_request(params, query, ANONYMOUS, loose=loose))
            )

        def ranked(body: dict) -> list[tuple[int, float]]:
            hits = server.search(index=index, body=body).body["hits"]["hits"]
            return [(int(hit["_id"]), hit["_score"]) for hit in hits]

        yield ask
    finally:
        server.indices.delete(index=index)


@contextmanager
def _in_database(documents: Iterator[SearchDocument]):
    """A temporary table that stands before the product's own under the same name."""
    table = SearchDocument._meta.db_table
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL)")
            cursor.execute(f"ALTER TABLE pg_temp.{table} ALTER COLUMN words SET STATISTICS 1000")
        for batch in batched(documents, BATCH):
            SearchDocument.objects.bulk_create(batch)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE pg_temp.{table}")
        rarity.forget()
        engine = DatabaseEngine()

        def ask(query: Query, detail: str) -> list[tuple[int, float]]:
            if not query and not detail:
                return []
            if detail:
                return engine.alike([_need(query, detail)], DEPTH)[0]
            params = SearchParams(q=query.text, size=DEPTH)
            return _with_near(
                query, lambda loose: list(engine.search(params, query, ANONYMOUS, loose=loose).ids)
            )

        try:
            yield ask
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE pg_temp.{table}")
            rarity.forget()
