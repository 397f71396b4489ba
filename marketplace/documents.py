"""PDF from typst templates. Data reaches a template only as JSON in `sys.inputs`, never as markup.

A template is named "<package>/<name>" and lies in `<package>/typst/<name>.typ`; it begins with
`#import "/marketplace/typst/layout.typ": *`. Store what `render_pdf` returns together with its SHA-256: another
release of typst or of the font draws other bytes.
"""

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import typst
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import get_language

from marketplace.clock import ZONE, now
from marketplace.money import Money

SERIF = ("Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN", "SimSun")
SANS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
)


BEIJING = timezone(timedelta(hours=8))


class DocumentError(Exception):
    """A template that typst cannot set; an error of ours, never of the user's data."""


def render_pdf(template_name: str, data: dict, *, moment: datetime | None = None) -> bytes:
    """Set a template with `data` and return the PDF, tagged, its Chinese font embedded.

    The same data and `moment` (the document's date of creation, default now) give the same bytes. Dates become
    ISO text, Decimal and Money text, lazy translations words of the active language; `data.lang` is filled with
    that language where it is missing. Raises ImproperlyConfigured without a Chinese font (settings.FONTS_DIR),
    DocumentError for a template that is missing or wrong.
    """
    package, _sep, name = template_name.partition("/")
    path = settings.BASE_DIR / package / "typst" / f"{name}.typ"
    if not path.is_file():
        raise DocumentError(f"no template {template_name}: {path} does not exist")
    fonts, families = _fonts(settings.FONTS_DIR)
    body = {"lang": "en" if (get_language() or "").startswith("en") else "zh", **data}
    try:
        return typst.compile(
            path,
            root=settings.BASE_DIR,
            font_paths=fonts,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": json.dumps(body, default=_plain, ensure_ascii=False), "fonts": families},
            timestamp=(moment or now()).astimezone(BEIJING).replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise DocumentError(f"{template_name}: {error.message}\n{error.diagnostic}") from error


@lru_cache(maxsize=2)
def _fonts(folder: str) -> tuple[typst.Fonts, str]:
    """The fonts of a folder, read once a process, and the two families to use, as JSON for the layout."""
    if not folder or not Path(folder).is_dir():
        raise ImproperlyConfigured(
            "USEFIRST_FONTS must name a folder with a Chinese font (TTF, OTF or TTC), e.g. the Debian package"
            f" fonts-noto-cjk; now it is {folder or 'empty'!r}."
        )
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])
    there = set(fonts.families())
    sans = next((family for family in SANS if family in there), None)
    serif = next((family for family in SERIF if family in there), sans)
    if serif is None:
        raise ImproperlyConfigured(f"There is no Chinese font that we know in {folder}: {sorted(there)}.")
    return fonts, json.dumps({"serif": serif, "sans": sans or serif})


def _plain(value: object) -> str:
    """How JSON writes what it does not know. Floats come from nowhere: JSON would write them silently, so
    templates are given Money, Decimal and text."""
    if isinstance(value, datetime):
        return f"{value.astimezone(ZONE) if value.tzinfo else value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (Money, Decimal, Promise)):
        return str(value)
    raise TypeError(f"{value!r} cannot be given to a document")
