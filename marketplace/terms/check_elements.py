"""Contradictions inside one payment or cap: amounts, shares, rates, tiers, what is counted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from marketplace.money import Money, MoneyError

from .ceilings import percent, rates_of
from .choices import Base, Span, Straddling
from .contract import Terms
from .elements import (
    Deducted,
    EntryFee,
    FixedRate,
    Instalments,
    LumpSum,
    Milestone,
    Minimum,
    Royalty,
    Tiers,
    YearlyFee,
    YearlyRates,
)
from .problems import Problem
from .triggers import Threshold, leaves


def _sum(terms: Terms, element, path: str) -> Iterator[Problem]:
    if element.amount <= 0:
        yield Problem(f"{path}.amount", "not_positive")
    if isinstance(element, Milestone) and element.trigger is None:
        yield Problem(f"{path}.trigger", "milestone_without_trigger")


def _entry(terms: Terms, element: EntryFee, path: str) -> Iterator[Problem]:
    yield from _sum(terms, element, path)
    for place, target in enumerate(element.credit_against):
        credited = terms.element(target)
        if credited is None:
            yield Problem(f"{path}.credit_against[{place}]", "unknown_id", {"id": target})
        elif not isinstance(credited, Royalty):
            yield Problem(f"{path}.credit_against[{place}]", "credit_target", {"id": target})


def _instalments(terms: Terms, element: Instalments, path: str) -> Iterator[Problem]:
    yield from _sum(terms, element, path)
    shares = [part.share for part in element.parts]
    if not shares:
        yield Problem(f"{path}.parts", "empty")
        return
    stated = [share for share in shares if share is not None]
    if stated and len(stated) < len(shares):
        yield Problem(f"{path}.parts", "shares_mixed")
    elif any(share <= 0 for share in stated):
        yield Problem(f"{path}.parts", "not_positive")
    elif stated and sum(stated) != 1:
        yield Problem(f"{path}.parts", "shares_sum", {"value": percent(sum(stated, Decimal(0)))})
    elif element.amount > 0:
        money = Money(element.amount, terms.currency)
        try:
            last = (money.split_shares(stated) if stated else money.split_equal(len(shares)))[-1]
        except MoneyError:
            last = None
        if last is None:
            yield Problem(f"{path}.parts", "last_part_negative")


def _royalty(terms: Terms, element: Royalty, path: str) -> Iterator[Problem]:
    rate, rates = element.rate, rates_of(element)
    if not rates:
        yield Problem(f"{path}.rate", "empty")
        return
    for place, value in enumerate(rates):
        where = f"{path}.rate." + {
            FixedRate: "rate", YearlyRates: f"rates[{place}]", Tiers: f"tiers[{place}].rate"
        }[type(rate)]  # fmt: skip
        if value < 0:
            yield Problem(where, "negative")
        elif value > 1 and element.base is not Base.UNITS:
            yield Problem(where, "rate_above_one", {"value": str(value)})
    if isinstance(rate, Tiers):
        yield from _tiers(rate, f"{path}.rate.tiers")
        if rate.span is Span.PERIOD:
            yield Problem(f"{path}.rate.span", "not_a_choice", {"choices": "life, year"})
    if element.base is Base.UNITS and not element.meter.strip():
        yield Problem(f"{path}.meter", "no_base")
    if element.base is Base.OUTPUT_VALUE and element.baseline is None:
        yield Problem(f"{path}.baseline", "base_needs_baseline")
    if element.baseline is not None and element.free is not None:
        yield Problem(f"{path}.free", "baseline_and_free")
    for name in ("baseline", "free"):
        deducted: Deducted | None = getattr(element, name)
        if deducted is not None and deducted.quantity < 0:
            yield Problem(f"{path}.{name}.quantity", "negative")
    for place, combined in enumerate(element.combinations):
        if combined.own <= 0 or combined.other < 0:
            yield Problem(f"{path}.combinations[{place}]", "not_positive")
    if element.stacking is not None:
        lowest = min((value for value in rates if value > 0), default=Decimal(0))
        if element.stacking.floor < 0 or element.stacking.offset < 0:
            yield Problem(f"{path}.stacking", "negative")
        elif element.stacking.offset > 1:
            yield Problem(
                f"{path}.stacking.offset", "rate_above_one", {"value": str(element.stacking.offset)}
            )
        elif element.stacking.floor > lowest:
            params = {"floor": percent(element.stacking.floor), "rate": percent(lowest)}
            yield Problem(f"{path}.stacking.floor", "floor_above_rate", params)
    if element.straddling is Straddling.PART_ABOVE and not any(
        isinstance(leaf, Threshold) for leaf in leaves(element.trigger)
    ):
        yield Problem(f"{path}.straddling", "straddling_needs_threshold")


def _tiers(rate: Tiers, path: str) -> Iterator[Problem]:
    before = Decimal(0)
    for place, tier in enumerate(rate.tiers):
        last = place == len(rate.tiers) - 1
        if tier.up_to is None:
            if not last:
                yield Problem(f"{path}[{place}].up_to", "tiers_open")
                return
        elif last:
            yield Problem(f"{path}[{place}].up_to", "tiers_end")
        elif tier.up_to <= before:
            params = {"value": f"{tier.up_to:f}", "before": f"{before:f}"}
            yield Problem(f"{path}[{place}].up_to", "tiers_order", params)
        else:
            before = tier.up_to


def _yearly(terms: Terms, element: YearlyFee, path: str) -> Iterator[Problem]:
    if not element.amounts:
        yield Problem(f"{path}.amounts", "empty")
    if any(amount < 0 for amount in element.amounts):
        yield Problem(f"{path}.amounts", "negative")


def _minimum(terms: Terms, element: Minimum, path: str) -> Iterator[Problem]:
    yield from _yearly(terms, element, path)
    yield from _counts(terms, element, path)
    for place, target in enumerate(element.counts):
        if target != element.id and isinstance(terms.element(target), Minimum):
            yield Problem(f"{path}.counts[{place}]", "counts_minimum", {"id": target})


def _counts(terms: Terms, counter, path: str) -> Iterator[Problem]:
    if not counter.counts:
        yield Problem(f"{path}.counts", "counts_nothing")
    for place, target in enumerate(counter.counts):
        if target == counter.id:
            yield Problem(f"{path}.counts[{place}]", "counts_itself", {"id": target})
        elif terms.element(target) is None:
            yield Problem(f"{path}.counts[{place}]", "unknown_id", {"id": target})


def check_cap(terms: Terms, cap, path: str) -> Iterator[Problem]:
    yield from _counts(terms, cap, path)
    if cap.amount <= 0:
        yield Problem(f"{path}.amount", "not_positive")
    if cap.span is Span.PERIOD:
        yield Problem(f"{path}.span", "not_a_choice", {"choices": "life, year"})
    for element in terms.elements:
        if not isinstance(element, Minimum) or not element.amounts:
            continue
        if element.id in cap.counts and cap.span is Span.YEAR:
            yield Problem(f"{path}.counts", "yearly_cap_minimum")
        together = element.id in cap.counts or set(element.counts) <= set(cap.counts)
        if together and cap.amount < max(element.amounts):
            params = {
                "cap": str(Money(cap.amount, terms.currency)),
                "minimum": str(Money(max(element.amounts), terms.currency)),
            }
            yield Problem(f"{path}.amount", "cap_below_minimum", params)


ELEMENT_CHECKS = {
    LumpSum: _sum,
    Milestone: _sum,
    EntryFee: _entry,
    Instalments: _instalments,
    Royalty: _royalty,
    YearlyFee: _yearly,
    Minimum: _minimum,
}
