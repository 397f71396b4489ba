"""科技创新券: what a voucher pays of service orders. Licence fees are never eligible. Pure.

Rules are dated data with their source; amounts are whole minor units of CNY.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money


@dataclass(frozen=True, kw_only=True, slots=True)
class VoucherRule:
    """Share of the eligible amount, limit per company and calendar year, unit to which payments are rounded."""

    key: str
    since: date
    until: date | None
    rate: Decimal
    yearly_limit: Money
    unit: Money
    eligible: frozenset[str]
    source: str


# Rounding down "精确到千元" is an assumption; the notice names only the precision.
HUBEI_2025 = VoucherRule(
    key="hubei",
    since=date(2025, 1, 1),
    until=None,
    rate=Decimal("0.3"),
    yearly_limit=Money(20_000_000),
    unit=Money(100_000),
    eligible=frozenset({"rd_service", "commissioned_development", "pilot_scale", "instruments", "testing"}),
    source="湖北省 2025 年度科技创新券通知；鄂科技通〔2024〕54号 (mirror; to be verified)",
)
RULES = (HUBEI_2025,)


class ServiceLine(NamedTuple):
    """One line of a service order: when, what kind of service, how much."""

    on: date
    kind: str
    amount: Money


class Redemption(NamedTuple):
    """What the voucher pays of a line, and why not more: "", ineligible, limit, not_in_force."""

    line: ServiceLine
    amount: Money
    reason: str = ""


def redeem(
    rule: VoucherRule, lines: Sequence[ServiceLine], used: dict[int, Money] | None = None
) -> list[Redemption]:
    """Redemptions in order of date (ties as listed): the yearly limit first, then rounding down to the unit.

    `used` is what was redeemed before, per calendar year.
    """
    spent = {year: money.minor for year, money in (used or {}).items()}
    found = []
    for line in sorted(lines, key=lambda line: line.on):
        nothing = Money(0, line.amount.currency)
        if line.kind not in rule.eligible:
            found.append(Redemption(line, nothing, "ineligible"))
            continue
        if line.on < rule.since or (rule.until is not None and line.on > rule.until):
            found.append(Redemption(line, nothing, "not_in_force"))
            continue
        wanted = line.amount.minor * Fraction(rule.rate)
        left = max(rule.yearly_limit.minor - spent.get(line.on.year, 0), 0)
        paid = int(min(wanted, left) // rule.unit.minor) * rule.unit.minor
        spent[line.on.year] = spent.get(line.on.year, 0) + paid
        found.append(Redemption(line, Money(paid, line.amount.currency), "limit" if wanted > left else ""))
    return found
