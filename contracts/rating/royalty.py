"""Royalties: a base, what is deducted from it, a rate; exact until the engine rounds once.

Amounts here are exact minor units: ints and Decimals, or Fractions where a term divides (a combination
factor, a pro-rated baseline, the part above a threshold), so that no division is ever cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction

from marketplace.money import exponent
from marketplace.terms import (
    Base,
    Combination,
    FixedRate,
    ProRate,
    Royalty,
    Span,
    Stacking,
    TierMode,
    Tiers,
    Year,
)
from marketplace.terms.dates import licence_months_counted, months_counted

from .facts import Facts, Period, TermsVersion, UsageRow
from .rates import Number, compiled, increment
from .schedule import window, window_of
from .usage import note_deductions, note_sales, row_value
from .working import silent

# A chargeable row, the version it is rated by, and the part of it that counts (1, or what lies above a threshold)
Row = tuple[UsageRow, int, Fraction | int]
Note = Callable[..., None]  # takes a step: code, inputs, value, parts


class RoyaltyMeter:
    """Runs through the periods of one royalty element, in order, across versions; cumulative sums go on."""

    def __init__(self, element_id: str, versions: Sequence[TermsVersion], facts: Facts, *, fractions: bool):
        self.facts = facts
        self.elements: list[Royalty | None] = [version.terms.element(element_id) for version in versions]
        self.deductions = [version.terms.report.deductions for version in versions]
        present = [element for element in self.elements if element is not None]
        fractions = fractions or any(_divides(element) for element in present)
        self.number = Fraction if fractions else _as_is
        scale = 10 ** exponent(versions[0].terms.currency)
        self.rates = [element and compiled(element, self.number, scale) for element in self.elements]
        self.meters = [element and element.meter_name for element in self.elements]
        self.reads = frozenset(name for element in present for name in _read_from(element))
        # what the base is counted in: minor units, or pieces whose price is in major units
        self.scales = [
            scale if element is not None and element.base is Base.UNITS else 1 for element in self.elements
        ]
        self.deducts = [
            element is not None and bool(element.baseline or element.free) for element in self.elements
        ]
        self.windowed = [element is not None and _is_windowed(element) for element in self.elements]
        self.stacks = any(element.stacking is not None for element in present)
        self.remembers_life = any(_remembers_life(element) for element in present)
        self.remembers_year = any(self.windowed)
        self.filled: Number = 0  # bases charged so far, over the life …
        self.taken: dict[object, Number] = {}  # cumulative base per window of the deduction
        self.year_filled: dict[
            tuple[Year, int], Number
        ] = {}  # … and in the years that tiers of any version look at
        self.tier_years = {
            element.rate.year
            for element in present
            if isinstance(element.rate, Tiers) and element.rate.span is Span.YEAR
        }
        self.accrued: dict[object, Number] = {}  # exact royalty per window
        self.charged: dict[object, Number] = {}  # royalty charged per window, before credits and caps
        self.loss: Number = 0  # carried, positive
        self.offset: Number = 0
        self.bases: dict[object, Number] = {}  # cumulative base per window, before deductions
        self.last_window: object = None
        self.last_place = 0  # the version by which that window was last rated
        self.licence_end = facts.licence_end(versions[-1].terms)
        self.since: date | None = None  # the first chargeable day, for pro-rated baselines

    def free_use(self, rows: Iterable[Row]) -> None:
        """Usage before the trigger: fills tiers only where the terms say so."""
        for row, version, part in rows:
            element = self.elements[version]
            if element is None or not element.free_use_fills:
                continue
            value = self._value(row, element, version)
            if value:
                self._fill(row.period_end, value * part)

    def _fill(self, on: date, value: Number) -> None:
        """Add to what fills tiers; the sums run on whatever an amendment makes of the rate."""
        self.filled += value
        for year in self.tier_years:  # none, mostly
            key = year, window_of(year, on, self.facts.effective_on)
            self.year_filled[key] = self.year_filled.get(key, 0) + value

    def differ(self, one: int, other: int) -> bool:
        """Whether two versions would rate the same row differently, so that it may not reach across."""
        return self.elements[one] != self.elements[other] or self.deductions[one] != self.deductions[other]

    def take(
        self, period: Period, rows: Sequence[Row], version: int, third_party: Number, note: Note
    ) -> Number:
        """The exact royalty of one period, after the stacking offset, never below zero; its steps go to `note`."""
        segments = self._segments(period, rows, version, note)
        element = self.elements[version]
        total = sum(base for _, _, base in segments) if len(segments) > 1 else segments[0][2]
        self._base: Number = 0
        if self.taken:
            self.taken.pop(Span.PERIOD, None)  # an allowance for a period begins anew with each
        exact: Number = 0
        if self.windowed[version]:
            exact = self._windowed(segments, period, note)
        elif total < 0:
            self._close_window()
            if element.loss_carry:
                self.loss -= total
                note("loss_kept", (total, self.loss), 0)
            else:
                note("loss_lost", (total,), 0)
        else:
            if self.last_window is not None:
                self._close_window()
            if self.loss:
                segments = self._use_loss(segments, total, note)
            for place, on, base in segments:
                exact += self._rate(place, on, base, period, note)
        if exact < 0:
            note("not_negative", (exact,), 0)
            exact = 0
        if element.stacking is not None:
            exact = self._stack(
                element.stacking, exact, max(self._base, 0) * self.scales[version], third_party, note
            )
        return exact

    def book(self, rounded: int, version: int) -> None:
        """Remember what a window was charged, so that the next period takes only the rest."""
        if self.windowed[version]:
            element = self.elements[version]
            stacked = element is not None and element.stacking is not None
            amount = self._last_rest if stacked else rounded - self._other_rests
            self.charged[self.last_window] = self.charged.get(self.last_window, 0) + amount

    def _segments(self, period, rows, version, note) -> list[tuple[int, date, Number]]:
        """(version, day, base), one per stretch that is rated alike, in order of time."""
        if len(rows) == 1:
            row, place, part = rows[0]
            base = self._value(row, self.elements[place], place, note)
            if base is not None:
                if part != 1:
                    base *= part
                    note("part_above", (part,), base)
                return [(place, row.period_end, base)]
        counted: list[Row] = []
        merged: dict[tuple, tuple[int, date, Number, int]] = {}
        for row, place, part in rows:
            element = self.elements[place]
            value = self._value(row, element, place)
            if value is None:
                continue
            counted.append((row, place, part))
            if part != 1:
                value *= part
            alike = (place, *self._rated_alike(element, row.period_end))
            before = merged.get(alike)
            if before is not None:
                value += before[2]
            merged[alike] = (place, row.period_end, value, 1 if before is None else before[3] + 1)
        if len(counted) == 1 < len(rows):
            return self._segments(period, counted, version, note)
        if not counted:
            note("nil", (), 0)
            return [(version, period.end, self.number(0))]
        for _, _, base, number in merged.values():
            note("rows", (number,), base)
        if any(row.components is not None for row, _, _ in counted):
            note_deductions(counted, self.elements, self.deductions, note)
        return [(place, on, base) for place, on, base, _ in merged.values()]

    def _rated_alike(self, element: Royalty, on: date) -> tuple:
        rate = element.rate
        effective_on = self.facts.effective_on
        by_rate = 0 if isinstance(rate, FixedRate) else window_of(rate.year, on, effective_on)
        deducted = element.baseline or element.free
        by_base = 0 if deducted is None else window_of(deducted.year, on, effective_on)
        if len(self.elements) == 1:
            return by_rate, by_base
        return by_rate, by_base, *(window_of(year, on, effective_on) for year in sorted(self.tier_years))

    def _value(self, row: UsageRow, element: Royalty, place: int, note=silent) -> Number | None:
        """What a row adds to the base; None where it is about something else."""
        value = row_value(row, self.meters[place], self.deductions[place])
        if value is None or (element.products and row.product not in element.products):
            return None
        value = self.number(value)
        if row.components is not None:
            note_sales(row, element, self.deductions[place], value, note)
        else:
            note("reported", (), value)
        if element.combinations:
            combined = _combined(element.combinations, row.product)
            if combined is not None:
                value = value * combined.own / (combined.own + combined.other)
                note("combination", (combined.own, combined.other), value)
        return value

    def _use_loss(self, segments, total, note):
        used = min(self.loss, total)
        self.loss -= used
        note("loss_used", (total, used, self.loss), total - used)
        reduced = []
        for place, on, base in segments:
            part = min(max(base, 0), used)
            used -= part
            reduced.append((place, on, base - part))
        return reduced

    def _rate(self, place: int, on: date, base: Number, period: Period, note) -> Number:
        """The royalty on one stretch: deduction first, then the rate, filling the tiers."""
        element = self.elements[place]
        if self.deducts[place]:
            base = self._after_deduction(element, on, base, period, note)
        self._base += base  # what the stacking floor is taken from
        rate = element.rate
        compiled = self.rates[place]
        if isinstance(rate, Tiers):
            before = self.filled
            if rate.span is Span.YEAR:
                before = self.year_filled.get(
                    (rate.year, window_of(rate.year, on, self.facts.effective_on)), 0
                )
            self._fill(on, base)
            return increment(rate.mode, compiled, before, before + base, note)
        self._fill(on, base)
        if isinstance(rate, FixedRate):
            value = base * compiled
            note("rate", (base, rate.rate), value)
            return value
        first = 0 if rate.year is Year.LICENCE else self.facts.effective_on.year
        year = window_of(rate.year, on, self.facts.effective_on) - first
        place_of = min(max(year, 0), len(compiled) - 1)
        value = base * compiled[place_of]
        note("rate_of_year", (base, year + 1, rate.rates[place_of]), value)
        return value

    def _after_deduction(self, element, on, base, period, note) -> Number:
        deducted = element.baseline or element.free
        code = "baseline" if element.baseline is not None else "free"
        quantity: Number = deducted.quantity
        key: object = deducted.span
        if deducted.span is Span.YEAR:
            number = window_of(deducted.year, on, self.facts.effective_on)
            key = (deducted.year, number)
            if deducted.pro_rate is not ProRate.NONE:
                quantity = self._pro_rated(deducted, number, note)
        before = self.taken.get(key, 0)
        after = self.taken[key] = before + base
        quantity = self.number(quantity)
        result = max(after - quantity, 0) - max(before - quantity, 0)
        note(code, (after, quantity, before), result)
        return result

    def _pro_rated(self, deducted, number: int, note) -> Fraction:
        days = window(deducted.year, number, self.facts.effective_on)
        used = Period(max(days.start, self.since or days.start), min(days.end, self.licence_end))
        months = 12
        if used != days:
            months = months_in(deducted.pro_rate, deducted.year, self.facts.effective_on, *used)
        value = Fraction(deducted.quantity) * months / 12
        note("pro_rated_quantity", (deducted.quantity, months), value)
        return value

    def _windowed(self, segments, period: Period, note) -> Number:
        """The cumulative royalty in the window minus what the window was already charged."""
        exact: Number = 0
        touched: list[object] = []
        for place, on, base in segments:
            key = self._window_key(place, on)
            if key != self.last_window:
                self._close_window()
                if self.loss:
                    base -= self.loss
                    note("loss_brought", (self.loss,), base)
                    self.loss = 0
                self.accrued.setdefault(key, 0)
                self.charged.setdefault(key, 0)
                touched.append(key)
            elif not touched:
                touched.append(key)
            self.bases[key] = self.bases.get(key, 0) + base
            self.accrued[key] += self._rate(place, on, base, period, note)
            self.last_window, self.last_place = key, place
        self._other_rests: Number = 0
        for key in touched:
            rest = self.accrued[key] - self.charged[key]
            note("window", (self.accrued[key], self.charged[key]), rest)
            rest = max(rest, 0)
            exact += rest
            if key != self.last_window:
                self.charged[key] += rest
                self._other_rests += rest
        self._last_rest = rest
        return exact

    def _close_window(self) -> None:
        """What a window ends below zero is a loss, carried where that is agreed."""
        if self.last_window is None:
            return
        left = self.bases.get(self.last_window, 0)
        if left < 0:
            self.bases[self.last_window] = 0
            if self.elements[self.last_place].loss_carry:
                self.loss -= left
        self.last_window = None

    def _window_key(self, place: int, on: date) -> object:
        element = self.elements[place]
        rate = element.rate
        if isinstance(rate, Tiers) and rate.span is Span.YEAR:
            return window_of(rate.year, on, self.facts.effective_on)
        deducted = element.baseline or element.free
        if deducted is not None and deducted.span is Span.YEAR:
            return (deducted.year, window_of(deducted.year, on, self.facts.effective_on))
        return "life"

    def _stack(self, rule: Stacking, exact, base, third_party, note) -> Number:
        """Offset by third-party royalties, never below floor × base; the unused rest is carried, exact."""
        number = self.number
        available = self.offset + number(third_party) * number(rule.offset)
        floor = base * number(rule.floor)
        used = max(min(available, exact - floor), 0)
        self.offset = available - used if rule.carry else 0
        note("stacking", (exact, available, floor, self.offset), exact - used)
        return exact - used


def months_in(rule: ProRate, year: Year, effective_on: date, start: date, end: date) -> int:
    """Months of a broken year that count, 0 … 12."""
    partial = rule is ProRate.MONTH_COUNTS
    if year is Year.CALENDAR:
        return min(months_counted(start, end, partial=partial), 12)
    return min(licence_months_counted(effective_on, start, end, partial=partial), 12)


def _as_is(value):
    return value


def _read_from(element: Royalty) -> tuple[str, ...]:
    """The meters whose rows a royalty is taken from."""
    if element.base in (Base.NET_SALES, Base.GROSS_SALES):
        return (
            element.meter_name,
            "sales",
            "net_sales",
            "gross_sales",
        )  # components may stand on any of them
    return (element.meter_name,)


def _combined(combinations: Sequence[Combination], product: str) -> Combination | None:
    """The factor of a product: its own where there is one, else the one for all products."""
    for_all = None
    for combined in combinations:
        if combined.product == product and product:
            return combined
        if not combined.product and for_all is None:
            for_all = combined
    return for_all


def _divides(element: Royalty) -> bool:
    deducted = element.baseline or element.free
    return bool(element.combinations) or (deducted is not None and deducted.pro_rate is not ProRate.NONE)


def _is_windowed(element: Royalty) -> bool:
    deducted = element.baseline or element.free
    if deducted is not None and deducted.span is Span.YEAR:
        return True
    rate = element.rate
    return isinstance(rate, Tiers) and (rate.span is Span.YEAR or rate.mode is TierMode.WHOLE)


def _remembers_life(element: Royalty) -> bool:
    deducted = element.baseline or element.free
    return (
        element.loss_carry
        or (element.stacking is not None and element.stacking.carry)
        or (deducted is not None and deducted.span is Span.LIFE)
        or (isinstance(element.rate, Tiers) and element.rate.span is Span.LIFE)
    )
