"""Reading spreadsheets that people send: whatever is wrong with a file, it is refused in words."""

import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from marketplace.refusals import Refused

MAX_COLUMNS = 200  # one cell at the far right would make every row 16,384 cells wide
# The reader makes objects of a whole row, and of whole parts that are no sheets, before it looks at them, which takes up
# to thirty times as much memory as the text, and the file itself says which part is what. So all of it together is bounded:
MAX_BYTES = 100 * 1024 * 1024  # unpacked
MAX_TAGS = 4_000_000  # what 20,000 rows of 40 columns have
MAX_BINARY = 8 * 1024 * 1024  # of a part in which tags cannot be counted: a picture, or another encoding
_CHUNK = 1024 * 1024
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)")


def xlsx_rows(file: BinaryIO, *, limit: int) -> Iterator[tuple]:
    """The values of the first sheet, row by row, at most MAX_COLUMNS wide.

    Raises Refused for a file that cannot be read, also when that shows only in the middle of it, for parts that would
    take the memory of the machine, and for more than `limit` rows, empty ones counted: a cell in the last row makes a
    million of them.
    """
    if not _guarded(lambda: _is_bearable(file)):
        raise Refused(_("This workbook is too large to be read. Save its first sheet as csv and send that."))
    lines = _guarded(lambda: load_workbook(file, read_only=True, data_only=True).worksheets[0])
    rows = _guarded(lambda: lines.iter_rows(values_only=True, max_col=MAX_COLUMNS))
    end = object()
    number = 0
    while (row := _guarded(lambda: next(rows, end))) is not end:
        number += 1
        if number > limit:
            raise Refused(_("At most %(limit)s rows at once; split the file.") % {"limit": limit})
        yield row


def _is_bearable(file: BinaryIO) -> bool:
    size = tags = 0
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            size += info.file_size  # more than that is not read, whatever is packed
            if size > MAX_BYTES:
                return False
            with archive.open(info) as part:
                chunk = part.read(_CHUNK)
                if info.file_size > MAX_BINARY and not _is_plain_xml(chunk[:200]):
                    return False
                while chunk:
                    tags += chunk.count(b"<")
                    chunk = part.read(_CHUNK)
            if tags > MAX_TAGS:
                return False
    file.seek(0)
    return True


def _is_plain_xml(head: bytes) -> bool:
    """Whether a part begins as XML in an encoding in which each tag begins with the one byte "<"."""
    stated = _ENCODING.search(head)
    is_utf8 = stated is None or stated[1].lower() == b"utf-8"
    return is_utf8 and b"\0" not in head and head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _guarded(step):
    try:
        return step()
    except Exception as error:  # openpyxl raises what its parts raise: a broken file has many faces
        raise Refused(_("This xlsx file cannot be read; save it anew and send it again.")) from error
