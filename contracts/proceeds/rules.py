"""Commission and distribution of what was received: pure.

Bases are receipts without VAT. Each share is the share of the cumulative base minus what was already given, so
that several receipts and refunds strand nothing; every split is by largest remainder, ties to the first listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money, half_up, largest_remainder


@dataclass(frozen=True, slots=True)
class FloorRule:
    """A floor on the reward, with the day from which it holds and its source."""

    since: date
    share: Decimal
    source: str


# The reward's floor for state-founded institutes and universities holds despite agreement (art. 45, last part).
STATUTORY_FLOORS = (
    FloorRule(
        date(2015, 10, 1),
        Decimal("0.5"),
        "《促进科技成果转化法》（2015）第四十五条 / Law on Promoting the Transformation of Achievements, art. 45",
    ),
)


def statutory_floor(on: date) -> FloorRule | None:
    """The floor in force on a day."""
    known = [rule for rule in STATUTORY_FLOORS if rule.since <= on]
    return known[-1] if known else None


class Movement(NamedTuple):
    """Money in for one contract, without VAT: a receipt (positive) or a refund (negative), with direct costs."""

    amount: Money
    direct_cost: Money


def distributable(movements: Sequence[Movement], currency: str = "CNY") -> Money:
    """The cumulative net income that may be distributed after these movements, in order.

    Direct costs above a receipt distribute nothing and nothing negative; the uncovered rest lowers the next
    receipt. A refund takes back what was distributed, down to nothing.
    """
    given = uncovered = 0
    for amount, cost in movements:
        change = amount.minor - cost.minor - uncovered
        uncovered = 0
        if amount.minor >= 0:
            given, uncovered = given + max(change, 0), max(-change, 0)
        else:
            given, uncovered = max(given + change, 0), max(-(given + change), 0)
    return Money(given, currency)


def commission(
    base: Money,
    *,
    rate: Decimal,
    shares: Sequence[Decimal | int] = (1,),
    given: Sequence[Money] = (),
    cap: Money | None = None,
) -> list[Money]:
    """佣金: what each broker gets now, given the cumulative receipts so far without VAT.

    rate × base, half up, at most `cap`; split among the brokers, minus what each was already given (negative
    after a refund).
    """
    total = half_up(base.minor * Fraction(rate))
    if cap is not None:
        total = min(total, cap.minor)
    parts = largest_remainder(total, shares)
    before = [money.minor for money in given] or [0] * len(parts)
    return [Money(part - was, base.currency) for part, was in zip(parts, before, strict=True)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DistributionRule:
    """收益分配: team share of net income, staff share of the retained part, inventors' shares of the team's."""

    team: Decimal
    staff_of_retained: Decimal = Decimal(0)
    inventors: tuple[Decimal, ...] = (Decimal(1),)
    programme_floor: Decimal | None = None

    def problems(self, on: date) -> list[tuple[str, str]]:
        """(code, source) of each rule that is broken: shares_sum, share_range, statutory_floor, programme_floor."""
        found = []
        if sum(self.inventors) != 1:
            found.append(("shares_sum", ""))
        if any(not 0 <= share <= 1 for share in (self.team, self.staff_of_retained, *self.inventors)):
            found.append(("share_range", ""))
        floor = statutory_floor(on)
        if floor is not None and self.team < floor.share:
            found.append(("statutory_floor", floor.source))
        if self.programme_floor is not None and self.team < self.programme_floor:
            found.append(("programme_floor", ""))
        return found


class Shares(NamedTuple):
    """Who gets what; team = Σ inventors, and team + staff + unit = the whole."""

    inventors: tuple[Money, ...]
    staff: Money
    unit: Money

    @property
    def team(self) -> Money:
        return sum(self.inventors[1:], self.inventors[0])

    @property
    def total(self) -> Money:
        return self.team + self.staff + self.unit


def distribute(rule: DistributionRule, net: Money, given: Shares | None = None) -> Shares:
    """The shares of cumulative net income, minus what was already given (negative after a refund)."""
    currency = net.currency
    team, retained = largest_remainder(net.minor, [rule.team, 1 - rule.team])
    staff, unit = largest_remainder(retained, [rule.staff_of_retained, 1 - rule.staff_of_retained])
    inventors = largest_remainder(team, rule.inventors)
    shares = Shares(
        tuple(Money(part, currency) for part in inventors), Money(staff, currency), Money(unit, currency)
    )
    if given is None:
        return shares
    return Shares(
        tuple(now - was for now, was in zip(shares.inventors, given.inventors, strict=True)),
        shares.staff - given.staff,
        shares.unit - given.unit,
    )


def floor_amount(net: Money, on: date) -> Money:
    """The least the team must get of a net income by law, half up; 0 where no rule is known for the day."""
    floor = statutory_floor(on)
    return net.times(floor.share) if floor else Money(0, net.currency)


class ShareTier(NamedTuple):
    """Shares of the part of cumulative net income up to a bound; the last tier has none."""

    shares: tuple[Decimal, ...]
    up_to: Money | None = None


def distribute_in_tiers(tiers: Sequence[ShareTier], net: Money, given: Sequence[Money] = ()) -> list[Money]:
    """Shares that change with the cumulative amount: exact per tier, summed, then split to the minor unit.

    Raises ValueError where a tier's shares do not sum to 1, or the last tier is bounded.
    """
    if any(sum(tier.shares) != 1 for tier in tiers) or tiers[-1].up_to is not None:
        raise ValueError("each tier's shares sum to 1, and the last tier has no bound")
    exact = [Fraction(0)] * len(tiers[0].shares)
    low = 0
    for tier in tiers:
        high = net.minor if tier.up_to is None else min(net.minor, tier.up_to.minor)
        if high > low:
            exact = [
                sum_ + (high - low) * Fraction(share) for sum_, share in zip(exact, tier.shares, strict=True)
            ]
            low = high
    parts = largest_remainder(net.minor, exact) if net.minor > 0 else [0] * len(exact)
    before = [money.minor for money in given] or [0] * len(parts)
    return [Money(part - was, net.currency) for part, was in zip(parts, before, strict=True)]
