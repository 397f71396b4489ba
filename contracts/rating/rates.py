"""Rates made ready for the sums of a rating, and what a stretch of a base costs under tiers."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from marketplace.terms import Base, FixedRate, Royalty, TierMode, Tiers

Number = int | Decimal | Fraction
BELOW = -(10**40)  # the first tier goes on below zero: returns lower what its sales brought


def compiled(element: Royalty, number, scale: int):
    """Rates in minor units per unit of base: as they stand for money, × 100 for a price per piece in CNY."""
    factor = scale if element.base is Base.UNITS else 1
    rate = element.rate
    if isinstance(rate, FixedRate):
        return number(rate.rate * factor)
    if isinstance(rate, Tiers):
        bounds, low = [], BELOW
        for tier in rate.tiers:
            high = None if tier.up_to is None else number(tier.up_to)
            bounds.append((low, high, number(tier.rate * factor), tier.rate))
            low = high
        return tuple(bounds)
    return tuple(number(value * factor) for value in rate.rates)


def increment(mode: TierMode, bounds, before: Number, after: Number, note) -> Number:
    if mode is TierMode.WHOLE:
        value = after * _reached(bounds, after)[2] - before * _reached(bounds, before)[2]
        note("whole", (after, before, _reached(bounds, after)[3]), value)
        return value
    sign, low_end, high_end = (1, before, after) if after >= before else (-1, after, before)
    value: Number = 0
    for low, high, rate, shown in bounds:
        if high is not None and high <= low_end:
            continue
        start = low if low > low_end else low_end
        if start >= high_end:
            break
        stop = high_end if high is None or high > high_end else high
        part = (stop - start) * rate
        if sign < 0:
            part = -part
        value += part
        note("tier", (start, stop, shown), part)
    return value


def _reached(bounds, cumulative: Number):
    for bound in bounds:
        if bound[1] is None or cumulative <= bound[1]:
            return bound
    return bounds[-1]
