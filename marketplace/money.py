"""Money: whole minor units and a currency. No Django, no float.

Amounts are integers of the currency's smallest unit (fen, cent, yen). `Decimal` and `Fraction` are exact
intermediate values; they become minor units in one place, `half_up`, once per charge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

EXPONENTS = {
    "CNY": 2, "HKD": 2, "MOP": 2, "TWD": 2, "USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "SGD": 2, "CAD": 2,
    "AUD": 2, "JPY": 0, "KRW": 0,
}  # fmt: skip  # ISO 4217 decimal places
SIGNS = {
    "CNY": "¥", "HKD": "HK$", "MOP": "MOP$", "TWD": "NT$", "USD": "US$", "EUR": "€", "GBP": "£",
    "CHF": "CHF ", "SGD": "S$", "CAD": "CA$", "AUD": "A$", "JPY": "JP¥", "KRW": "₩",
}  # fmt: skip
# full-width signs as typed on Chinese keyboards; no other look-alikes, so that 5² is not read as 52
_PLAIN = {0xFF01 + place: 0x21 + place for place in range(94)} | {0xFFE5: "¥", 0x3000: " ", 0x2212: "-"}
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?|[0-9]+(\.[0-9]*)?|\.[0-9]+")


_TIMES = {"万": 10**4, "亿": 10**8}


class MoneyError(ValueError):
    """An amount that cannot be read, or two currencies in one sum."""


def plain(text: str) -> str:
    """Full-width digits and signs as their plain ones, without spaces around."""
    return text.translate(_PLAIN).strip()


def half_up(amount: Decimal | Fraction | int) -> int:
    """Round an exact number of minor units to a whole one, half away from zero (四舍五入)."""
    if isinstance(amount, Decimal):  # first: asking whether something is a Fraction takes longest
        return int(amount.to_integral_value(ROUND_HALF_UP))
    if isinstance(amount, int):
        return amount
    if isinstance(amount, Fraction):
        magnitude = (abs(amount) + Fraction(1, 2)).__floor__()
        return magnitude if amount >= 0 else -magnitude
    raise MoneyError(f"not an exact amount: {amount!r}")


def exponent(currency: str) -> int:
    """Decimal places of a currency; raises MoneyError for one that is not in the table."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise MoneyError(f"unknown currency {currency!r}") from None


def largest_remainder(total: int, weights: Sequence[Decimal | Fraction | int]) -> list[int]:
    """Split whole units in proportion; the parts add up to the total, ties go to the first listed.

    A negative total is split as its amount and negated. Raises MoneyError without a positive weight.
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact)
    if whole <= 0 or any(weight < 0 for weight in exact):
        raise MoneyError("weights must not be negative and must not all be zero")
    if total < 0:
        return [-part for part in largest_remainder(-total, weights)]
    quotas = [total * weight / whole for weight in exact]
    parts = [quota.__floor__() for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - quotas[place], place))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole minor units of one currency."""

    minor: int
    currency: str = "CNY"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"minor units must be a whole number, not {self.minor!r}")
        if self.currency not in EXPONENTS:
            raise MoneyError(f"unknown currency {self.currency!r}")

    @classmethod
    def from_decimal(cls, amount: Decimal, currency: str = "CNY") -> Money:
        """From major units (69000.005 yuan), rounded half up to the minor unit."""
        if not isinstance(amount, Decimal) or not amount.is_finite():
            raise MoneyError(f"not a finite Decimal: {amount!r}")
        return cls(half_up(Fraction(amount) * 10 ** exponent(currency)), currency)

    @classmethod
    def parse(cls, text: str, currency: str = "CNY") -> Money:
        """Read what a person typed: "1,234.50", "¥69,000", full-width digits, "69000 元", "10万", "1.5 亿元".

        Raises MoneyError for anything else, and for more decimal places than the currency has.
        """
        typed = plain(text)
        negative = typed.startswith("-")
        typed = typed.removeprefix("-").strip()
        for sign in (SIGNS.get(currency, "").strip(), currency, "¥", "元"):
            if sign and typed.upper().startswith(sign.upper()):
                typed = typed[len(sign) :].strip()
            if sign and typed.upper().endswith(sign.upper()):
                typed = typed[: -len(sign)].strip()
        times = _TIMES.get(typed[-1:], 1)
        typed = typed if times == 1 else typed[:-1].strip()
        if len(typed) > 40 or not _GROUPED.fullmatch(typed):
            raise MoneyError(f"not an amount: {text[:60]!r}")
        minor = Fraction(typed.replace(",", "")) * times * 10 ** exponent(currency)
        if minor.denominator != 1:
            raise MoneyError(f"more decimal places than {currency} has: {text!r}")
        return cls(-int(minor) if negative else int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __radd__(self, other: int) -> Money:
        """Let sum() start from 0."""
        if other == 0:
            return self
        return NotImplemented

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.minor), self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def times(self, rate: Decimal | Fraction | int) -> Money:
        """The amount times a rate, rounded half up once."""
        return Money(half_up(self.minor * Fraction(rate)), self.currency)

    def split(self, weights: Sequence[Decimal | Fraction | int]) -> list[Money]:
        """Parts in proportion by largest remainder, ties to the first listed; they add up to the whole."""
        return [Money(part, self.currency) for part in largest_remainder(self.minor, weights)]

    def split_equal(self, parts: int) -> list[Money]:
        """Instalments: each rounded half up, the last takes the remainder.

        Raises MoneyError where that remainder would be negative.
        """
        if parts < 1:
            raise MoneyError("at least one part")
        return self.split_shares([Fraction(1, parts)] * parts)

    def split_shares(self, shares: Sequence[Decimal | Fraction]) -> list[Money]:
        """Instalments by shares that sum to 1: each rounded half up, the last takes the remainder."""
        exact = [Fraction(share) for share in shares]
        if sum(exact) != 1 or any(share < 0 for share in exact):
            raise MoneyError("shares must not be negative and must sum to 1")
        firsts = [half_up(self.minor * share) for share in exact[:-1]]
        last = self.minor - sum(firsts)
        if last * (1 if self.minor >= 0 else -1) < 0:
            raise MoneyError("the last part would be negative")
        return [Money(part, self.currency) for part in [*firsts, last]]

    def format(self, locale: str = "zh-hans") -> str:
        """For reading: "¥69,000.00", "-¥12.50"; the same in every language of the site."""
        digits = f"{abs(self.decimal):,.{exponent(self.currency)}f}"
        return f"{'-' if self.minor < 0 else ''}{SIGNS[self.currency]}{digits}"

    def __str__(self) -> str:
        return self.format()

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise MoneyError(f"not money: {other!r}")
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} in one sum")
        return other.minor
