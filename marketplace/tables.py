"""Tables that leave the house: xlsx and csv of exactly what a list shows.

Text that a spreadsheet would run as a formula is disarmed: in xlsx it is stored as text, in csv it gets a
leading apostrophe (OWASP, CSV injection; a spreadsheet set to Chinese or Japanese takes full-width signs for the same).
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from marketplace.clock import ZONE, today
from marketplace.money import Money

FORMATS = ("xlsx", "csv")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Column = tuple[str | Promise, str | Callable[[object], object]]


def export(
    request: HttpRequest,
    filename: str,
    columns: Sequence[Column],
    rows: Iterable[object],
    format: str | None = None,
) -> HttpResponse:
    """A download of `rows`. A column is (header, getter): a function of the row, or the dotted name of an
    attribute (methods without arguments are called). `format` defaults to `?export=`; anything but xlsx and
    csv is answered by 400. Give money as `Money` or Decimal, it becomes a number; rates as Decimal."""
    format = format or request.GET.get("export", "")
    if format not in FORMATS:
        return HttpResponseBadRequest(
            _("Choose xlsx or csv as the format of the export."), content_type="text/plain; charset=utf-8"
        )
    name = get_valid_filename(f"{filename}-{today():%Y-%m-%d}.{format}")
    header = [str(label) for label, _getter in columns]
    table = ([value_of(row, getter) for _label, getter in columns] for row in rows)
    body = _xlsx(header, table) if format == "xlsx" else _csv(header, table)
    content_type = _XLSX if format == "xlsx" else "text/csv; charset=utf-8"
    return HttpResponse(
        body,
        content_type=content_type,
        headers={"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "no-store"},
    )


def value_of(row: object, getter: str | Callable[[object], object]) -> object:
    """What a cell holds: None, a number, a date, a naive local time, or text."""
    if callable(getter):
        value = getter(row)
    else:
        value = row
        for part in getter.split("."):
            value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
            value = value() if callable(value) else value
    if isinstance(value, Money):
        return value.decimal
    if isinstance(value, datetime):
        return value.astimezone(ZONE).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or isinstance(value, (int, Decimal, date)):
        return value
    if isinstance(value, (list, tuple, set)):
        return "; ".join(str(part) for part in value)
    return str(value)


def _csv(header: list[str], table: Iterable[list]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([disarmed(cell) for cell in header])
    for row in table:
        writer.writerow([disarmed(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()  # the mark makes Excel read it as UTF-8


def disarmed(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, str) and cell.startswith(_RISKY):
        return "'" + cell
    return cell


def _xlsx(header: list[str], table: Iterable[list]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for place, label in enumerate(header, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, min(40, 2 * len(label) + 4))
    sheet.append([_cell(sheet, label, bold=True) for label in header])
    for row in table:
        sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet, value: object, *, bold: bool = False) -> WriteOnlyCell:
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767])
        cell.data_type = "s"  # never a formula
    else:
        cell = WriteOnlyCell(sheet, value)
        if isinstance(value, datetime):
            cell.number_format = "yyyy-mm-dd hh:mm"
        elif isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
        elif isinstance(value, Decimal):
            cell.number_format = "#,##0.00##"
    if bold:
        cell.font = Font(bold=True)
    return cell
