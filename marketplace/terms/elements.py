"""The payment elements (许可费构成). Each has its own id, commitment, trigger, due rule and window.

Money is whole minor units; rates are Decimals (0.03, not 3); a price per unit is in major units ("2.50").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from .choices import Base, Commitment, DayCount, ProRate, Quantity, Span, Straddling, TierMode, Year
from .triggers import Trigger


@dataclass(frozen=True, kw_only=True, slots=True)
class AfterInvoice:
    """Payable so many days after the invoice."""

    kind: ClassVar[str] = "after_invoice"
    days: int = 30

    def on(self, dated_on: date, invoiced_on: date | None = None) -> date | None:
        return invoiced_on + timedelta(days=self.days) if invoiced_on else None


@dataclass(frozen=True, kw_only=True, slots=True)
class AfterCharge:
    """Payable so many days after the charge's own date."""

    kind: ClassVar[str] = "after_charge"
    days: int = 30

    def on(self, dated_on: date, invoiced_on: date | None = None) -> date:
        return dated_on + timedelta(days=self.days)


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedDay:
    """Payable on the first such day of the calendar after the charge's date, e.g. 31 January."""

    kind: ClassVar[str] = "fixed_day"
    month: int
    day: int

    def on(self, dated_on: date, invoiced_on: date | None = None) -> date:
        this_year = _clamped(dated_on.year, self.month, self.day)
        return this_year if this_year > dated_on else _clamped(dated_on.year + 1, self.month, self.day)


Due = AfterInvoice | AfterCharge | FixedDay


def _clamped(year: int, month: int, day: int) -> date:
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedRate:
    """The same rate throughout; for units, the price of one in major units."""

    kind: ClassVar[str] = "fixed"
    rate: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class YearlyRates:
    """逐年递增（减）: one rate per year; the last one goes on."""

    kind: ClassVar[str] = "yearly"
    rates: tuple[Decimal, ...]
    year: Year = Year.LICENCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """A rate up to a bound, inclusive; the last tier has none."""

    rate: Decimal
    up_to: Quantity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tiers:
    """阶梯费率, over the contract's life or a year. A threshold royalty is a first tier at rate 0."""

    kind: ClassVar[str] = "tiers"
    tiers: tuple[Tier, ...]
    mode: TierMode = TierMode.EXCESS
    span: Span = Span.LIFE
    year: Year = Year.CALENDAR


Rate = FixedRate | YearlyRates | Tiers


@dataclass(frozen=True, kw_only=True, slots=True)
class Deducted:
    """The first so much of a window that is not charged: a baseline (基准值) or a free allowance."""

    quantity: Quantity
    span: Span = Span.YEAR
    year: Year = Year.CALENDAR
    pro_rate: ProRate = ProRate.NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Combination:
    """组合产品: the factor own / (own + other) on the base of a product; all products where it is empty."""

    own: int
    other: int
    product: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stacking:
    """叠加抵扣: a share of third-party royalties lowers the royalty, never below floor × base."""

    offset: Decimal
    floor: Decimal
    carry: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Element:
    id: str
    commitment: Commitment
    trigger: Trigger | None = None  # None: conversion for an option, else the first day after free use
    due: Due = AfterInvoice()


@dataclass(frozen=True, kw_only=True, slots=True)
class LumpSum(_Element):
    """一次总付: one sum when the trigger fires."""

    kind: ClassVar[str] = "lump_sum"
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryFee(_Element):
    """入门费: one sum, creditable against the elements it names."""

    kind: ClassVar[str] = "entry_fee"
    amount: int
    credit_against: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Milestone(_Element):
    """里程碑付款: one sum for a named result; fires at most once."""

    kind: ClassVar[str] = "milestone"
    amount: int
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One instalment; no share in any part means equal parts."""

    trigger: Trigger
    share: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Instalments(_Element):
    """分期支付: each part rounded half up, the last takes the remainder.

    The element's own trigger, if any, must have fired too: a part falls due on the later of the two.
    """

    kind: ClassVar[str] = "instalments"
    amount: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Royalty(_Element):
    """提成: a rate on a base, per reporting period."""

    kind: ClassVar[str] = "royalty"
    base: Base
    rate: Rate
    meter: str = ""  # for units: which meter
    products: tuple[str, ...] = ()  # only these; all where empty
    baseline: Deducted | None = None
    free: Deducted | None = None
    loss_carry: bool = False
    combinations: tuple[Combination, ...] = ()
    stacking: Stacking | None = None
    free_use_fills: bool = False
    straddling: Straddling | None = None  # None: split for dates and events, part above for thresholds

    @property
    def meter_name(self) -> str:
        return self.base.value if self.base is not Base.UNITS else self.meter or "units"


@dataclass(frozen=True, kw_only=True, slots=True)
class YearlyFee(_Element):
    """年费: a fixed fee per year in arrears, day-exact where a year is broken; the last amount goes on."""

    kind: ClassVar[str] = "yearly_fee"
    amounts: tuple[int, ...]
    year: Year = Year.LICENCE
    day_count: DayCount = DayCount.FIXED_365


@dataclass(frozen=True, kw_only=True, slots=True)
class Minimum(_Element):
    """最低年提成: the shortfall at the end of its window against the charges of the elements it counts."""

    kind: ClassVar[str] = "minimum"
    counts: tuple[str, ...]
    amounts: tuple[int, ...]
    year: Year = Year.CALENDAR
    pro_rate: ProRate = ProRate.NONE
    carry_excess: bool = False


Element = LumpSum | EntryFee | Milestone | Instalments | Royalty | YearlyFee | Minimum
Once = (LumpSum, EntryFee, Milestone)  # charged once


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """封顶: the most that the elements it counts may cost, in a year or for life (then paid up)."""

    id: str
    counts: tuple[str, ...]
    amount: int
    span: Span = Span.LIFE
    year: Year = Year.CALENDAR
