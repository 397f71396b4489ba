"""jsonl of public sources: papers, patents, projects."""

import gzip
import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import BinaryIO

from django.utils.translation import gettext as _

from cms.editing import split_words
from cms.imports import cells
from cms.imports.rows import MAX_ROWS, Row, RowError
from cms.models import IPKind, IPStatus
from marketplace.clock import today
from marketplace.refusals import Refused

MAX_LINE_BYTES = 200_000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024


def read_jsonl(file: BinaryIO) -> Iterator[Row]:
    """One JSON object to a line, UTF-8. A line that is not one is a bad row, not the end."""
    read = 0
    try:
        for number, raw in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
            read += len(raw)
            if number > MAX_ROWS or read > MAX_UNPACKED_BYTES:
                raise Refused(_("The file is too long: at most %(rows)s rows.") % {"rows": MAX_ROWS})
            if not raw.strip():
                continue
            if len(raw) > MAX_LINE_BYTES:
                raise Refused(_("Row %(number)s is too long.") % {"number": number})
            try:
                values = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
            except (UnicodeDecodeError, ValueError, RecursionError):
                yield Row(number, {}, _("This line is not JSON in UTF-8."))
                continue
            if not isinstance(values, dict):
                yield Row(number, {}, _("This line is not a JSON object."))
                continue
            try:
                yield Row(number, from_record(values))
            except RowError as error:
                yield Row(number, {"institution_ref": str(values.get("id", ""))[:60]}, str(error))
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise Refused(_("The file is damaged, or not what its name says.")) from error


def _no_number(word: str):
    raise ValueError(word)


def from_record(record: dict) -> dict:
    """A record of a public source in our words: a paper (csl), a patent (nasa) or a project (techport)."""
    reference = cells.plain(record.get("id"), "id", 60)
    if not reference:
        raise RowError(_("The row has no id."))
    language = "zh" if record.get("lang") == "zh" else "en"
    title = cells.plain(record.get("title"), "title", 400)
    abstract = cells.plain(record.get("abstract") or record.get("description"), "abstract", 50_000)
    limit, summary_limit, word_limit = (120, 200, 40) if language == "zh" else (200, 300, 60)
    values = {
        "institution_ref": reference,
        f"title_{language}": _shortened(title, limit),
        f"summary_{language}": _first_sentence(abstract, summary_limit),
        f"body_{language}": abstract,
        f"keywords_{language}": [
            word[:word_limit] for word in _words(record.get("keywords") or record.get("categories"))
        ][:20],
    }
    if record.get("discipline"):
        values["field"] = cells.plain(record["discipline"], "discipline", 60)
    if benefits := cells.plain(record.get("benefits"), "benefits", 5000):
        values[f"advantage_{language}"] = benefits
    if record.get("trl_current") not in (None, ""):
        values["trl"] = cells.trl(record["trl_current"])
    if number := cells.plain(record.get("patent_no"), "patent_no", 60):
        expires = cells.day(record.get("expires"), "expires")
        values["ip_rights"] = [
            {
                "kind": IPKind.INVENTION,
                "number": number,
                "title": title[:300],
                "status": IPStatus.EXPIRED if expires and expires < today() else IPStatus.GRANTED,
                "expires_on": expires,
            }
        ]
    return values


def _words(value) -> list[str]:
    if value in (None, ""):
        return []
    if isinstance(value, str):
        return split_words(value)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RowError(_("%(name)s must be a list of words.") % {"name": "keywords"})
    return list(dict.fromkeys(one.strip() for one in value if one.strip()))


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _first_sentence(text: str, limit: int) -> str:
    """The first sentence of an abstract as its one-line summary."""
    for end in ("。", ". "):
        head, found, _rest = text.partition(end)
        if found and len(head) < limit:
            return head + end.strip()
    return _shortened(text, limit)
