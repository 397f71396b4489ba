import gzip
import json
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from search.engines import client
from search.evaluation import rank


class Command(BaseCommand):
    help = (
        "Rank a test collection. DOCS and QUERIES are jsonl (or .gz): documents {id, lang, title, abstract, keywords?}, "
        "queries {id, text, detail?}; a query with a detail goes through the matching of needs. RUN gets lines of "
        "query, document, rank and score, separated by tabs."
    )

    def add_arguments(self, parser):
        parser.add_argument("docs", type=Path)
        parser.add_argument("queries", type=Path)
        parser.add_argument("run", type=Path)
        parser.add_argument("--engine", choices=["elasticsearch", "database"])

    def handle(self, *args, docs: Path, queries: Path, run: Path, engine: str | None, **options):
        if engine == "elasticsearch" and not client.configured():
            raise CommandError("ELASTICSEARCH_URL is not set")
        engine = engine or ("elasticsearch" if client.configured() else "database")
        count = 0
        for path in (docs, queries):
            if not path.is_file():
                raise CommandError(f"There is no file {path}.")
        if not run.parent.is_dir():
            raise CommandError(f"There is no folder {run.parent}.")
        with run.open("w", encoding="utf-8") as out:
            for query, ranking in rank(engine, _records(docs), _records(queries)):
                count += 1
                for place, (name, score) in enumerate(ranking, start=1):
                    out.write(f"{query}\t{name}\t{place}\t{score:.6f}\n")
        self.stdout.write(f"{count} queries ranked by {engine} → {run}")


def _records(path: Path) -> Iterator[dict]:
    """Each line an object with an id of its own; a bad line is named, and nothing is ranked without it."""
    known: set[str] = set()
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _record(line, known, f"{path}, line {number}")
    except (OSError, UnicodeDecodeError) as problem:
        raise CommandError(f"{path} cannot be read: {problem}") from problem


def _record(line: str, known: set[str], place: str) -> dict:
    try:
        record = json.loads(line)
    except ValueError as problem:
        raise CommandError(f"{place}: {problem}") from problem
    name = str(record.get("id", "")) if isinstance(record, dict) else ""
    if not name or any(sign in name for sign in "\t\r\n"):
        raise CommandError(f"{place}: give an object with an id (no tabs or line ends in it).")
    if name in known:
        raise CommandError(f"{place}: the id {name} is there twice.")
    known.add(name)
    return record
