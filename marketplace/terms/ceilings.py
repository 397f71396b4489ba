"""Open-licence ceilings: dated rules of practice that warn and never block.

Source: the notice on pricing open patent licences (开放许可使用费估算指引 and its press text), which says
"generally not above": fixed fee 20 million CNY, 20 % of net sales, 40 % of profit. To be verified.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.money import Money

from .choices import Base
from .contract import Terms
from .elements import FixedRate, Instalments, LumpSum, Royalty, Tiers
from .problems import WARNING, Problem

SOURCE = (
    "专利开放许可使用费说明（人民日报刊文，2022 年试点）/ open-licence notice, press text; to be verified"
)


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What was generally the most, from a day on."""

    since: date
    fixed_minor: int
    net_sales: Decimal
    profit: Decimal
    source: str = SOURCE


RULES = (Ceilings(date(2022, 5, 1), 2_000_000_000, Decimal("0.2"), Decimal("0.4")),)


def ceilings(on: date | None = None) -> Ceilings:
    """The rule in force on a day; the latest where no day is given."""
    known = [rule for rule in RULES if on is None or rule.since <= on]
    return (known or RULES)[-1]


def ceiling_warnings(terms: Terms, on: date | None = None) -> list[Problem]:
    """A warning for each element of an open licence that exceeds what is usual; equality does not warn."""
    if not terms.open_licence:
        return []
    rule = ceilings(on)
    found: list[Problem] = []
    for place, element in enumerate(terms.elements):
        path = f"elements[{place}]"
        if isinstance(element, LumpSum | Instalments) and terms.currency == "CNY":
            if element.amount > rule.fixed_minor:
                params = {"limit": str(Money(rule.fixed_minor)), "value": str(Money(element.amount))}
                found.append(Problem(f"{path}.amount", "ceiling_fixed", params, WARNING, rule.source))
        elif isinstance(element, Royalty):
            limits = {
                Base.NET_SALES: (rule.net_sales, "ceiling_net_sales"),
                Base.GROSS_SALES: (rule.net_sales, "ceiling_net_sales"),
                Base.PROFIT: (rule.profit, "ceiling_profit"),
            }
            limit, code = limits.get(element.base, (None, ""))
            highest = max(rates_of(element), default=Decimal(0))
            if limit is not None and highest > limit:
                params = {"limit": percent(limit), "value": percent(highest)}
                found.append(Problem(f"{path}.rate", code, params, WARNING, rule.source))
    return found


def rates_of(royalty: Royalty) -> tuple[Decimal, ...]:
    """Every rate that a royalty may take."""
    rate = royalty.rate
    if isinstance(rate, FixedRate):
        return (rate.rate,)
    if isinstance(rate, Tiers):
        return tuple(tier.rate for tier in rate.tiers)
    return rate.rates


def percent(rate: Decimal) -> str:
    """0.035 → "3.5 %"."""
    return f"{(rate * 100).normalize():f} %"
