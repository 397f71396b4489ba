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
        with run.open("w", encoding="utf-8") as out:
            for query, ranking in rank(engine, _records(docs), _records(queries)):
                count += 1
                for place, (name, score) in enumerate(ranking, start=1):
                    out.write(f"{query}\t{name}\t{place}\t{score:.6f}\n")
        self.stdout.write(f"{count} queries ranked by {engine} → {run}")


def _records(path: Path) -> Iterator[dict]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as problem:
                    raise CommandError(f"{path}, line {number}: {problem}") from problem
