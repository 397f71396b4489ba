"""What one cell may hold, and what it becomes. Every reader raises RowError with words for the sender."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils import translation
from django.utils.translation import gettext as _

from cms.editing import split_words
from cms.imports.rows import RowError
from cms.models import IPKind, IPStatus

_HAN = re.compile(r"[\u4e00-\u9fff]")


def plain(value: object, name: str, limit: int) -> str:
    """A cell as text: whole numbers without ".0", days as ISO, no control signs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        text = "1" if value else "0"
    elif isinstance(value, float):
        text = _digits(value)
    elif isinstance(value, datetime):
        text = value.date().isoformat()
    elif isinstance(value, (str, int, Decimal, date)):
        text = str(value)
    else:
        raise RowError(_("%(name)s must be text.") % {"name": name})
    text = "".join(sign for sign in text if sign == "\n" or sign.isprintable() or sign == "\t").strip()
    if len(text) > limit:
        raise RowError(
            _("%(name)s is too long: %(length)s characters, at most %(limit)s.")
            % {"name": name, "length": len(text), "limit": limit}
        )
    return text


def _digits(cell: float) -> str:
    """The shortest digits that a spreadsheet's cell stands for: 0.4 is "0.4", 12.0 is "12"."""
    if cell != cell or cell in (float("inf"), float("-inf")):
        raise RowError(_("A cell is not a number."))
    return f"{Decimal(repr(cell)).normalize():f}"


def text_of(limit: int) -> Callable[[object, str], str]:
    return lambda value, name: plain(value, name, limit)


def trl(value: object, name: str = "trl") -> int | None:
    text = plain(value, name, 20).upper().removeprefix("TRL").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 9):
        raise RowError(_("%(name)s must be a whole number from 1 to 9.") % {"name": name})
    return int(text)


def months(value: object, name: str) -> int | None:
    text = plain(value, name, 20)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= 120):
        raise RowError(_("%(name)s must be a whole number of months, at most 120.") % {"name": name})
    return int(text)


def day(value: object, name: str) -> date | None:
    text = plain(value, name, 20)
    if not text:
        return None
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError as error:
        raise RowError(_("%(name)s must be a day such as 2026-11-23.") % {"name": name}) from error


def flag(value: object, name: str) -> bool:
    text = plain(value, name, 20).lower()
    if text in ("", "0", "no", "n", "false", "否"):
        return False
    if text in ("1", "yes", "y", "true", "是"):
        return True
    raise RowError(_("%(name)s must be yes or no.") % {"name": name})


def choice_of(choices) -> Callable[[object, str], str]:
    """A code of the choices, or its word in either language."""

    def read(value: object, name: str) -> str:
        text = plain(value, name, 80)
        if not text:
            return ""
        for code, label in choices.choices:
            words = {code.lower()}
            for language in ("zh-hans", "en"):
                with translation.override(language):
                    words.add(str(label).lower())
            if text.lower() in words:
                return code
        raise RowError(
            _("%(name)s “%(text)s” is not one of: %(choices)s.")
            % {"name": name, "text": text, "choices": ", ".join(choices.values)}
        )

    return read


def words_of(value: object, name: str) -> list[str]:
    return split_words(plain(value, name, 1000))[:20]


def rights_of_cell(value: object, name: str) -> list[dict]:
    """One right to a line: kind | number | status | filed on | expires on | title."""
    rows = []
    for line in plain(value, name, 5000).splitlines():
        if not line.strip():
            continue
        parts = [part.strip() for part in line.replace("｜", "|").split("|")]
        parts += [""] * (6 - len(parts))
        if len(parts) > 6 or not parts[0]:
            raise RowError(
                _("%(name)s: write kind | number | status | filed on | expires on | title.") % {"name": name}
            )
        rows.append(
            {
                "kind": choice_of(IPKind)(parts[0], name),
                "number": parts[1][:60],
                "status": choice_of(IPStatus)(parts[2], name) or IPStatus.APPLIED,
                "filed_on": day(parts[3], name),
                "expires_on": day(parts[4], name),
                "title": parts[5][:300],
            }
        )
    return rows


def contributors_of_cell(value: object, name: str) -> list[dict]:
    """One person to a line: name | unit | share in per cent. The shares make 100 at most. Name and unit may be given
    in English too: 李雷 / Li Lei."""
    rows, total = [], Decimal(0)
    for line in plain(value, name, 5000).splitlines():
        if not line.strip():
            continue
        parts = [part.strip() for part in line.replace("｜", "|").split("|")]
        if len(parts) != 3 or not parts[0]:
            raise RowError(_("%(name)s: write name | unit | share in per cent.") % {"name": name})
        try:
            share = Decimal(parts[2].rstrip("%％").strip() or "0")
        except InvalidOperation as error:
            raise RowError(_("%(name)s: a share is a number in per cent.") % {"name": name}) from error
        if not share.is_finite() or not 0 <= share <= 100 or share.as_tuple().exponent < -4:
            raise RowError(_("%(name)s: a share lies between 0 and 100 per cent.") % {"name": name})
        total += share
        (name_zh, name_en), (unit_zh, unit_en) = _in_two_languages(parts[0]), _in_two_languages(parts[1])
        row = {"name": name_zh[:80], "unit": unit_zh[:160], "share": share / 100}
        english = {"name_en": name_en[:120], "unit_en": unit_en[:200]}
        rows.append(row | {key: text for key, text in english.items() if text})
    if total > 100:
        raise RowError(_("%(name)s: the shares make more than 100 per cent.") % {"name": name})
    return rows


def _in_two_languages(text: str) -> tuple[str, str]:
    """Chinese and English around a slash; a slash between texts of one language is part of the name."""
    first, slash, second = (part.strip() for part in text.partition("/"))
    return (
        (first, second) if slash and _HAN.search(first) and second and not _HAN.search(second) else (text, "")
    )
