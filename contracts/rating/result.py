"""What rating answers: charges, what waits and why, trigger days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money
from marketplace.terms.elements import Due

from .triggers import Fired
from .working import Working


class Key(NamedTuple):
    """Names a charge for ever: one element (and instalment) for one period, or one day for single sums."""

    element_id: str
    part: int
    period_start: date
    period_end: date


class Charge(NamedTuple):
    """应收: one element for one period, or one event. Rounded once: `amount`; `exact` is in minor units, before that
    and before credits and caps."""

    element_id: str
    part: int  # the instalment, from 1; 0 elsewhere
    period_start: date
    period_end: date
    dated_on: date
    due: Due
    minor: int
    currency: str
    exact: int | Decimal | Fraction
    version: int  # index of the version of the terms in force on dated_on
    working: Working | None

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def key(self) -> Key:
        return Key(self.element_id, self.part, self.period_start, self.period_end)

    def due_on(self, invoiced_on: date | None = None) -> date | None:
        """The day to pay by; None where it depends on an invoice that is not there yet."""
        return self.due.on(self.dated_on, invoiced_on)


class Waiting(NamedTuple):
    """A charge that cannot be made yet.

    Reasons: report_missing (detail: the period's report is not accepted), earlier_period (an earlier missing
    report decides it), split_needed (detail: the ISO day on which the report's rows must be split).
    """

    element_id: str
    part: int
    period_start: date
    period_end: date
    reason: str
    detail: str = ""


REASONS = {
    "report_missing": (
        "{start} 至 {end} 的用量尚未确定：使用报告未被接受，或计量期间尚未关闭；缺少不等于零。",
        "The usage of {start} to {end} is not settled: no report was accepted, or its metered period was not closed."
        " What is missing is never zero.",
    ),
    "earlier_period": (
        "{start} 至 {end} 的金额取决于更早期间尚缺的用量。",
        "The amount for {start} to {end} depends on earlier usage that is missing.",
    ),
    "split_needed": (
        "{start} 至 {end} 的使用报告须补正：各行须在 {detail} 处拆分为前后两段。",
        "The report for {start} to {end} must be amended: its rows must be split at {detail}.",
    ),
}


def reason_words(waiting: Waiting, lang: str = "zh-hans") -> str:
    """Why a charge waits, in a sentence."""
    texts = REASONS[waiting.reason]
    return texts[1 if lang.startswith("en") else 0].format(
        start=waiting.period_start, end=waiting.period_end, detail=waiting.detail
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rating:
    """The whole answer, in order of date, then of the terms' own listing."""

    currency: str
    until: date
    charges: tuple[Charge, ...]
    waiting: tuple[Waiting, ...]
    triggers: dict[str, Fired | None]
    paid_up_on: date | None
    split_days: tuple[date, ...]
    inputs_hash: str = ""

    @property
    def total(self) -> Money:
        return Money(sum(charge.minor for charge in self.charges), self.currency)

    def of(self, element_id: str) -> list[Charge]:
        """The charges of one element."""
        return [charge for charge in self.charges if charge.element_id == element_id]
