"""What plain BM25 makes of the same documents on the same server: one text field, the analyser that Elasticsearch
brings for the language, a match query."""

import time
from collections.abc import Iterable, Iterator, Mapping

from django.conf import settings

from search.engines import client

DEPTH = 100


def rank(
    documents: Iterable[Mapping], questions: Iterable[Mapping], *, detail: bool = False
) -> Iterator[tuple[str, list[str]]]:
    documents = list(documents)
    server, index = client.for_worker(), f"{settings.SEARCH_INDEX_PREFIX}_plain_{time.time_ns()}"
    analyser = "english" if all(d["lang"] == "en" for d in documents) else "cjk"
    server.indices.create(
        index=index,
        settings={"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"},
        mappings={"dynamic": False, "properties": {"text": {"type": "text", "analyzer": analyser}}},
    )
    try:
        for start in range(0, len(documents), 2_000):
            operations: list[dict] = []
            for d in documents[start : start + 2_000]:
                parts = (d.get("title"), *(d.get("keywords") or ()), d.get("abstract"))
                operations += [{"index": {"_id": d["id"]}}, {"text": " ".join(p for p in parts if p)}]
            server.bulk(index=index, operations=operations)
        server.indices.forcemerge(index=index, max_num_segments=1)
        server.indices.refresh(index=index)
        for question in questions:
            text = f"{question['text']} {question.get('detail') or ''}" if detail else question["text"]
            body = {"query": {"match": {"text": text}}, "size": DEPTH, "_source": False}
            hits = server.search(index=index, **body).body["hits"]["hits"]
            yield question["id"], [hit["_id"] for hit in hits]
    finally:
        server.indices.delete(index=index)
