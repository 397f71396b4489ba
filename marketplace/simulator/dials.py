"""The main figures of terms, each of which can be turned: amounts, rates, months, bounds. Pure.

A dial names its place in the written document ("elements.0.rate.rate"), so that turning one is a change of the
document, read and checked like any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from marketplace.terms import (
    ERROR,
    MONEY_METERS,
    Base,
    EntryFee,
    FixedRate,
    Instalments,
    LumpSum,
    Milestone,
    Minimum,
    Royalty,
    Terms,
    TermsError,
    Tiers,
    YearlyFee,
    YearlyRates,
    check,
    read,
    write,
)

MONEY, PERCENT, PRICE, QUANTITY, MONTHS, DAYS = "money", "percent", "price", "quantity", "months", "days"


@dataclass(frozen=True)
class Dial:
    """`place` in the document; `kind` says what is typed, `label` what it is; `number` counts parts from 1."""

    place: tuple[str | int, ...]
    kind: str
    label: str
    element_id: str = ""  # "" for the frame
    number: int = 0
    also: tuple[tuple[str | int, ...], ...] = ()  # the same condition elsewhere, turned together

    @property
    def name(self) -> str:
        return ".".join(str(step) for step in self.place)

    @property
    def path(self) -> str:
        """As problems of the terms name it."""
        return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in self.place).lstrip(".")


def dials_of(terms: Terms) -> list[Dial]:
    """Every dial, in the order of the document."""
    found: list[Dial] = []
    conditions: dict[str, int] = {}  # a condition that several elements share has one dial
    if terms.trial is not None:
        found.append(Dial(("trial", "months"), MONTHS, "free_months"))
    found.append(Dial(("term_months",), MONTHS, "term_months"))
    for place, element in enumerate(terms.elements):
        document = write(element)
        for steps, kind, label, number in _of_element(element, document):
            at = ("elements", place, *steps)
            if steps[0] == "trigger":
                same = f"{json.dumps(document['trigger'])} {steps}"
                if same in conditions:
                    first = found[conditions[same]]
                    found[conditions[same]] = replace(first, also=(*first.also, at))
                    continue
                conditions[same] = len(found)
            found.append(Dial(at, kind, label, element.id, number))
    for place, cap in enumerate(terms.caps):
        label = "cap_year" if cap.span.value == "year" else "cap_life"
        found.append(
            Dial(("caps", place, "amount"), MONEY, label, "", place + 1 if len(terms.caps) > 2 else 0)
        )
    if terms.interest is not None:
        found.append(Dial(("interest", "rate"), PERCENT, f"interest_{terms.interest.kind}"))
    return found


def _of_element(element, document: dict[str, Any]) -> Iterator[tuple[tuple, str, str, int]]:
    if isinstance(element, LumpSum | EntryFee | Milestone | Instalments):
        yield ("amount",), MONEY, "amount", 0
    if isinstance(element, YearlyFee | Minimum):
        for number in range(len(element.amounts)):
            several = number + 1 if len(element.amounts) > 1 else 0
            yield ("amounts", number), MONEY, "a_year", several
    if isinstance(element, Royalty):
        yield from _of_royalty(element)
    yield from _of_trigger(document.get("trigger"), ("trigger",))
    for number, part in enumerate(document.get("parts", ())):
        if part.get("share") is not None:
            yield ("parts", number, "share"), PERCENT, "share", number + 1
        for steps, kind, label, _ in _of_trigger(part["trigger"], ("parts", number, "trigger")):
            yield steps, kind, label, number + 1


def _of_royalty(element: Royalty) -> Iterator[tuple[tuple, str, str, int]]:
    units = element.base is Base.UNITS
    kind, quantity = (PRICE, QUANTITY) if units else (PERCENT, MONEY)
    if element.base is Base.UNITS and element.meter_name in MONEY_METERS:
        quantity = MONEY
    rate = element.rate
    if isinstance(rate, FixedRate):
        yield ("rate", "rate"), kind, "rate", 0
    elif isinstance(rate, YearlyRates):
        for number in range(len(rate.rates)):
            yield ("rate", "rates", number), kind, "rate_of_year", number + 1
    elif isinstance(rate, Tiers):
        for number, tier in enumerate(rate.tiers):
            yield ("rate", "tiers", number, "rate"), kind, "rate_of_tier", number + 1
            if tier.up_to is not None:
                yield ("rate", "tiers", number, "up_to"), quantity, "tier_to", number + 1
    if element.baseline is not None:
        yield ("baseline", "quantity"), quantity, "baseline", 0
    if element.free is not None:
        yield ("free", "quantity"), quantity, "free_quantity", 0
    if element.stacking is not None:
        yield ("stacking", "offset"), PERCENT, "offset", 0
        yield ("stacking", "floor"), PERCENT, "floor", 0


def _of_trigger(trigger: dict[str, Any] | None, at: tuple) -> Iterator[tuple[tuple, str, str, int]]:
    if trigger is None:
        return
    if trigger["kind"] in ("any", "all"):
        for number, part in enumerate(trigger["of"]):
            yield from _of_trigger(part, (*at, "of", number))
    elif trigger["kind"] == "after":
        yield (*at, "months"), MONTHS, "begins_after", 0
    elif trigger["kind"] == "threshold":
        kind = MONEY if trigger["meter"] in MONEY_METERS else QUANTITY
        yield (*at, "at_least"), kind, "begins_at", 0


def value_at(document: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        document = document[step]
    return document


def turned(terms: Terms, changes: Mapping[Dial, int | Decimal]) -> Terms:
    """The terms with other figures; raises TermsError where they contradict themselves.

    No free months means no free period.
    """
    document = deepcopy(write(terms))
    for dial, value in changes.items():
        for place in (dial.place, *dial.also):
            at = value_at(document, place[:-1])
            at[place[-1]] = value if isinstance(value, int) else format(value.normalize(), "f")
    if document.get("trial") and document["trial"]["months"] == 0:
        del document["trial"]
    return checked(read(document))


def checked(terms: Terms) -> Terms:
    """The same terms; raises TermsError with what contradicts itself in them."""
    wrong = [problem for problem in check(terms) if problem.severity == ERROR]
    if wrong:
        raise TermsError(wrong)
    return terms
