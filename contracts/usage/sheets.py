"""The figures of a report as a spreadsheet: a template with one line per figure, and a filled one read back.

Reading saves nothing: what it finds goes into the form, where it is previewed and submitted like typed figures.
"""

import csv
import io
from decimal import Decimal

from django.utils.translation import gettext as _

from marketplace.money import exponent
from marketplace.refusals import Incomplete, Refused
from marketplace.spreadsheets import xlsx_rows

MAX_ROWS = 2_000
COLUMNS = 6  # code, from, until, product, figure, value


def columns():
    """For `tables.export`; the first column is what a filled line is recognised by."""
    return [
        (_("Code (do not change)"), "code"),
        (_("From"), "start"),
        (_("Until"), "end"),
        (_("Product"), "product"),
        (_("Figure"), "label"),
        (_("Value"), "value"),
    ]


def lines_of(form, currency: str) -> list[dict]:
    """One line per figure that the form asks for, with the value that stands there now (sums in major units)."""
    lines = []
    for group in form.groups:
        for name in group["names"]:
            field = form.fields[name]
            value = field.initial
            if value is not None and hasattr(field, "currency"):
                value = Decimal(value).scaleb(-exponent(currency))
            lines.append(
                {
                    "code": name,
                    "start": group["start"],
                    "end": group["end"],
                    "product": group["product"],
                    "label": str(field.label),
                    "value": value,
                }
            )
    return lines


def read_values(name: str, content: bytes, known: set[str]) -> dict[str, str]:
    """{code: value as text} of a filled template, empty values left out.

    Raises Refused for a file that cannot be read, Incomplete that names every line with an unknown or repeated
    code. Whether the values are sums or quantities is the form's question.
    """
    values: dict[str, str] = {}
    problems = []
    for number, row in enumerate(rows_of(name, content, MAX_ROWS), 1):
        cells = [_text(cell) for cell in row[:COLUMNS]]
        if number == 1 or not any(cells):
            continue
        code = cells[0]
        if code not in known:
            problems.append(
                _("Row %(row)s: the code “%(code)s” is not of this report.")
                % {"row": number, "code": code[:40]}
            )
        elif code in values:
            problems.append(_("Row %(row)s: this figure stands there twice.") % {"row": number})
        elif len(cells) == COLUMNS and cells[-1]:
            values[code] = cells[-1]
    if problems:
        raise Incomplete(problems, _("The spreadsheet was not taken over."))
    if not values:
        raise Refused(_("The spreadsheet holds no values."))
    return values


def _text(cell: object) -> str:
    """Numbers as spreadsheets keep them (binary), written out without their noise."""
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}"
    return str(cell if cell is not None else "").strip()


def rows_of(name: str, content: bytes, most: int) -> list[list]:
    """The cells of the first sheet of an xlsx file, or of a csv file. Raises Refused for what cannot be read."""
    if name.lower().endswith(".xlsx"):
        rows = xlsx_rows(io.BytesIO(content), limit=most)
    else:
        rows = csv.reader(io.StringIO(_decoded(content)))
    found = []
    for row in rows:
        if len(found) > most:
            raise Refused(_("At most %(limit)s rows at once; split the file.") % {"limit": most})
        found.append(list(row))
    return found


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(_("The file is neither UTF-8 nor GB 18030 text."))
