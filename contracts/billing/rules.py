"""VAT on an invoice: pure.

Source: 财税〔2016〕36号 (exemption of technology transfer, development and related services, after provincial
recognition and tax filing); its continuation under the VAT Law in force since 2026-01-01 is to be verified. The
rate belongs to the issuer, with dates; this module only does the arithmetic.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money, half_up
from marketplace.terms import VatMode

EXEMPTION_SOURCE = (
    "财税〔2016〕36号（2026-01-01 后是否延续待核实 / continuation after 2026-01-01 to be verified）"
)


class Vat(NamedTuple):
    """net + tax = gross, to the minor unit."""

    net: Money
    tax: Money
    gross: Money
    rate: Decimal
    exempt: bool


def vat(price: Money, *, rate: Decimal, mode: VatMode | str, exempt: bool = False) -> Vat:
    """Split a price into net and VAT. `rate` is 0.06 for 6 %.

    Tax-inclusive: net = price ÷ (1 + rate) half up, tax the rest. Tax-exclusive: tax = price × rate half up.
    Exempt (registered and filed): tax 0 and the price stays as it is. Raises ValueError on a negative rate.
    """
    if rate < 0:
        raise ValueError("a VAT rate cannot be negative")
    nothing = Money(0, price.currency)
    if exempt:
        return Vat(price, nothing, price, Decimal(0), True)
    if VatMode(mode) is VatMode.INCLUSIVE:
        net = Money(half_up(Fraction(price.minor) / (1 + Fraction(rate))), price.currency)
        return Vat(net, price - net, price, rate, False)
    tax = price.times(rate)
    return Vat(price, tax, price + tax, rate, False)
