"""Scenarios: what happens under terms, read strictly from JSON. Pure: no clock, no database, no float.

The reader of terms reads scenarios too: unknown fields are refused with their path, money is whole minor units,
rates and quantities are decimals in strings, dates ISO. The format is described in docs/terms.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from contracts import rating
from marketplace.terms import Terms, TermsError
from marketplace.terms.codec import read_as
from marketplace.terms.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Event:
    name: str
    on: date


@dataclass(frozen=True, kw_only=True)
class Stretch:
    start: date
    end: date


@dataclass(frozen=True, kw_only=True)
class Closing:
    meter: str
    start: date
    end: date


@dataclass(frozen=True, kw_only=True)
class Known:
    """Facts of the contract, as in contracts.rating.Facts."""

    effective_on: date
    delivered_on: date | None = None
    trial_starts_on: date | None = None
    trial_ends_on: date | None = None
    extension_months: int = 0
    converted_on: date | None = None
    declined_on: date | None = None
    terminated_on: date | None = None
    expires_on: date | None = None
    sell_off_until: date | None = None

    def facts(self, scenario: Scenario) -> rating.Facts:
        return rating.Facts(
            **{field.name: getattr(self, field.name) for field in fields(self)},
            events=tuple(rating.Happened(event.name, event.on) for event in scenario.events),
            accepted=tuple(rating.Period(period.start, period.end) for period in scenario.accepted),
            reported_through=scenario.reported_through,
            closed=tuple(rating.Closed(each.meter, each.start, each.end) for each in scenario.closed),
        )


@dataclass(frozen=True, kw_only=True)
class Components:
    """Parts of reported sales, in minor units, all positive."""

    invoiced_incl_vat: int = 0
    vat: int = 0
    returns: int = 0
    freight: int = 0
    insurance: int = 0
    discounts: int = 0
    customs: int = 0
    packaging: int = 0


@dataclass(frozen=True, kw_only=True)
class Row:
    """One accepted row of usage: a quantity, or components of sales."""

    meter: str
    start: date
    end: date
    quantity: Decimal | None = None
    components: Components | None = None
    product: str = ""

    def usage(self) -> rating.UsageRow:
        parts = None
        if self.components is not None:
            parts = {name: minor for name, minor in vars(self.components).items() if minor}
        return rating.UsageRow(self.meter, self.start, self.end, self.quantity, self.product, parts)


@dataclass(frozen=True, kw_only=True)
class Amended:
    """Other terms from a day on (合同变更)."""

    on: date
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class IssuedCharge:
    """What was charged before; the difference to today's rating becomes a correction."""

    element_id: str
    start: date
    end: date
    amount: int
    part: int = 0


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """The day on which a charge was invoiced; without one it counts as invoiced on its own date."""

    element_id: str
    dated_on: date
    on: date
    part: int = 0


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Money received, without VAT, in minor units; it settles the oldest charges first."""

    on: date
    amount: int
    direct_cost: int = 0


@dataclass(frozen=True, kw_only=True)
class Audited:
    reported: int
    found: int
    cost: int = 0


@dataclass(frozen=True, kw_only=True)
class VatRate:
    rate: Decimal
    exempt: bool = False


@dataclass(frozen=True, kw_only=True)
class Commission:
    rate: Decimal
    shares: tuple[Decimal, ...] = (Decimal(1),)
    cap: int | None = None


@dataclass(frozen=True, kw_only=True)
class SharesTier:
    shares: tuple[Decimal, ...]
    up_to: int | None = None


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Either `team` with its inventors, or `tiers` of shares by cumulative net income."""

    team: Decimal | None = None
    staff_of_retained: Decimal = Decimal(0)
    inventors: tuple[Decimal, ...] = (Decimal(1),)
    tiers: tuple[SharesTier, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ServiceOrderLine:
    on: date
    kind: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class UsedVoucher:
    year: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class Voucher:
    lines: tuple[ServiceOrderLine, ...]
    rule: str = "hubei"
    used: tuple[UsedVoucher, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The whole course of one contract up to `until`."""

    facts: Known
    until: date
    amendments: tuple[Amended, ...] = ()
    events: tuple[Event, ...] = ()
    usage: tuple[Row, ...] = ()
    accepted: tuple[Stretch, ...] = ()
    reported_through: date | None = None
    closed: tuple[Closing, ...] = ()
    issued: tuple[IssuedCharge, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    audit: Audited | None = None
    vat: VatRate | None = None
    commission: Commission | None = None
    distribution: Distribution | None = None
    voucher: Voucher | None = None

    def versions(self, agreed: Terms) -> list[rating.TermsVersion]:
        """The terms as they stand at first, and each amendment from its day on."""
        later = [rating.TermsVersion(each.on, each.terms) for each in self.amendments]
        return [rating.TermsVersion(self.facts.effective_on, agreed), *later]


def read_scenario(document: Any, agreed: Terms | None = None) -> Scenario:
    """A scenario from a JSON object, text or bytes; raises TermsError naming every field that is wrong, and with the
    terms that it is about also what they do not know."""
    from .contradictions import contradictions, mismatches  # they know the types above

    if isinstance(document, str | bytes):
        document = read_json(document)
    problems: list[Problem] = []
    scenario = read_as(Scenario, document, "", problems)
    if not problems:
        problems = contradictions(scenario)
    if not problems and agreed is not None:
        problems = mismatches(agreed, scenario)
    if problems:
        raise TermsError(problems)
    return scenario


def read_json(text: str | bytes) -> Any:
    """JSON without floats (numbers with a point are Decimals, which the reader refuses) or repeated fields."""
    try:
        return json.loads(text, parse_float=Decimal, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        if isinstance(error, TermsError):
            raise
        raise TermsError([Problem("", "not_json", {"detail": str(error)[:200]})]) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name, value in pairs:
        if name in document:
            raise TermsError([Problem("", "repeated_field", {"field": name})])
        document[name] = value
    return document
