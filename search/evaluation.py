"""Measuring relevance: documents and questions of a test collection go through the product's own mapping, ranking
and matching; nothing is set for this purpose alone."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

from search.engines import client, rarity
from search.engines.database import DatabaseEngine
from search.engines.elastic import alike_request, request
from search.engines.mapping import MAPPING, SETTINGS
from search.facts import Facts, document
from search.finding import read_query
from search.matching import likeness
from search.models import SearchDocument
from search.params import SearchParams
from search.viewer import ANONYMOUS
from search.words import Query

DEPTH = 1_000
Ranking = list[tuple[str, float]]


def facts_of(record: Mapping, number: int) -> Facts:
    """{"id", "lang", "title", "abstract", "keywords"?} as a public listing."""
    code = "en" if str(record.get("lang", "")).startswith("en") else "zh"
    return Facts(
        page_id=number,
        kind="LISTING",
        **{
            f"title_{code}": record.get("title") or "",
            f"body_{code}": record.get("abstract") or "",
            f"keywords_{code}": tuple(record.get("keywords") or ()),
        },
    )


def rank(
    engine: str, records: Iterable[Mapping], questions: Iterable[Mapping]
) -> Iterator[tuple[str, Ranking]]:
    """For each question its id and the ids found with their scores, best first, at most DEPTH."""
    documents, names = [], []
    for number, record in enumerate(records, start=1):
        documents.append(document(facts_of(record, number)))
        names.append(str(record["id"]))
    open_collection = _in_elasticsearch if engine == "elasticsearch" else _in_database
    with open_collection(documents) as ask:
        for question in questions:
            hits = ask(read_query(question["text"]), question.get("detail"))
            yield str(question["id"]), [(names[number - 1], score) for number, score in hits]


@contextmanager
def _in_elasticsearch(documents: list[SearchDocument]):
    """A temporary index beside the product's own."""
    server = client.for_worker()
    index = f"{settings.SEARCH_INDEX_PREFIX}_evaluation_{time.time_ns()}"
    server.indices.create(index=index, settings=SETTINGS, mappings=MAPPING)
    try:
        for start in range(0, len(documents), 500):
            lines = [
                f'{{"index":{{"_id":"{d.page_id}"}}}}\n{{"page_id":{d.page_id},{d.source[1:]}\n'
                for d in documents[start : start + 500]
            ]
            answer = server.bulk(index=index, operations="".join(lines).encode())
            if answer.body["errors"]:
                raise RuntimeError(next(i for i in answer.body["items"] if i["index"]["status"] >= 300))
        server.indices.forcemerge(index=index, max_num_segments=1)
        server.indices.refresh(index=index)

        def ask(query: Query, detail: str | None) -> list[tuple[int, float]]:
            if detail:
                body = alike_request(likeness(query.text, detail, ["LISTING"]), ANONYMOUS, DEPTH)
            else:
                body = {**request(SearchParams(q=query.text), query, ANONYMOUS), "size": DEPTH, "aggs": {}}
            hits = server.search(index=index, body=body).body["hits"]["hits"]
            return [(int(hit["_id"]), hit["_score"]) for hit in hits]

        yield ask
    finally:
        server.indices.delete(index=index)


@contextmanager
def _in_database(documents: list[SearchDocument]):
    """A temporary table that stands before the product's own under the same name."""
    table = SearchDocument._meta.db_table
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL)")
            cursor.execute(f"ALTER TABLE pg_temp.{table} ALTER COLUMN words SET STATISTICS 1000")
        SearchDocument.objects.bulk_create(documents, batch_size=500)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE pg_temp.{table}")
        rarity.forget()
        engine = DatabaseEngine()

        def ask(query: Query, detail: str | None) -> list[tuple[int, float]]:
            if detail:
                return engine.alike(likeness(query.text, detail, ["LISTING"]), ANONYMOUS, DEPTH)
            params = SearchParams(q=query.text, size=DEPTH)
            return list(engine.search(params, query, ANONYMOUS).ids)

        try:
            yield ask
        finally:
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TABLE pg_temp.{table}")
            rarity.forget()
