import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import RequestFactory
from openpyxl import load_workbook

from marketplace.money import Money
from marketplace.tables import export

COLUMNS = [
    ("名称", "name"),
    ("Amount", lambda row: row["amount"]),
    ("Rate", "rate"),
    ("On", "on"),
    ("At", "at"),
    ("Paid", "paid"),
]
ROWS = [
    {
        "name": '=HYPERLINK("http://x")',
        "amount": Money(-6_900_050),
        "rate": Decimal("0.03"),
        "on": date(2026, 11, 23),
        "at": datetime(2026, 11, 23, 16, 30, tzinfo=UTC),
        "paid": True,
    },
    {"name": "＝1+1", "amount": None, "rate": None, "on": None, "at": None, "paid": False},
    {"name": "+86 27\x0b", "amount": None, "rate": None, "on": None, "at": None, "paid": False},
]


def download(format):
    return export(RequestFactory().get("/", {"export": format}), "报告 list", COLUMNS, ROWS)


def test_xlsx_holds_numbers_dates_and_no_formula():
    response = download("xlsx")
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["名称", "Amount", "Rate", "On", "At", "Paid"],
        [
            '=HYPERLINK("http://x")',
            -69000.5,
            0.03,
            datetime(2026, 11, 23),
            datetime(2026, 11, 24, 0, 30),
            "是",
        ],
        ["＝1+1", None, None, None, None, "否"],
        ["+86 27", None, None, None, None, "否"],
    ]
    assert sheet["A2"].data_type == "s"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E6%8A%A5")


def test_csv_disarms_formulas_and_opens_in_excel():
    content = download("csv").content
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[1] == [
        "'=HYPERLINK(\"http://x\")", "-69000.50", "0.03", "2026-11-23", "2026-11-24 00:30", "是",
    ]  # fmt: skip
    assert [row[0][:2] for row in rows[2:]] == ["'＝", "'+"]


@pytest.mark.parametrize("format", ["", "pdf", "../xlsx"])
def test_other_formats_are_refused(format):
    assert download(format).status_code == 400
