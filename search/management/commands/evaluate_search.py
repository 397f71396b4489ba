import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from search.engines import client
from search.evaluation import Ranking, rank

_SEARCHED = ("title", "abstract", "keywords")
_ASKED = ("text", "detail")


class Command(BaseCommand):
    help = (
        "Rank a test collection. DOCS and QUERIES are jsonl (or .gz): documents {id, lang, title, abstract, keywords?}, "
        "queries {id, text, detail?}; a query with a detail goes through the matching of needs. RUN gets lines of "
        "query, document, rank and score, separated by tabs; it is not touched before both files were read to their end."
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
        for path in (docs, queries):
            if not path.is_file():
                raise CommandError(f"There is no file {path}.")
        if not run.parent.is_dir():
            raise CommandError(f"There is no folder {run.parent}.")
        if run.is_dir():
            raise CommandError(f"{run} is a folder: name a file in it for the result.")
        if run.exists() and any(run.samefile(path) for path in (docs, queries)):
            raise CommandError(f"{run} is one of the files to read: name another one for the result.")
        asked = list(_records(queries, _ASKED))
        try:
            count = _write(run, rank(engine, _records(docs, _SEARCHED), asked))
        except client.FAILURES as problem:
            raise CommandError(f"Elasticsearch does not answer: {problem}") from problem
        except OSError as problem:
            raise CommandError(f"{run} cannot be written: {problem}") from problem
        self.stdout.write(f"{count} queries ranked by {engine} → {run}")


def _write(run: Path, rankings: Iterator[tuple[str, Ranking]]) -> int:
    """The number of queries. The file is opened once the first is ranked, and every document is read by then."""
    count, first = 0, next(rankings, None)
    with run.open("w", encoding="utf-8") as out:
        while first is not None:
            query, ranking = first
            for place, (name, score) in enumerate(ranking, start=1):
                out.write(f"{query}\t{name}\t{place}\t{score:.6f}\n")
            count, first = count + 1, next(rankings, None)
    return count


def _records(path: Path, fields: Iterable[str]) -> Iterator[dict]:
    """Each line an object with an id of its own and one of the fields; empty lines are passed over, a bad one is named,
    and nothing is ranked without it."""
    known: set[str] = set()
    opened: Callable = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _record(line, known, fields, f"{path}, line {number}")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as problem:
        raise CommandError(f"{path} cannot be read: {problem}") from problem
    if not known:
        raise CommandError(f"{path} holds nothing.")


def _record(line: str, known: set[str], fields: Iterable[str], place: str) -> dict:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise CommandError(f"{place}: {problem}") from problem
    name = record.get("id") if isinstance(record, dict) else None
    if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).isprintable() or name == "":
        raise CommandError(
            f"{place}: give an object with an id, a text or a number without tabs or line ends."
        )
    if str(name) in known:
        raise CommandError(f"{place}: the id {name} is there twice.")
    if not any(field in record for field in fields):
        raise CommandError(f"{place}: give {' or '.join(fields)} beside the id {name}.")
    if not isinstance(record.get("keywords"), str | list | None):
        raise CommandError(f"{place}: keywords are a list of texts.")
    known.add(str(name))
    return record
