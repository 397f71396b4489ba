"""Our spreadsheet: its columns, the empty template, and how it is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from cms.imports.cells import (
    choice_of,
    contributors_of_cell,
    day,
    flag,
    months,
    rights_of_cell,
    text_of,
    trl,
    words_of,
)
from cms.imports.rows import MAX_ROWS, Row, RowError
from cms.models import Exclusivity, Industry, Maturity, PaymentForm, Visibility
from marketplace.refusals import Refused
from marketplace.spreadsheets import xlsx_rows


@dataclass(frozen=True)
class Column:
    """A column of our spreadsheet: its heading is `name`, what it means stands below it."""

    name: str
    read: Callable[[object, str], object]
    meaning: object
    example: str = ""


COLUMNS = (
    Column("institution_ref", text_of(60), gettext_lazy("your own number, unique (needed)"), "KY-2026-017"),
    Column("title_zh", text_of(120), gettext_lazy("title in Chinese"), "低温快充硅碳负极材料"),
    Column(
        "title_en", text_of(200), gettext_lazy("title in English"), "Silicon-carbon anode for fast charging"
    ),
    Column("summary_zh", text_of(200), gettext_lazy("one-line summary in Chinese")),
    Column("summary_en", text_of(300), gettext_lazy("one-line summary in English")),
    Column("problem_zh", text_of(5000), gettext_lazy("problem, in Chinese")),
    Column("problem_en", text_of(5000), gettext_lazy("problem, in English")),
    Column("advantage_zh", text_of(5000), gettext_lazy("what is better, in Chinese")),
    Column("advantage_en", text_of(5000), gettext_lazy("what is better, in English")),
    Column("applications_zh", text_of(5000), gettext_lazy("applications, in Chinese")),
    Column("applications_en", text_of(5000), gettext_lazy("applications, in English")),
    Column("body_zh", text_of(30_000), gettext_lazy("description in Chinese")),
    Column("body_en", text_of(30_000), gettext_lazy("description in English")),
    Column("trl", trl, gettext_lazy("technology readiness level"), "5"),
    Column("trl_evidence_zh", text_of(5000), gettext_lazy("evidence of readiness, in Chinese")),
    Column("trl_evidence_en", text_of(5000), gettext_lazy("evidence of readiness, in English")),
    Column("maturity", choice_of(Maturity), gettext_lazy("maturity stage"), "BENCH"),
    Column("field", text_of(60), gettext_lazy("field of science"), "材料科学与工程"),
    Column("industry", choice_of(Industry), gettext_lazy("industry"), "C"),
    Column("keywords_zh", words_of, gettext_lazy("keywords in Chinese"), "硅碳负极；快充"),
    Column("keywords_en", words_of, gettext_lazy("keywords in English"), "anode; fast charging"),
    Column("region", text_of(6), gettext_lazy("region"), "420100"),
    Column("exclusivity", choice_of(Exclusivity), gettext_lazy("kind of licence"), "NON_EXCLUSIVE"),
    Column("territory_zh", text_of(120), gettext_lazy("territory, in Chinese")),
    Column("territory_en", text_of(160), gettext_lazy("territory, in English")),
    Column("programme", text_of(20), gettext_lazy("pilot programme"), "HB-2025"),
    Column("free_months", months, gettext_lazy("free period in months"), "12"),
    Column("trigger_zh", text_of(300), gettext_lazy("payment trigger, in Chinese")),
    Column("trigger_en", text_of(400), gettext_lazy("payment trigger, in English")),
    Column("payment_form", choice_of(PaymentForm), gettext_lazy("payment form"), "ENTRY_ROYALTY"),
    Column("price_zh", text_of(200), gettext_lazy("price in one line, in Chinese")),
    Column("price_en", text_of(300), gettext_lazy("price in one line, in English")),
    Column("visibility", choice_of(Visibility), gettext_lazy("who may see it"), "PUBLIC"),
    Column("team_consent_on", day, gettext_lazy("the team consented on"), "2026-10-08"),
    Column("is_secret", flag, gettext_lazy("contains secrets"), "no"),
    Column(
        "ip_rights",
        rights_of_cell,
        gettext_lazy("rights, one to a line: kind | number | status | filed on | expires on | title"),
        "INVENTION | CN202310000001.X | GRANTED | 2023-03-01 | 2043-03-01 | 一种硅碳负极材料",
    ),
    Column(
        "contributors",
        contributors_of_cell,
        gettext_lazy("contributors, one to a line: name | unit | share in per cent; English after a slash"),
        "张示例 / Zhang Shili | 材料学院 / School of Materials | 60\n李示例 | 材料学院 | 40",
    ),
)
BY_NAME = {column.name: column for column in COLUMNS}


def read_xlsx(file: BinaryIO) -> Iterator[Row]:
    """The rows of our template: headings in the first line, the line that explains them is skipped."""
    lines = xlsx_rows(file, limit=MAX_ROWS + 2)
    heads = [str(cell or "").strip() for cell in next(lines, ())]
    unknown = [head for head in heads if head and head not in BY_NAME]
    if "institution_ref" not in heads or unknown:
        raise Refused(
            _("The first line must hold the headings of our template; not known here: %(names)s.")
            % {"names": ", ".join(unknown[:5]) or _("(institution_ref is missing)")}
        )
    if len(set(filter(None, heads))) != len(list(filter(None, heads))):
        raise Refused(_("A heading stands twice in the first line."))
    return _xlsx_rows(lines, heads)


def _xlsx_rows(lines, heads: list[str]) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=2):
        given = {head: cell for head, cell in zip(heads, cells, strict=False) if head}
        if all(cell in (None, "") for cell in given.values()):
            continue
        reference = str(given.get("institution_ref") or "").strip()
        if number == 2 and reference.startswith("#"):
            continue  # the line that explains the headings
        try:
            values = {name: BY_NAME[name].read(cell, name) for name, cell in given.items()}
            if not values["institution_ref"]:
                raise RowError(_("institution_ref is missing: an import needs your own number."))
            yield Row(number, values)
        except RowError as error:
            yield Row(number, {"institution_ref": reference[:60]}, str(error))


def write_template(file: BinaryIO) -> None:
    """The empty template: headings, a line that explains them (it begins with #), one example."""
    book = Workbook()
    sheet = book.active
    sheet.title = "listings"
    sheet.append([column.name for column in COLUMNS])
    meanings = [str(column.meaning) for column in COLUMNS]
    sheet.append([f"# {meanings[0]}", *meanings[1:]])
    sheet.append([column.example for column in COLUMNS])
    for place in range(1, len(COLUMNS) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = 24
        sheet.cell(1, place).font = Font(bold=True)
        sheet.cell(2, place).font = Font(italic=True, color="666666")
        for line in (2, 3):
            sheet.cell(line, place).alignment = Alignment(wrap_text=True, vertical="top")
            sheet.cell(line, place).number_format = "@"
    sheet.freeze_panes = "B3"
    book.save(file)
