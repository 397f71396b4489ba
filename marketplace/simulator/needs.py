"""What must be assumed before terms can be played: meters, events, a decision, a delivery. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.terms import (
    MONEY_METERS,
    After,
    Anchor,
    Instalments,
    OnEvent,
    Royalty,
    Terms,
    Threshold,
    TrialStart,
)
from marketplace.terms.names import NAMES, meter_name, milestone_name
from marketplace.terms.triggers import leaves

DECIDED = frozenset({"conversion", "delivery", "effect"})  # events that have a field of their own


@dataclass(frozen=True, order=True)
class Meter:
    """A reported quantity, perhaps of one product only."""

    name: str
    product: str = ""

    @property
    def key(self) -> str:
        return f"{self.name}@{self.product}" if self.product else self.name

    @property
    def is_money(self) -> bool:
        """Money meters are whole minor units, others plain whole numbers."""
        return self.name in MONEY_METERS

    @property
    def may_be_negative(self) -> bool:
        return self.name == "profit"

    def label(self, lang: str) -> str:
        said = meter_name(self.name, 1 if lang.startswith("en") else 0)
        return f"{said} · {self.product}" if self.product else said


@dataclass(frozen=True)
class Needs:
    meters: tuple[Meter, ...] = ()
    events: tuple[str, ...] = ()
    decides: bool = False
    delivers: bool = False

    def meter(self, key: str) -> Meter | None:
        return next((meter for meter in self.meters if meter.key == key), None)


def needs_of(*versions: Terms) -> Needs:
    """What all these terms together ask for, in the order in which they name it."""
    meters: dict[str, Meter] = {}
    events: dict[str, None] = {}
    decides = delivers = False
    for terms in versions:
        decides = decides or terms.has_option
        delivers = delivers or (terms.trial is not None and terms.trial.starts is TrialStart.DELIVERY)
        for meter in _royalty_meters(terms):
            meters.setdefault(meter.key, meter)
    for leaf in (leaf for terms in versions for leaf in conditions(terms)):
        if isinstance(leaf, Threshold):
            if not any(meter.name == leaf.meter for meter in meters.values()):
                meters[leaf.meter] = Meter(leaf.meter)
        elif isinstance(leaf, OnEvent):
            decides = decides or leaf.name == "conversion"
            delivers = delivers or leaf.name == "delivery"
            if leaf.name not in DECIDED:
                events[leaf.name] = None
        elif isinstance(leaf, After):
            decides = decides or leaf.anchor is Anchor.CONVERSION
            delivers = delivers or leaf.anchor is Anchor.DELIVERY
    return Needs(tuple(meters.values()), tuple(events), decides, delivers)


def _royalty_meters(terms: Terms):
    for element in terms.elements:
        if not isinstance(element, Royalty):
            continue
        products = dict.fromkeys(element.products)
        if not products:
            named = [each.product for each in element.combinations if each.product]
            products = dict.fromkeys([*named, ""])
        for product in products:
            yield Meter(element.meter_name, product)
        if element.stacking is not None:
            yield Meter("third_party_royalties")


def conditions(terms: Terms):
    """The leaves of every condition of the terms."""
    for element in terms.elements:
        yield from leaves(element.trigger)
        if isinstance(element, Instalments):
            for part in element.parts:
                yield from leaves(part.trigger)


def event_label(name: str, lang: str) -> str:
    """An event by its own words; a milestone by the name that the parties gave it."""
    place = 1 if lang.startswith("en") else 0
    kind, _, detail = name.partition(":")
    if kind == "milestone" and detail:
        said = milestone_name(detail, place)
        return (f"里程碑「{said}」", f"milestone “{said}”")[place]
    return NAMES[name][place] if name in NAMES else name
