"""Relevance is measured through the product's own mapping and ranking, on both engines."""

import gzip
import json

import pytest
from django.core.management import CommandError, call_command

from search.models import SearchDocument
from tests.search.world import MARKET, index

DOCS = [
    {"id": "a", "lang": "zh", "title": "固态电池电解质", "abstract": "硫化物电解质的制备。", "keywords": ["固态电池"]},
    {"id": "b", "lang": "zh", "title": "锂电池回收", "abstract": "湿法回收锂电池中的金属。"},
    {"id": "c", "lang": "en", "title": "Cryogenic seals", "abstract": "Seals for liquid nitrogen pumps.", "keywords": None},
]  # fmt: skip
QUERIES = [
    {"id": "1", "text": "固态电池"},
    {"id": "2", "text": "seal for nitrogen"},
    {"id": "3", "text": "寻找电池回收技术", "detail": "希望回收锂和钴等金属。"},
    {"id": "4", "text": "完全无关"},
]


def test_run_file_lists_what_was_found(engine, tmp_path):
    index(*MARKET)  # stored documents have no part in it
    paths = [tmp_path / name for name in ("docs.jsonl", "queries.jsonl", "run.tsv")]
    for path, records in zip(paths, (DOCS, QUERIES), strict=False):
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    call_command("evaluate_search", *map(str, paths), "--engine", engine.name, verbosity=0)
    rows = [line.split("\t") for line in paths[2].read_text("utf-8").splitlines()]
    assert [(q, d) for q, d, rank, _score in rows if rank == "1"] == [("1", "a"), ("2", "c"), ("3", "b")]
    assert all(float(score) > 0 and len(row) == 4 for *row, score in [[*r, r[3]] for r in rows])
    assert SearchDocument.objects.count() == len(MARKET)


@pytest.mark.django_db
def test_no_server_is_said_clearly(database_search, tmp_path):
    with pytest.raises(CommandError, match="ELASTICSEARCH_URL"):
        call_command("evaluate_search", "a", "b", str(tmp_path / "c"), "--engine", "elasticsearch")


ODD_DOCS = [
    {"id": 1, "title": None, "abstract": None},
    {"id": "two", "title": "电池\u0000\ud800", "abstract": "x" * 100_000, "keywords": "电池"},
    {"id": "3", "lang": "en", "title": "Seal", "keywords": [None, 7, "seal"]},
]
ODD_QUERIES = [
    {"id": n, "text": text}
    for n, text in enumerate(["", None, "\u0000", "电" * 5_000, '"[(AND', "7 seal", "电池"])
]


def test_odd_records_are_ranked_and_bad_ones_are_named(engine, tmp_path):
    docs, queries, run = (tmp_path / name for name in ("docs.jsonl", "queries.jsonl.gz", "run.tsv"))

    def rank(documents, questions):
        docs.write_text("\ufeff" + "\r\n".join(documents), "utf-8")
        queries.write_bytes(gzip.compress("\n".join(questions).encode()))
        call_command(
            "evaluate_search", str(docs), str(queries), str(run), "--engine", engine.name, verbosity=0
        )

    rank(map(json.dumps, ODD_DOCS), map(json.dumps, ODD_QUERIES))
    rows = [line.split("\t")[:3] for line in run.read_text("utf-8").splitlines()]
    assert rows == [["5", "3", "1"], ["6", "two", "1"]]
    for bad in ("{", "[]", '{"title": "x"}', '{"id": "a\\tb"}', '{"id": "1"}\n{"id": 1}'):
        with pytest.raises(CommandError, match="line"):
            rank(bad.split("\n"), map(json.dumps, QUERIES))
    with pytest.raises(CommandError, match="There is no file"):
        call_command("evaluate_search", str(docs), "nowhere", str(run), "--engine", engine.name)
