"""What a scenario that can be read says that cannot be, alone and beside its terms. Pure.

A scenario is never put right silently: a row that nothing can count, a day before the contract or shares that do not
add up are refused with their path, because a figure computed from half of what was meant is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.rating.usage import SALES
from marketplace.terms import (
    ERROR,
    MONEY_METERS,
    Royalty,
    Terms,
    Threshold,
    check,
    check_amendment,
)
from marketplace.terms.ceilings import percent
from marketplace.terms.contract import FORMAT
from marketplace.terms.problems import Problem

from .needs import conditions
from .scenario import Distribution, Scenario

MAX_YEARS = 100
EARLIEST, LATEST = date(1900, 1, 1), date(2300, 12, 31)
COMPONENTS = "sales"  # the meter of rows that state components of sales


def contradictions(scenario: Scenario) -> list[Problem]:
    """Everything that cannot be whatever the terms are."""
    far = list(_far_days(scenario, ""))
    if far:
        return far
    return [
        *_days(scenario),
        *_rows(scenario),
        *_amounts(scenario),
        *_commission(scenario),
        *(_distribution(scenario.distribution) if scenario.distribution else ()),
    ]


def mismatches(agreed: Terms, scenario: Scenario) -> list[Problem]:
    """What a scenario says that these terms do not know, and amendments that cannot be."""
    return [*_amendments(agreed, scenario), *_unknown(agreed, scenario)]


def _far_days(node: Any, path: str) -> Iterator[Problem]:
    """Days of no contract: arithmetic with them would leave the calendar."""
    if isinstance(node, date):
        if not EARLIEST <= node <= LATEST:
            yield Problem(path, "day_too_far", {"first": EARLIEST, "last": LATEST})
    elif isinstance(node, tuple):
        for place, inner in enumerate(node):
            yield from _far_days(inner, f"{path}[{place}]")
    elif is_dataclass(node):
        for part in fields(node):
            yield from _far_days(getattr(node, part.name), f"{path}.{part.name}".removeprefix("."))


def _days(scenario: Scenario) -> Iterator[Problem]:
    facts, until = scenario.facts, scenario.until
    effect = facts.effective_on
    if until < effect:
        yield Problem("until", "before_effect", {"on": until, "effect": effect})
    elif until.year > effect.year + MAX_YEARS:
        yield Problem("until", "until_too_far", {"limit": MAX_YEARS})
    for name in (
        "trial_ends_on",
        "converted_on",
        "declined_on",
        "terminated_on",
        "expires_on",
        "sell_off_until",
    ):
        on = getattr(facts, name)
        if on is not None and on < effect:
            yield Problem(f"facts.{name}", "before_effect", {"on": on, "effect": effect})
    if facts.converted_on and facts.declined_on:
        yield Problem("facts.declined_on", "converted_and_declined")
    if facts.extension_months < 0:
        yield Problem("facts.extension_months", "negative")
    for name in ("usage", "accepted", "closed", "issued"):
        for place, each in enumerate(getattr(scenario, name)):
            if each.end < each.start:
                params = {"start": each.start, "end": each.end}
                yield Problem(f"{name}[{place}].end", "ends_before_start", params)
            elif name == "usage" and each.end < effect:
                yield Problem(f"{name}[{place}].end", "before_effect", {"on": each.end, "effect": effect})


def _rows(scenario: Scenario) -> Iterator[Problem]:
    for place, row in enumerate(scenario.usage):
        if (row.quantity is None) == (row.components is None):
            yield Problem(f"usage[{place}]", "quantity_or_components")
        for name, minor in vars(row.components).items() if row.components else ():
            if minor < 0:
                yield Problem(f"usage[{place}].components.{name}", "negative")


def _amounts(scenario: Scenario) -> Iterator[Problem]:
    """Amounts and rates that have a sign; a receipt may be negative (a refund), its cost not."""
    amounts = [(f"receipts[{n}].direct_cost", each.direct_cost) for n, each in enumerate(scenario.receipts)]
    if scenario.audit:
        amounts += [
            (f"audit.{name}", getattr(scenario.audit, name)) for name in ("reported", "found", "cost")
        ]
    if scenario.voucher:
        amounts += [
            (f"voucher.lines[{n}].amount", each.amount) for n, each in enumerate(scenario.voucher.lines)
        ]
        amounts += [
            (f"voucher.used[{n}].amount", each.amount) for n, each in enumerate(scenario.voucher.used)
        ]
    for path, amount in amounts:
        if amount < 0:
            yield Problem(path, "negative")
    if scenario.vat:
        yield from _share(scenario.vat.rate, "vat.rate")


def _share(rate: Decimal, path: str) -> Iterator[Problem]:
    if rate < 0:
        yield Problem(path, "negative")
    elif rate > 1:
        yield Problem(path, "rate_above_one", {"value": f"{rate:f}"})


def _commission(scenario: Scenario) -> Iterator[Problem]:
    rule = scenario.commission
    if rule is None:
        return
    yield from _share(rule.rate, "commission.rate")
    if not rule.shares:
        yield Problem("commission.shares", "empty")
    elif min(rule.shares) < 0:
        yield Problem("commission.shares", "negative")
    elif sum(rule.shares) == 0:
        yield Problem("commission.shares", "not_positive")
    if rule.cap is not None and rule.cap < 0:
        yield Problem("commission.cap", "negative")


def _distribution(rule: Distribution) -> Iterator[Problem]:
    if (rule.team is None) == (not rule.tiers):
        yield Problem("distribution", "team_or_tiers")
        return
    if rule.team is not None:
        yield from _share(rule.team, "distribution.team")
        yield from _share(rule.staff_of_retained, "distribution.staff_of_retained")
        yield from _whole(rule.inventors, "distribution.inventors")
    before = 0
    for place, tier in enumerate(rule.tiers):
        path, last = f"distribution.tiers[{place}]", place == len(rule.tiers) - 1
        yield from _whole(tier.shares, f"{path}.shares")
        if len(tier.shares) != len(rule.tiers[0].shares):
            yield Problem(f"{path}.shares", "tiers_same_shares", {"count": len(rule.tiers[0].shares)})
        if tier.up_to is None:
            if not last:
                yield Problem(f"{path}.up_to", "tiers_open")
        elif last:
            yield Problem(f"{path}.up_to", "tiers_end")
        elif tier.up_to <= before:
            yield Problem(f"{path}.up_to", "tiers_order", {"value": tier.up_to, "before": before})
        else:
            before = tier.up_to


def _whole(shares: Sequence[Decimal], path: str) -> Iterator[Problem]:
    if not shares:
        yield Problem(path, "empty")
    elif min(shares) < 0:
        yield Problem(path, "negative")
    elif sum(shares) != 1:
        yield Problem(path, "parts_sum", {"value": percent(sum(shares, Decimal(0)))})


def _amendments(agreed: Terms, scenario: Scenario) -> Iterator[Problem]:
    """Each amendment is sound by itself, changes what may be changed, and comes after the one before."""
    before, since = agreed, scenario.facts.effective_on
    for place, each in enumerate(scenario.amendments):
        path = f"amendments[{place}]"
        if each.on <= since:
            yield Problem(f"{path}.on", "amendment_order", {"on": each.on, "before": since})
        if each.terms.format != FORMAT:
            yield Problem(f"{path}.terms.format", "unknown_format", {"value": each.terms.format})
            return
        found = [
            *check(each.terms, effective_on=scenario.facts.effective_on),
            *check_amendment(before, each.terms),
        ]
        for problem in found:
            if problem.severity == ERROR:
                where = f"{path}.terms.{problem.path}".rstrip(".")
                yield Problem(where, problem.code, problem.params, problem.severity, problem.source)
        before, since = each.terms, each.on


def _unknown(agreed: Terms, scenario: Scenario) -> Iterator[Problem]:
    versions = [agreed, *(each.terms for each in scenario.amendments)]
    meters = MONEY_METERS | {COMPONENTS} | {name for terms in versions for name in counted(terms)}
    for name in ("usage", "closed"):
        for place, each in enumerate(getattr(scenario, name)):
            if each.meter not in meters:
                params = {"value": each.meter, "known": ", ".join(sorted(meters))}
                yield Problem(f"{name}[{place}].meter", "unknown_meter", params)
    for place, row in enumerate(scenario.usage):
        if row.components is not None and row.meter not in {COMPONENTS, *SALES}:
            params = {"choices": ", ".join(sorted({COMPONENTS, *SALES}))}
            yield Problem(f"usage[{place}].meter", "not_a_choice", params)
    ids = {element.id for terms in versions for element in terms.elements}
    for name in ("issued", "invoices"):
        for place, each in enumerate(getattr(scenario, name)):
            if each.element_id not in ids:
                yield Problem(f"{name}[{place}].element_id", "unknown_id", {"id": each.element_id})
    if scenario.facts.extension_months and all(terms.trial is None for terms in versions):
        yield Problem("facts.extension_months", "nothing_to_extend")


def counted(terms: Terms) -> set[str]:
    """The meters that terms count."""
    royalties = {element.meter_name for element in terms.elements if isinstance(element, Royalty)}
    reached = {leaf.meter for leaf in conditions(terms) if isinstance(leaf, Threshold)}
    return {*royalties, *reached, *terms.report.metered}
