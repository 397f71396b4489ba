"""Files that lie about what they are, and files that blow up."""

import errno
import io
import random
import zipfile
import zlib

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from cms.imports.sheet import read_xlsx
from contracts.lifecycle.seal import check_seal
from marketplace.refusals import Refused
from tests.cheats.trying import not_refused, rows


def _lies() -> list[SimpleUploadedFile]:
    return [
        SimpleUploadedFile("paper.pdf", b"MZ\x90\x00 a program", content_type="application/pdf"),
        SimpleUploadedFile(
            "paper.pdf", b"<html><script>alert(1)</script></html>", content_type="application/pdf"
        ),
        SimpleUploadedFile("sheet.xlsx", b"PK\x03\x04 no workbook", content_type="application/zip"),
        SimpleUploadedFile("picture.png", b"GIF89a", content_type="image/png"),
        SimpleUploadedFile("../../etc/passwd.csv", b"\x00\xff\x00\xff", content_type="text/csv"),
        SimpleUploadedFile("empty.pdf", b"", content_type="application/pdf"),
    ]


def test_files_that_lie_about_their_kind_are_refused_everywhere(made, who):
    places = {
        "room": (who["firm"], "deal", [made.deal.number], "deal_file_add", "file"),
        "evidence": (who["firm"], "report", [made.open_report.pk], "report_evidence_add", "files"),
        "slip": (who["firm"], "payment_advise", [made.invoice.pk], "payment_advise", "slip"),
        "statement": (who["uni"], "statements", [], "statements", "file"),
        "import": (who["uni"], "listing_import", [], "listing_import", "file"),
        "fact": (who["firm"], "contract_fact_new", [made.contract.number], "contract_fact_new", "evidence"),
        "verify": (who["firm"], "contract_verify", [made.contract.number], "contract_verify", "file"),
    }
    taken = {}
    for place, (person, page, arguments, to, field) in places.items():
        form = person.open(page, *arguments)
        files = [{field: lie} for lie in _lies()]
        taken |= not_refused(place, form, reverse(to, args=arguments), files)
    assert taken == {}


def _sheet(cells: str, padding: int = 0) -> SimpleUploadedFile:
    """A workbook that passes for one, with this XML as its only sheet. Padding that does not pack hides how well the
    rest does."""
    out = io.BytesIO()
    Workbook().save(out)
    packed = io.BytesIO()
    with zipfile.ZipFile(out) as made, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as changed:
        for info in made.infolist():
            body = made.read(info)
            changed.writestr(info, cells.encode() if info.filename.endswith("sheet1.xml") else body)
        changed.writestr("xl/media/image1.png", random.Random(1).randbytes(padding))
    return SimpleUploadedFile("sheet.xlsx", packed.getvalue())


def _spreadsheets() -> list[SimpleUploadedFile]:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    far = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 25_000))
    return [
        _sheet(head + '<row r="1"><c r="A1"><v>1</v>'),  # torn in the middle
        _sheet(f"{head}{far}</sheetData></worksheet>"),  # 400 million cells, all but a few of them empty
        _sheet(
            f"{head}<row>{'<c/>' * 4_100_000}</row></sheetData></worksheet>", 200_000
        ),  # one row: 1.2 GB when read
        _sheet(head + '<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'),
    ]


def test_spreadsheets_that_blow_up_are_refused_everywhere(made, who):
    places = {
        "statements": (who["uni"], "statements", [], "statements"),
        "report": (who["firm"], "report", [made.open_report.pk], "report_sheet"),
    }
    taken = {}
    for place, (person, page, arguments, to) in places.items():
        form = person.open(page, *arguments)
        files = [{"file": sheet} for sheet in _spreadsheets()]
        taken |= not_refused(place, form, reverse(to, args=arguments), files)
    assert taken == {}
    for sheet in _spreadsheets():  # an import is read by the worker, which puts the refusal into its report
        with pytest.raises(Refused):
            list(read_xlsx(sheet))


def test_a_full_disk_is_told_and_leaves_nothing_behind(made, who, monkeypatch, caplog):
    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    room = who["firm"].open("deal", made.deal.number)
    monkeypatch.setattr(FileSystemStorage, "_save", full)
    before, file = rows(), SimpleUploadedFile("a.csv", b"a,b\n", content_type="text/csv")
    answer = room.try_to_send(to=reverse("deal_file_add", args=[made.deal.number]), file=file)
    assert (answer.status, rows() == before) == (503, True)
    assert answer.complaints == ["目前无法保存或读取文件。请稍后再试；如仍不行，请告知平台运营方。"]
    assert "No space left" in caplog.text


@pytest.mark.parametrize("times", [1, 2])
def test_a_pdf_that_blows_up_is_not_unpacked(times):
    packed = b"0" * 150_000_000
    for _time in range(times):
        packed = zlib.compress(packed, 9)
    found = check_seal(b"%PDF-1.7\n1 0 obj<</Filter/FlateDecode>>stream\r\n" + packed + b"\nendstream %%EOF")
    assert (found.good, found.problem) == (False, "unpacks to too much")
