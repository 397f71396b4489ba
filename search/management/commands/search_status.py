import json
import sys

from django.core.management.base import BaseCommand

from search.engines.mapping import FINGERPRINT
from search.status import Status, status


class Command(BaseCommand):
    help = (
        "How search stands: engine, index and its age, whether the mapping is that of this code, what waits, what was "
        "given up, what differs. Ends with 1 where somebody has to see to something, so that a deployment can stop."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--compare", action="store_true", help="hold every version in the index against ours"
        )

    def handle(self, *args, **options):
        found = status(compare=options["compare"])
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        else:
            for name, value in _lines(found):
                self.stdout.write(f"{name + ':':<12}{value}")
            for problem in found.problems:
                self.stdout.write(f"! {problem}")
        if found.problems:
            sys.exit(1)


def _lines(found: Status) -> list[tuple[str, str]]:
    waiting, index = found.waiting, found.index
    lines = [("engine", found.engine), ("documents", f"{found.documents:,}")]
    if index is not None:
        made = f"{index.made_at:%Y-%m-%d %H:%M} UTC, {_span(index.age_seconds)} ago"
        is_current = "as this code" if index.is_current else f"CHANGED (this code: {FINGERPRINT})"
        lines += [
            ("index", f"{index.name}, {index.documents:,} documents, made {made}"),
            ("mapping", f"{index.fingerprint or 'unmarked'}, {is_current}"),
        ]
        if index.others:
            lines.append(("filling", ", ".join(index.others)))
    lines += [
        (
            "waiting",
            f"{waiting['waiting']} changes, {waiting['to_push']} documents; lag {found.lag_seconds} s",
        ),
        ("given up", f"{waiting['dead']} changes; {waiting['refused']} documents refused"),
        ("drift", f"{found.drift_documents} pages; index {_compared(found.drift_index)}"),
    ]
    return lines


def _compared(drift: int | None) -> str:
    return "not compared (--compare)" if drift is None else f"{drift} documents"


def _span(seconds: int) -> str:
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
