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

# One line too many of these, and nothing is ranked.
BAD = (
    "{", "[]", "[" * 100_000, '{"title": "x"}', '{"id": null, "text": "x"}', '{"id": "a\\tb"}', '{"id": "\\ud800"}',
    '{"id": "9", "title": "x", "text": "x", "keywords": 7}', '{"id": "9", "titel": "x", "query": "x"}',
    '{"id": "9", "title": "x", "text": "x"}\n{"id": 9, "title": "x", "text": "x"}',
)  # fmt: skip


@pytest.fixture
def rank(engine, tmp_path):
    """`rank(documents, questions)`: lines of the two files, and what the run file says then."""

    def rank(documents, questions) -> list[list[str]]:
        docs, queries, run = (tmp_path / name for name in ("docs.jsonl", "queries.jsonl.gz", "run.tsv"))
        docs.write_text("\ufeff" + "\r\n".join(documents), "utf-8")
        queries.write_bytes(gzip.compress("\n".join(questions).encode()))
        call_command("evaluate_search", *map(str, (docs, queries, run)), "--engine", engine.name, verbosity=0)
        return [line.split("\t")[:3] for line in run.read_text("utf-8").splitlines()]

    return rank


def test_odd_records_are_ranked(rank):
    assert rank(map(json.dumps, ODD_DOCS), ["", *map(json.dumps, ODD_QUERIES), " "]) == [
        ["5", "3", "1"],
        ["6", "two", "1"],
    ]


def test_bad_lines_are_named_and_write_nothing(rank, tmp_path):
    docs, queries = [json.dumps(r) for r in DOCS], [json.dumps(q) for q in QUERIES]
    rank(docs, queries)
    before = (tmp_path / "run.tsv").read_bytes()
    for bad in BAD:
        with pytest.raises(CommandError, match=r"docs\.jsonl, line \d"):
            rank([*docs, *bad.split("\n")], queries)
    for bad in (*BAD, '{"id": "9", "title": "cell"}'):
        with pytest.raises(CommandError, match=r"queries\.jsonl\.gz, line \d"):
            rank(docs, [*queries, *bad.split("\n")])
    with pytest.raises(CommandError, match=r"docs\.jsonl holds nothing"):
        rank([], queries)
    with pytest.raises(CommandError, match=r"queries\.jsonl\.gz holds nothing"):
        rank(docs, ["", " "])
    assert (tmp_path / "run.tsv").read_bytes() == before


def test_files_that_cannot_be_read_or_written_are_named(database_search, tmp_path):
    docs, broken = tmp_path / "docs.jsonl", tmp_path / "broken.gz"
    docs.write_text(json.dumps({"id": "a", "title": "x", "text": "x"}))
    broken.write_bytes(gzip.compress(b"x" * 10_000)[:-9])
    for queries, run, problem in (
        (broken, tmp_path / "run", "broken.gz cannot be read"),
        (tmp_path / "nowhere", tmp_path / "run", "There is no file"),
        (docs, tmp_path / "nowhere" / "run", "There is no folder"),
        (docs, tmp_path, "is a folder"),
        (docs, docs, "one of the files to read"),
    ):
        with pytest.raises(CommandError, match=problem):
            call_command("evaluate_search", *map(str, (docs, queries, run)))


def test_server_that_is_away_is_named(database_search, settings, tmp_path):
    settings.ELASTICSEARCH_URL = "http://127.0.0.1:9"
    docs = tmp_path / "docs.jsonl"
    docs.write_text(json.dumps({"id": "a", "title": "x", "text": "x"}))
    with pytest.raises(CommandError, match="Elasticsearch does not answer"):
        call_command("evaluate_search", str(docs), str(docs), str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
