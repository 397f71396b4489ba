"""Reading a statement file into lines: pure of the database, tells for each row what is wrong with it."""

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from contracts.payments.layouts import Layout
from marketplace.money import Money, MoneyError
from marketplace.refusals import Refused
from marketplace.spreadsheets import xlsx_rows

MAX_ROWS = 20_000
HEAD_WITHIN = 30  # banks write a few lines about the account above the table


@dataclass(frozen=True)
class Row:
    """One line of the file. `problem` in words where it cannot be taken; the other fields are then unset."""

    number: int
    problem: str = ""
    booked_on: date | None = None
    amount_minor: int = 0
    bank_reference: str = ""
    payer_name: str = ""
    payer_account: str = ""
    note: str = ""


def read_statement(name: str, content: bytes, layout: Layout, currency: str) -> list[Row]:
    """All rows of a file in a bank's layout, in order; money in is positive.

    Raises Refused when the file as a whole cannot be read: no table with the layout's columns, too many rows.
    A row without a bank reference gets one made of what it says, so that reading it again is harmless.
    """
    table = _table(name, content)
    head, columns = _head(table, layout)
    rows = []
    seen: Counter = Counter()
    for number, cells in enumerate(table[head + 1 :], start=head + 2):
        if not any(cell not in (None, "") for cell in cells):
            continue
        if len(rows) >= MAX_ROWS:
            raise Refused(_("At most %(limit)s rows at once; split the file.") % {"limit": MAX_ROWS})
        rows.append(_row(number, cells, columns, layout, currency, seen))
    if not rows:
        raise Refused(_("There is no line below the heads of the columns."))
    return rows


def _table(name: str, content: bytes) -> list[list]:
    if name.lower().endswith(".xlsx"):
        return [list(row) for row in xlsx_rows(io.BytesIO(content), limit=MAX_ROWS + HEAD_WITHIN)]
    text = None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None:
        raise Refused(_("The file is neither UTF-8 nor GB 18030 text."))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=lambda sign: text[:5000].count(sign)) if first else ","
    return [list(row) for row in _at_most(csv.reader(io.StringIO(text), delimiter=delimiter))]


def _at_most(rows) -> Iterator:
    for place, row in enumerate(rows):
        if place > MAX_ROWS + HEAD_WITHIN:
            raise Refused(_("At most %(limit)s rows at once; split the file.") % {"limit": MAX_ROWS})
        yield row


def _plain(cell: object) -> str:
    return unicodedata.normalize("NFKC", str(cell if cell is not None else "")).strip()


def _head(table: list[list], layout: Layout) -> tuple[int, dict[str, int]]:
    """Where the heads stand, and which column is which."""
    best: dict[str, int] = {}
    for place, cells in enumerate(table[:HEAD_WITHIN]):
        heads = {_plain(cell).lower(): column for column, cell in enumerate(cells) if _plain(cell)}
        found = {}
        for field, names in layout.columns.items():
            for head in names:
                if _plain(head).lower() in heads:
                    found[field] = heads[_plain(head).lower()]
                    break
        if "booked_on" in found and ("amount" in found or "credit" in found):
            return place, found
        best = found if len(found) > len(best) else best
    wanted = ", ".join(
        layout.columns.get(f, [f])[0] for f in ("booked_on", "amount", "credit") if f in layout.columns
    )
    raise Refused(
        _("The columns of this bank's layout were not found (%(columns)s). Choose another layout.")
        % {"columns": wanted or "–"}
    )


def _row(number, cells, columns, layout: Layout, currency: str, seen: Counter) -> Row:
    def cell(field):
        place = columns.get(field)
        return cells[place] if place is not None and place < len(cells) else None

    try:
        booked_on = _day(cell("booked_on"))
        amount = _amount(cell, layout, currency)
    except (ValueError, MoneyError) as error:
        return Row(number, problem=str(error))
    stated = _plain(cell("currency")).upper()
    if stated and stated not in (currency, {"CNY": "RMB"}.get(currency), {"CNY": "人民币"}.get(currency)):
        return Row(number, problem=_("The currency is %(currency)s.") % {"currency": stated[:10]})
    if amount == 0:
        return Row(number, problem=_("The amount is zero."))
    payer, note = _plain(cell("payer_name"))[:150], _plain(cell("note"))[:500]
    reference = _plain(cell("bank_reference"))
    if not reference:
        said = f"{booked_on}|{amount}|{payer}|{note}"
        seen[said] += 1  # the second of two equal lines in one file is a line of its own
        digest = hashlib.sha256(f"{said}|{seen[said]}".encode()).hexdigest()[:20]
        reference = f"~{digest}"
    return Row(
        number,
        booked_on=booked_on,
        amount_minor=amount,
        bank_reference=reference[:100],
        payer_name=payer,
        payer_account=_plain(cell("payer_account"))[:60],
        note=note,
    )


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = _plain(value)
    match = re.match(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})", text)
    if match:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
    raise ValueError(_("“%(text)s” is not a day.") % {"text": text[:30]})


def _amount(cell, layout: Layout, currency: str) -> int:
    """Money in positive, money out negative."""
    if "amount" not in layout.columns:
        credit, debit = _minor(cell("credit"), currency), _minor(cell("debit"), currency)
        if credit and debit:
            raise ValueError(_("Both money in and money out stand in this row."))
        return credit - abs(debit)
    amount = _minor(cell("amount"), currency)
    sign = _plain(cell("direction")).upper()
    if not sign:
        return amount
    if sign in layout.money_in:
        return abs(amount)
    if sign in layout.money_out:
        return -abs(amount)
    raise ValueError(_("“%(sign)s” says neither money in nor money out.") % {"sign": sign[:20]})


def _minor(value: object, currency: str) -> int:
    if value in (None, ""):
        return 0
    if isinstance(value, bool):
        raise ValueError(_("“%(text)s” is not an amount.") % {"text": value})
    if isinstance(value, int):
        return Money.from_decimal(Decimal(value), currency).minor
    if isinstance(value, float):
        # a spreadsheet stores binary numbers; its shortest decimal form is what the bank wrote
        value = repr(value)
    text = _plain(value).lstrip("+")
    if text in ("", "-", "--"):
        return 0
    try:
        return Money.parse(text, currency).minor
    except MoneyError:
        raise ValueError(_("“%(text)s” is not an amount.") % {"text": text[:30]}) from None
