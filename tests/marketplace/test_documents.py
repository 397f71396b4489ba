import io
import re
import shutil
import subprocess
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from marketplace.documents import DocumentError, render_pdf
from marketplace.money import Money

MOMENT = datetime(2026, 11, 23, 8, 0, 1, 5, tzinfo=UTC)
DATA = {
    "title": "技术许可合同",
    "number": "UF-2026-0001",
    "issued": date(2026, 11, 23),
    "facts": [("许可方", '江城大学 #panic("x") *a* $1$'), ("被许可方", "示例企业")],
    "head": ["项目", "金额"],
    "rows": [["入门费", Money(6_900_000)], ["合计", Money(6_900_000)]],
    "remark": "免费使用期",
    "clauses": [("许可标的", ["第一款", "第二款"])],
    "parties": [("许可方", "江城大学"), ("被许可方", "示例企业")],
    "hash": "0f" * 32,
}


def text_of(pdf: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.fail("pdftotext is missing: Debian package poppler-utils")
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def test_pdf_embeds_a_chinese_font_and_its_text_can_be_read():
    pdf = render_pdf("marketplace/example", DATA, moment=MOMENT)
    assert re.search(rb"/BaseFont/[A-Z]{6}\+(NotoS|SourceHan|WenQuan)", pdf)
    assert re.search(rb"/FontFile[23]", pdf)
    text = text_of(pdf)
    for word in ("技术许可合同", "¥69,000.00", "2026-11-23", "第一条", "第 1 页，共 1 页"):
        assert word in text


def test_data_is_never_markup():
    assert '江城大学 #panic("x") *a* $1$' in text_of(render_pdf("marketplace/example", DATA, moment=MOMENT))


def test_same_data_and_moment_give_the_same_bytes():
    one, two = (render_pdf("marketplace/example", DATA, moment=MOMENT) for _again in range(2))
    assert one == two


def test_words_follow_the_active_language():
    with translation.override("en"):
        assert "Page 1 of 1" in text_of(render_pdf("marketplace/example", DATA, moment=MOMENT))


def test_without_a_font_the_error_says_what_to_do(settings, tmp_path):
    for folder in ("", str(tmp_path)):
        settings.FONTS_DIR = folder
        with pytest.raises(ImproperlyConfigured, match="font"):
            render_pdf("marketplace/example", DATA)


def test_errors_are_ours_and_loud():
    with pytest.raises(DocumentError, match="nothing"):
        render_pdf("marketplace/nothing", DATA)
    with pytest.raises(DocumentError, match="title"):
        render_pdf("marketplace/example", {})
    with pytest.raises(TypeError):
        render_pdf("marketplace/example", {**DATA, "remark": io.BytesIO()})
