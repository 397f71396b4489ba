"""付费触发条件: trees of ANY and ALL over dates, events and thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from .choices import MONEY_METERS, Anchor, Attestor, Quantity, Span, Year


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """The earliest of its parts. "One year or first income" says ANY, and no longer a bare "or"."""

    kind: ClassVar[str] = "any"
    of: tuple[Trigger, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf:
    """The latest of its parts, once each has happened."""

    kind: ClassVar[str] = "all"
    of: tuple[Trigger, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDate:
    kind: ClassVar[str] = "date"
    on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class After:
    """So many months and days after an anchor; the resulting day is the first chargeable one."""

    kind: ClassVar[str] = "after"
    months: int = 0
    days: int = 0
    anchor: Anchor = Anchor.EFFECT


@dataclass(frozen=True, kw_only=True, slots=True)
class OnEvent:
    """A fact put on record: first_income, conversion, delivery, written_notice, milestone:<name> …"""

    kind: ClassVar[str] = "event"
    name: str
    attested_by: Attestor = Attestor.LICENSEE
    evidence: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """A meter reaches (≥) a quantity; minor units for money meters. Once reached it stays reached."""

    kind: ClassVar[str] = "threshold"
    meter: str
    at_least: Quantity
    per: Span = Span.LIFE
    year: Year = Year.CALENDAR
    free_use_counts: bool = True

    @property
    def is_money(self) -> bool:
        return self.meter in MONEY_METERS


Trigger = AnyOf | AllOf | OnDate | After | OnEvent | Threshold


def leaves(trigger: Trigger | None):
    """Every leaf of the tree, from left to right."""
    if isinstance(trigger, AnyOf | AllOf):
        for part in trigger.of:
            yield from leaves(part)
    elif trigger is not None:
        yield trigger
