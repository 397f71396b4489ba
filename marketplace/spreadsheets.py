"""Reading spreadsheets that people send: whatever is wrong with a file, it is refused in words."""

from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from marketplace.refusals import Refused

MAX_COLUMNS = 200  # one cell at the far right would make every row 16,384 cells wide


def xlsx_rows(file: BinaryIO, *, limit: int) -> Iterator[tuple]:
    """The values of the first sheet, row by row, at most MAX_COLUMNS wide.

    Raises Refused for a file that cannot be read, also when that shows only in the middle of it, and for more
    than `limit` rows, empty ones counted: a cell in the last row makes a million of them.
    """
    lines = _guarded(lambda: load_workbook(file, read_only=True, data_only=True).worksheets[0])
    rows = _guarded(lambda: lines.iter_rows(values_only=True, max_col=MAX_COLUMNS))
    end = object()
    number = 0
    while (row := _guarded(lambda: next(rows, end))) is not end:
        number += 1
        if number > limit:
            raise Refused(_("At most %(limit)s rows at once; split the file.") % {"limit": limit})
        yield row


def _guarded(step):
    try:
        return step()
    except Exception as error:  # openpyxl raises what its parts raise: a broken file has many faces
        raise Refused(_("This xlsx file cannot be read; save it anew and send it again.")) from error
