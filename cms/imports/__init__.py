"""Bulk import of listings: read rows, check them, write drafts in batches, report row by row.

Two shapes: jsonl (also .gz) of public sources (papers, patents, projects), and our own spreadsheet. The
institution's own number (`id`, `institution_ref`) is the key: a row that is there already is changed or left
alone, so a file may be taken over again. A bad row is reported and does not stop the good ones. Numbers are
read as text or Decimal; floats of a spreadsheet cell become the digits that the cell shows.
"""

import gzip
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from cms.imports.records import read_jsonl
from cms.imports.rows import OUTCOMES, Line, Report, Row, RowError
from cms.imports.sheet import COLUMNS, read_xlsx, write_template
from cms.imports.write import import_listings
from marketplace.refusals import Refused

__all__ = [
    "COLUMNS",
    "OUTCOMES",
    "Line",
    "Report",
    "Row",
    "RowError",
    "import_listings",
    "read_rows",
    "write_template",
]


def read_rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """The rows of a file, by the ending of its name. Raises Refused for a file that is not what it says."""
    lower = name.lower()
    if lower.endswith((".jsonl", ".ndjson", ".jsonl.gz")):
        return read_jsonl(gzip.GzipFile(fileobj=file) if lower.endswith(".gz") else file)
    if lower.endswith(".xlsx"):
        return read_xlsx(file)
    raise Refused(_("Send a file whose name ends in .xlsx, .jsonl or .jsonl.gz."))
