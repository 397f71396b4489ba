"""How one value is typed: which kind of text a field takes, its text from a value and the value from a text."""

from __future__ import annotations

import re
from dataclasses import is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from marketplace.money import Money, MoneyError, exponent, plain

from ..choices import Act
from ..codec import EXACT, alternatives


class Typed(StrEnum):
    """What a field takes; those that end in S take several."""

    TEXT = "text"
    LINES = "lines"  # one text a line
    CHOICE = "choice"
    CHOICES = "choices"  # several of a list, in order
    FLAG = "flag"
    WHOLE = "whole"
    MONEY = "money"
    SUMS = "sums"  # amounts with "/" between them
    PERCENT = "percent"
    PERCENTS = "percents"
    PRICE = "price"  # of one unit, in major units, parts of a fen too
    PRICES = "prices"
    AMOUNT = "amount"  # a quantity of money: an exact amount
    NUMBER = "number"  # a quantity of anything else
    DAY = "day"


class Unreadable(ValueError):
    """A text that is no such value; `code` is one of the messages."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


_MONEY = frozenset({"amount", "own", "other"})
_MONEYS = frozenset({"amounts"})
_CHOOSE_FROM = frozenset({"counts", "credit_against", "deductions", "territory"})
_CHOOSE_ONE = frozenset({"currency"})
_PRICED = frozenset({"FixedRate", "YearlyRates", "Tier"})
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_NUMBER = re.compile(r"-?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]*)?|-?\.[0-9]+")


@cache
def kind_of_leaf(cls: type, name: str, kind_of: Any, *, money: bool) -> Typed:
    """What a field takes; `money`: whether the quantities here are sums, by the meter they count."""
    member = alternatives(kind_of)[0]
    priced = not money and cls.__name__ in _PRICED
    if get_origin(member) is Annotated:
        return Typed.AMOUNT if money else Typed.NUMBER
    if get_origin(member) is tuple:
        inner = get_args(member)[0]
        if inner is int and name in _MONEYS:
            return Typed.SUMS
        if inner is Decimal:
            return Typed.PRICES if priced else Typed.PERCENTS
        return Typed.CHOICES if inner is Act or name in _CHOOSE_FROM else Typed.LINES
    if member is bool:
        return Typed.FLAG
    if member is int:
        return Typed.MONEY if name in _MONEY else Typed.WHOLE
    if member is Decimal:
        return Typed.PRICE if priced else Typed.PERCENT
    if member is date:
        return Typed.DAY
    return Typed.CHOICE if issubclass(member, StrEnum) or name in _CHOOSE_ONE else Typed.TEXT


@cache
def is_rows(kind_of: Any) -> bool:
    """A list of objects."""
    member = alternatives(kind_of)[0]
    if get_origin(member) is not tuple:
        return False
    return all(is_dataclass(one) for one in alternatives(get_args(member)[0]))


@cache
def is_node(kind_of: Any) -> bool:
    """An object, or one of several."""
    return all(is_dataclass(one) for one in alternatives(kind_of))


def text_of(value: Any, typed: Typed, currency: str) -> str | list[str]:
    """The text that `value_of` reads as exactly this value; "" for None."""
    if value is None:
        return ""
    if typed is Typed.FLAG:
        return "on" if value else ""
    if typed is Typed.CHOICES:
        return [str(one) for one in value]
    if typed is Typed.LINES:
        return "\n".join(value)
    if typed in _SEVERAL:
        return " / ".join(str(text_of(one, _SEVERAL[typed], currency)) for one in value)
    if typed is Typed.MONEY:
        return f"{Money(value, currency).decimal:,f}"
    if typed is Typed.AMOUNT:
        return _exact(value.scaleb(-exponent(currency), EXACT), exponent(currency))
    if typed is Typed.PERCENT:
        return f"{value.scaleb(2, EXACT).normalize(EXACT):f}"
    if typed in (Typed.PRICE, Typed.NUMBER):
        return _exact(value)
    return value.isoformat() if typed is Typed.DAY else str(value)


def value_of(text: str, typed: Typed, currency: str) -> Any:
    """The document's value of a text that is not empty; raises Unreadable."""
    text = text.strip()
    if typed is Typed.LINES:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if typed in _SEVERAL:
        parts = [part.strip() for part in re.split(r"[/／;；]", text)]
        return [value_of(part, _SEVERAL[typed], currency) for part in parts if part]
    if typed is Typed.WHOLE:
        number = _number(text, "not_a_count")
        if number != number.to_integral_value() or abs(number) > 10**15:
            raise Unreadable("not_a_count")
        return int(number)
    if typed is Typed.MONEY:
        try:
            return Money.parse(text, currency).minor
        except MoneyError:
            raise Unreadable("not_an_amount") from None
    if typed is Typed.AMOUNT:
        return _plain(_amount(text, currency).scaleb(exponent(currency), EXACT))
    if typed is Typed.PERCENT:
        number = _number(plain(text).removesuffix("%").strip(), "not_a_number")
        return _plain(number.scaleb(-2, EXACT))
    if typed is Typed.PRICE:
        return _plain(_amount(text, currency))
    if typed is Typed.NUMBER:
        return _plain(_number(text, "not_a_number"))
    if typed is Typed.DAY:
        return _day(text)
    return text


_SEVERAL = {Typed.SUMS: Typed.MONEY, Typed.PERCENTS: Typed.PERCENT, Typed.PRICES: Typed.PRICE}


def _exact(value: Decimal, places: int = 0) -> str:
    """With separators, and at least so many decimal places."""
    short = value.normalize(EXACT)
    if places and short.as_tuple().exponent > -places:
        short = short.quantize(Decimal(1).scaleb(-places), context=EXACT)
    return f"{short:,f}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize(EXACT) if value else Decimal(0):f}"


def _number(text: str, code: str) -> Decimal:
    """Digits with or without separators, full width too; 万 and 亿 are understood."""
    text, factor = plain(text), 1
    for sign, times in (("万", 10**4), ("亿", 10**8)):
        if text.endswith(sign):
            text, factor = text.removesuffix(sign).strip(), times
    if len(text) > 45 or not _NUMBER.fullmatch(text):
        raise Unreadable(code)
    return EXACT.multiply(Decimal(text.replace(",", "")), factor)


def _amount(text: str, currency: str) -> Decimal:
    """An exact amount in major units: parts of the minor unit are kept."""
    text = plain(text)
    for sign in ("¥", "元", currency):
        text = text.removeprefix(sign).removesuffix(sign).strip()
    return _number(text, "not_an_amount")


def _day(text: str) -> str:
    found = _DAY.fullmatch(plain(text))
    if not found:
        raise Unreadable("not_date")
    try:
        return date(*(int(part) for part in found.groups())).isoformat()
    except ValueError:
        raise Unreadable("not_date") from None
