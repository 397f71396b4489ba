"""Random contracts that use every element of the language: terms, amendments, facts and usage.

    document(random)            terms as JSON; `terms.check` finds no error in them
    amendment(random, document) the same contract changed, as an amendment may change it
    contract(random, …)         Contract(versions, facts, usage, until), as `rating.rate` takes it
    contracts(…), documents()   the same as hypothesis strategies

`random` is any `random.Random`: `Random(seed)` names one contract for ever. Amounts are small and bounds low,
so that tiers, caps, thresholds, credits and minima are met often. `tests/contracts/rating/test_generate.py`
shows that nothing of the language is left out.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from contracts import rating
from marketplace import terms
from marketplace.terms.dates import add_months

from .generate_terms import EVENTS, METERED, PIECES, amendment, document, often, some

__all__ = ["Contract", "amendment", "contract", "contracts", "document", "documents"]

DAY = timedelta(days=1)
STARTS = ("2026-01-01", "2026-01-31", "2024-02-29", "2026-02-10", "2025-12-31", "2026-07-01", "2025-11-30")
PRODUCTS = ("", "a", "b")


class Contract(NamedTuple):
    """What one rating takes; `missing` are periods without an accepted report."""

    versions: list[rating.TermsVersion]
    facts: rating.Facts
    usage: list[rating.UsageRow]
    until: date
    missing: tuple[rating.Period, ...] = ()


def contracts(**shape) -> st.SearchStrategy[Contract]:
    """`contract` as a strategy; the arguments are handed on."""
    return st.randoms(use_true_random=False).map(lambda random: contract(random, **shape))


def documents() -> st.SearchStrategy[dict]:
    return st.randoms(use_true_random=False).map(document)


def contract(random: Random, *, versions: int = 3, missing: bool = False, tidy: float = 0.85) -> Contract:
    """A whole contract. `tidy` is the share of those whose rows are split wherever the terms may ask for it."""
    start = date.fromisoformat(random.choice(STARTS))
    first = document(random)
    listed = [rating.TermsVersion(start, terms.read(first))]
    on = start
    for _ in range(random.choice([0, 0, 1, versions - 1]) if versions > 1 else 0):
        first = amendment(random, first)
        on += timedelta(days=random.randint(40, 400))
        listed.append(rating.TermsVersion(on, terms.read(first)))
    until = add_months(start, random.choice([14, 26, 40]))
    known = _facts(random, start, listed[-1].terms)
    facts = rating.Facts(**known)
    cuts = _cuts(listed, facts, until) if often(random, tidy) else set()
    listed_periods = rating.periods(listed, facts, until)
    periods = [rating.Period(period.start, period.end) for period in listed_periods if period.end <= until]
    usage = _usage(random, listed, periods, cuts)
    gone: tuple[rating.Period, ...] = ()
    if missing and periods:
        gone = tuple(random.sample(periods, random.randint(0, min(3, len(periods)))))
    accepted = tuple(period for period in periods if period not in gone)
    closed = tuple(rating.Closed(meter, *period) for meter in (METERED, PIECES) for period in accepted)
    return Contract(listed, rating.Facts(**known, accepted=accepted, closed=closed), usage, until, gone)


def _facts(random: Random, start: date, agreed: terms.Terms) -> dict:
    def some_day(low: int, high: int) -> date:
        return start + timedelta(days=random.randint(low, high))

    known: dict = {"effective_on": start}
    if often(random, 0.7):
        known["delivered_on"] = some_day(0, 40)
    if agreed.trial is not None:
        if often(random, 0.3):
            known["extension_months"] = random.choice([1, 3, 6])
        decision = random.choice(["convert", "convert", "decline", "none"])
        if decision == "convert":
            known["converted_on"] = some_day(10, 300)
        elif decision == "decline":
            known["declined_on"] = some_day(10, 300)
        if often(random, 0.1):
            known["trial_starts_on"] = some_day(0, 20)
            if often(random, 0.5):
                known["trial_ends_on"] = known["trial_starts_on"] + timedelta(days=random.randint(30, 400))
    names = random.sample(EVENTS[:5], random.randint(0, 4))
    happened = [
        rating.Happened(name, some_day(0, 800)) for name in names for _ in range(random.choice([1, 1, 2]))
    ]
    known["events"] = tuple(happened)
    if often(random, 0.2):
        known["terminated_on"] = some_day(100, 900)
        if often(random, 0.5):
            known["sell_off_until"] = known["terminated_on"] + timedelta(days=random.randint(20, 120))
    elif often(random, 0.1):
        known["expires_on"] = some_day(400, 1200)
    return known


def _cuts(listed, facts: rating.Facts, until: date) -> set[date]:
    """The days on which a row may have to begin anew."""
    found = {version.effective_on for version in listed} | {event.on for event in facts.events}
    for on in (facts.converted_on, facts.delivered_on):
        if on is not None:
            found.add(on)
    for on in (facts.terminated_on, facts.expires_on, facts.sell_off_until):
        if on is not None:
            found.add(on + DAY)
    for _ in range(2):  # an amendment may move a trigger onto its own day
        found |= set(rating.rate(listed, facts, [], until).split_days)
    for version in listed:
        trial = facts.trial(version.terms)
        if trial is not None:
            found |= {trial.start, trial.end + DAY}
        for element in version.terms.elements:
            found |= _dates_of(element.trigger, facts, version.terms)
    return found


def _dates_of(tree, facts: rating.Facts, agreed: terms.Terms) -> set[date]:
    found: set[date] = set()
    for leaf in terms.triggers.leaves(tree):
        if isinstance(leaf, terms.OnDate):
            found.add(leaf.on)
        elif isinstance(leaf, terms.After):
            trial = facts.trial(agreed)
            for start in (facts.effective_on, facts.first("delivery"), facts.first("conversion"),
                          trial and trial.start, trial and trial.end + DAY):  # fmt: skip
                if start is not None:
                    on = add_months(start, leaf.months) + timedelta(days=leaf.days)
                    found |= {on, on + DAY}
    return found


def _usage(random: Random, listed, periods, cuts: set[date]) -> list[rating.UsageRow]:
    """Rows for every meter that some version looks at."""
    meters = _meters(listed)
    found = []
    for period in periods:
        for begins, ends in _pieces(random, period, cuts):
            for meter in meters:
                if often(random, 0.7):
                    found += _row(random, meter, begins, ends)
    return found


def _meters(listed) -> list[str]:
    found = set()
    for version in listed:
        for element in version.terms.elements:
            if isinstance(element, terms.Royalty):
                found.add(element.meter_name)
                if element.stacking is not None:
                    found.add("third_party_royalties")
            trees = [element.trigger, *(part.trigger for part in getattr(element, "parts", ()))]
            found |= {leaf.meter for tree in trees for leaf in terms.triggers.leaves(tree)
                      if isinstance(leaf, terms.Threshold)}  # fmt: skip
    return sorted(found)


def _row(random: Random, meter: str, begins: date, ends: date) -> list[rating.UsageRow]:
    product = random.choice(PRODUCTS)
    if meter in (METERED, PIECES):
        return [rating.UsageRow(meter, begins, ends, Decimal(random.randint(0, 6000)) / 10, product)]
    if meter == "third_party_royalties":
        return [rating.UsageRow(meter, begins, ends, random.randint(0, 12_000), product)]
    if meter in ("net_sales", "gross_sales") and often(random, 0.4):
        parts = {"invoiced_incl_vat": random.randint(0, 700_000), "vat": random.randint(0, 60_000)}
        parts |= some(random, returns=[0, 9_999, 300_000], freight=[1_234], insurance=[77], discounts=[5_000],
                       customs=[1], packaging=[10])  # fmt: skip
        return [rating.UsageRow("sales", begins, ends, None, product, parts)]
    low = random.choice([-250_000, -1_500_000]) if meter == "profit" else random.choice([0, 0, 0, -50_000])
    return [rating.UsageRow(meter, begins, ends, random.randint(low, 600_000), product)]


def _pieces(random: Random, period, cuts: set[date]):
    """A period's rows: by month or whole, and wherever a cut lies inside."""
    whole = often(random, 0.3)
    begins = period.start
    while begins <= period.end:
        ends = period.end if whole else min(add_months(begins.replace(day=1), 1) - DAY, period.end)
        inside = [cut for cut in cuts if begins < cut <= ends]
        if inside:
            ends = min(inside) - DAY
        yield begins, ends
        begins = ends + DAY
