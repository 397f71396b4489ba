import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from PIL import Image

from marketplace.uploads import clean_name, clean_upload


def workbook() -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["a", 1])
    book.save(out)
    return out.getvalue()


def archive(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.xml": b"<w/>",
            **parts,
        }.items():
            file.writestr(name, content)
    return out.getvalue()


def torn(content: bytes) -> bytes:
    """Zeros over the end of the last part, whose place in the table of contents stays."""
    end = content.index(b"PK\x01\x02")
    return content[: end - 120] + b"\xff" * 120 + content[end:]


def image(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, kind)
    return out.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
GOOD = {
    "paper.pdf": (PDF, "application/pdf"),
    "table.XLSX": (workbook(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "表.csv": ("名称,金额\n泵,1\n".encode("gb18030"), "text/csv"),
    "photo.jpeg": (image("JPEG"), "image/jpeg"),
    "sign.png": (image("PNG"), "image/png"),
}


@pytest.mark.parametrize("name", GOOD)
def test_sound_files_are_taken_with_their_true_type(name):
    content, content_type = GOOD[name]
    file = clean_upload(SimpleUploadedFile(name, content, content_type="text/html"))
    assert (file.name, file.content_type, file.read()) == (name, content_type, content)


BAD = {
    "a program called pdf": ("paper.pdf", b"MZ\x90\x00" + b"\x00" * 100),
    "a page called png": ("sign.png", b"<html><script>alert(1)</script>"),
    "a jpg called png": ("sign.png", image("JPEG")),
    "half a pdf": ("paper.pdf", b"%PDF-1.7\n"),
    "a zip called xlsx": ("table.xlsx", archive()[:200]),
    "a workbook torn in the middle of a part": (
        "table.xlsx",
        torn(archive(**{"xl/a.xml": bytes(range(256)) * 99})),
    ),
    "a png torn in the middle": ("sign.png", image("PNG")[:50]),
    "no workbook inside": ("text.docx", archive()),
    "macros": ("table.xlsx", archive(**{"xl/vbaProject.bin": b"x"})),
    "entities": ("table.xlsx", archive(**{"xl/a.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'})),
    "a bomb": ("table.xlsx", archive(**{"xl/sheet.xml": b" " * 30_000_000})),
    "bytes called csv": ("table.csv", b"a,b\x00\x01"),
    "nothing": ("paper.pdf", b""),
    "a kind that is not asked for": ("page.html", b"<html></html>"),
    "no suffix": ("paper", PDF),
}


@pytest.mark.parametrize("case", BAD)
def test_lies_and_bombs_are_refused(case):
    with pytest.raises(ValidationError):
        clean_upload(SimpleUploadedFile(*BAD[case]))


def test_too_large_is_refused(settings):
    settings.MAX_UPLOAD_BYTES = 10
    with pytest.raises(ValidationError, match=r"paper\.pdf"):
        clean_upload(SimpleUploadedFile("paper.pdf", PDF))


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/报告 1.pdf", "报告 1.pdf"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("a\u202efdp.exe\n.pdf", "afdp.exe.pdf"),
        ('x<>:"|?*.csv', "x_.csv"),
        ("n" * 300 + ".xlsx", "n" * 115 + ".xlsx"),
    ],
)
def test_names_are_made_safe(name, clean):
    assert clean_name(name) == clean
