"""Four ready scenarios, derived from the terms so that their parts come into play. Pure and deterministic.

They are our assumption, not a forecast. The yearly volume at which things happen is taken from the terms themselves:
the volume that fills the last tier, exhausts a free quantity, reaches a cap or threshold, or earns one and a half
times the minimum; without any of these ¥5,000,000 of sales (1,000,000 of profit, 500,000 of sublicence income, 10,000
units). It is rounded up to two digits. "Expected" grows to it over three years, "slow" stays below a third of it, "fast"
goes to three times as much, "nothing" sells nothing and decides against the licence.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from marketplace.money import exponent
from marketplace.terms import (
    After,
    Base,
    FixedRate,
    Royalty,
    Span,
    Terms,
    Threshold,
    Tiers,
)
from marketplace.terms.dates import add_months
from marketplace.terms.triggers import leaves

from .assumed import MAX_STRETCHES, Assumed
from .needs import Meter, Needs, needs_of

KEYS = ("slow", "expected", "fast", "nothing")
CEILING = 10**15  # minor units; nothing is assumed above

SHAPES = {
    "slow": "0 0.05 0.15 0.25 0.3",
    "expected": "0.1 0.5 1 1.1 1.2",
    "fast": "0.5 1.5 2.5 3 3",
    "nothing": "0",
}
# output value is compared with a baseline: the shape is a multiple of it
ABOVE_BASELINE = {
    "slow": "0.9 0.95 1.02 1.05",
    "expected": "1 1.1 1.3 1.35",
    "fast": "1.2 1.6 2",
    "nothing": "0",
}
LOSSES = {"slow": "-0.2 -0.05 0.1 0.2 0.3", "expected": "-0.1 0.4 1 1.1 1.2"}
INCOME_AFTER = {"slow": 12, "expected": 6, "fast": 2}  # months to the first income
PACE = {"slow": Fraction(8, 5), "expected": Fraction(1), "fast": Fraction(1, 2)}  # of milestones and notices
PLAIN = {"profit": 1_000_000, "sublicence_income": 500_000, "units": 10_000, "third_party_royalties": 100_000}


def ready(key: str, terms: Terms, effective_on: date, needs: Needs | None = None) -> Assumed:
    """One of the four scenarios for these terms; `needs` where other terms are to be played beside them."""
    needs = needs or needs_of(terms)
    years = min(-(-terms.term_months // 12), MAX_STRETCHES)
    return Assumed(
        effective_on=effective_on,
        paths={meter.key: _path(key, meter, terms, years) for meter in needs.meters},
        events=_events(key, needs, terms, effective_on),
        converts=key != "nothing",
    )


def _path(key: str, meter: Meter, terms: Terms, years: int) -> tuple[int, ...]:
    baseline = _baseline(meter, terms)
    if baseline is not None:
        full, shape = baseline, ABOVE_BASELINE[key]
    else:
        full, shape = volume(meter, terms), SHAPES[key]
        if meter.may_be_negative:
            shape = LOSSES.get(key, shape)
    factors = [Fraction(part) for part in shape.split()]
    factors += [factors[-1]] * max(0, years - len(factors))
    return tuple(_tidy(full * factor) for factor in factors[:years])


def _baseline(meter: Meter, terms: Terms) -> Fraction | None:
    for element in terms.elements:
        if (
            isinstance(element, Royalty)
            and element.base is Base.OUTPUT_VALUE
            and element.meter_name == meter.name
            and element.baseline is not None
        ):
            return Fraction(element.baseline.quantity)
    return None


def volume(meter: Meter, terms: Terms) -> Fraction:
    """The yearly quantity around which the terms come into play, in the meter's whole units."""
    if meter.name == "third_party_royalties":
        bases = [e for e in terms.elements if isinstance(e, Royalty) and e.stacking is not None]
        if bases:
            return volume(Meter(bases[0].meter_name), terms) * Fraction(2, 100)
    found = [quantity for quantity in _candidates(meter, terms) if quantity > 0]
    if found:
        return Fraction(_up(min(max(found), Fraction(CEILING, 10))))
    plain = PLAIN.get(meter.name, 5_000_000 if meter.is_money else 10_000)
    return Fraction(plain * 10 ** exponent(terms.currency) if meter.is_money else plain)


def _candidates(meter: Meter, terms: Terms):
    years = max(Fraction(terms.term_months - _free_months(terms), 12), Fraction(1))
    for element in terms.elements:
        for leaf in leaves(element.trigger):
            if isinstance(leaf, Threshold) and leaf.meter == meter.name:
                per_year = {Span.LIFE: 1 / max(years * Fraction(3, 5), 1), Span.YEAR: Fraction(6, 5)}
                yield Fraction(leaf.at_least) * per_year.get(leaf.per, Fraction(6))
        if isinstance(element, Royalty) and element.meter_name == meter.name:
            yield from _of_royalty(element, terms, years)


def _of_royalty(royalty: Royalty, terms: Terms, years: Fraction):
    rate = royalty.rate
    if isinstance(rate, Tiers):
        bounds = [tier.up_to for tier in rate.tiers if tier.up_to is not None]
        if bounds:
            yield Fraction(max(bounds)) * (
                Fraction(5, 4) if rate.span is Span.YEAR else Fraction(6, 5) / years
            )
        price = max((tier.rate for tier in rate.tiers), default=Decimal(0))
    else:
        price = rate.rate if isinstance(rate, FixedRate) else max(rate.rates, default=Decimal(0))
    if royalty.free is not None:
        yield Fraction(royalty.free.quantity) * 2
    if price <= 0:
        return
    per_unit = Fraction(price)
    if royalty.base is Base.UNITS:
        per_unit *= 10 ** exponent(terms.currency)
    for cap in terms.caps:
        if royalty.id in cap.counts:
            yield (
                cap.amount / per_unit * (Fraction(6, 5) if cap.span is Span.YEAR else Fraction(6, 5) / years)
            )
    for element in terms.elements:
        if royalty.id in getattr(element, "counts", ()) and element.amounts:
            yield max(element.amounts) / per_unit * Fraction(8, 5)


def _free_months(terms: Terms) -> int:
    found = [terms.trial.months if terms.trial else 0]
    for element in terms.elements:
        found += [leaf.months for leaf in leaves(element.trigger) if isinstance(leaf, After)]
    return min(max(found), terms.term_months)


def _events(key: str, needs: Needs, terms: Terms, effective_on: date) -> dict[str, date]:
    if key == "nothing":
        return {}
    days: dict[str, date] = {}
    others = [name for name in needs.events if name not in ("first_income", "first_sale")]
    for name in needs.events:
        if name not in others:
            months = INCOME_AFTER[key]
        else:
            months = int(
                terms.term_months * Fraction(others.index(name) + 1, 2 * len(others) + 1) * PACE[key]
            )
        if months < terms.term_months:
            days[name] = add_months(effective_on, months)
    return days


def _tidy(value: Fraction) -> int:
    """To three digits, so that figures can be read."""
    sign, size = (-1 if value < 0 else 1), abs(value)
    unit = 10 ** max(len(str(int(size))) - 3, 0)
    return sign * round(size / unit) * unit


def _up(value: Fraction) -> int:
    """Up to two digits."""
    whole = -(-value // 1)
    unit = 10 ** max(len(str(int(whole))) - 2, 0)
    return int(-(-whole // unit) * unit)
