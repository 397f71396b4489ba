"""Royalties, period by period: which rows are charged, and what happens to the rounded royalty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from marketplace.money import half_up
from marketplace.terms import Royalty, Span, Straddling, Tiers

from .facts import Facts, Period, UsageRow
from .rates import Number
from .royalty import Row, RoyaltyMeter
from .run import ORDINARY, Point, Run
from .schedule import window_of
from .triggers import Fired

THIRD_PARTY = frozenset({"third_party_royalties"})


class Charging:
    """One royalty on its way through the periods, from the day on which charging begins."""

    __slots__ = (
        "blocked_life", "blocked_windows", "element_id", "meter", "missing", "mode", "rows", "run", "start",
        "third_party",
    )  # fmt: skip

    def __init__(self, run: Run, element_id: str, start: Fired) -> None:
        self.run, self.element_id, self.start = run, element_id, start
        element = run.element(element_id, run.version(start.on))
        self.mode = element.straddling or (
            Straddling.PART_ABOVE if start.by == "threshold" else Straddling.SPLIT
        )
        if self.mode is Straddling.PART_ABOVE and start.above is None:
            self.mode = Straddling.SPLIT
        divides = self.mode is Straddling.PART_ABOVE
        self.meter = RoyaltyMeter(element_id, run.versions, run.facts, fractions=divides)
        self.meter.since = start.on
        self.rows = run.rows_of(self.meter.reads)
        self.third_party = run.rows_of(THIRD_PARTY) if self.meter.stacks else {}
        self.missing = run.missing(element.meter_name)
        self.blocked_life = False  # an earlier period waits, and this element remembers it for life …
        self.blocked_windows: set[tuple] = set()  # … or within these years

    def prepare(self, order: int) -> None:
        """One point at the end of each period that is charged; usage before them is free."""
        run, start = self.run, self.start
        if run.single and self.mode is not Straddling.NEXT_PERIOD and not self._fills():
            run.points += [
                Point(span.end, ORDINARY, order, 0, charge_period, (self, span, 0))
                for span in run.spans
                if span.end >= start.on
            ]
            return
        for span in run.spans:
            version = run.version(span.end)
            present = self.meter.elements[version] or self.meter.elements[run.version(span.start)]
            if span.end < start.on or (self.mode is Straddling.NEXT_PERIOD and span.start < start.on):
                self._free(span, version)
            elif present is not None:
                run.points.append(Point(span.end, ORDINARY, order, 0, charge_period, (self, span, version)))

    def _fills(self) -> bool:
        present = [element for element in self.meter.elements if element is not None]
        tiers = any(isinstance(element.rate, Tiers) for element in present)
        return tiers and any(element.free_use_fills for element in present)

    def _free(self, span: Period, version: int) -> None:
        element = self.meter.elements[version]
        run = self.run
        if span in self.missing and element is not None and element.free_use_fills:
            self._remember_wait(span)
        self.meter.free_use((row, run.version(row.period_end), 1) for row in self.rows.get(span.end, ()))

    def charge(self, span: Period, version: int) -> None:
        run, limits, meter = self.run, self.run.limits, self.meter
        element = meter.elements[version]
        if element is None:  # dropped by an amendment inside this period: its last days are still charged
            version = run.version(span.start)
            element = meter.elements[version]
        if limits.exhausted(self.element_id, version):
            return
        reason = self._reason_to_wait(element, span) if run.has_gaps or run.waiting else ""
        if reason:
            cut = run.to_split.get(span) if reason == "split_needed" else None
            self._wait(span, reason, cut.isoformat() if cut else "")
            return
        note = run.notes()
        third_party: Number = 0
        if run.single and not self.third_party and span.start >= self.start.on:  # nearly every period
            rows = [(row, 0, 1) for row in self.rows.get(span.end, ())]
        else:
            rows, free, split_on = self._chargeable(self.rows.get(span.end, ()), span)
            if self.third_party and split_on is None:
                third_party, split_on = self._third_party(span)
            if split_on is not None:
                self._wait(span, "split_needed", split_on.isoformat())
                return
            if free:
                meter.free_use(free)
                if free[0][0].period_end < self.start.on:
                    note("free_rows", (self.start.on,), "")
        exact = meter.take(span, rows, version, third_party, note)
        amount = half_up(exact)
        meter.book(amount, version)
        note("round", (), amount)
        if limits.credits:
            amount = limits.use_credit(self.element_id, amount, note)
        amount = limits.apply_caps(self.element_id, span.end, amount, version, note)
        start_on = self.start.on
        if span.start < start_on and self.mode in (Straddling.SPLIT, Straddling.PART_ABOVE):
            span = Period(start_on, span.end)
        run.charge(element, 0, span, amount, exact, version, note)

    def _third_party(self, span: Period) -> tuple[Number, date | None]:
        """What is owed to others for the use that is charged: on the same products, or where a row names none."""
        rows, _, split_on = self._chargeable(self.third_party.get(span.end, ()), span)
        total: Number = 0
        for row, version, part in rows:
            products = self.meter.elements[version].products
            if not products or not row.product or row.product in products:
                total += self.meter.number(row.quantity or 0) * part
        return total, split_on

    def _chargeable(
        self, rows: Sequence[UsageRow], span: Period
    ) -> tuple[Sequence[Row], Sequence[Row], date | None]:
        """The rows of a period that are charged, those before (free), or the day on which they must be split."""
        run, meter, start = self.run, self.meter, self.start
        whole = span.start >= start.on or self.mode is Straddling.WHOLE_PERIOD
        if whole and run.single:
            return [(row, 0, 1) for row in rows], (), None
        found: list[Row] = []
        free: list[Row] = []
        for row in rows:
            version, began = run.version(row.period_end), run.version(row.period_start)
            part: Fraction | int = 1
            if not whole:
                if row.period_end < start.on:
                    free.append((row, version, 1))
                    continue
                if self.mode is Straddling.PART_ABOVE and row.period_end == start.on:
                    part = start.above
                    free.append((row, version, 1 - part))
                elif row.period_start < start.on:
                    return [], [], start.on
            if began != version and meter.differ(began, version):
                return [], [], run.versions[version].effective_on
            if meter.elements[version] is not None:
                found.append((row, version, part))
        return found, free, None

    # --- waiting -----------------------------------------------------------------------------------------

    def _reason_to_wait(self, element: Royalty, span: Period) -> str:
        if span in self.missing:
            return "split_needed" if span in self.run.to_split else "report_missing"
        if self.start.waits or self._blocked(element, span):
            return "earlier_period"
        return "earlier_period" if self.run.limits.blocked(self.element_id, span.end) else ""

    def _blocked(self, element: Royalty, span: Period) -> bool:
        """Whether an earlier period that waits decides this one's cumulative sums."""
        if self.blocked_life:
            return True
        windows = self.blocked_windows
        return bool(windows and windows & windows_of(element, span, self.run.facts))

    def _wait(self, span: Period, reason: str, detail: str = "") -> None:
        self._remember_wait(span)
        self.run.wait(self.element_id, 0, span, reason, detail)

    def _remember_wait(self, span: Period) -> None:
        self.blocked_life = self.blocked_life or self.meter.remembers_life
        for element in self.meter.elements:
            if element is not None:  # whichever version comes, its sums run on from here
                self.blocked_windows |= windows_of(element, span, self.run.facts)


def prepare_royalty(run: Run, order: int, element_id: str) -> None:
    """Find the first chargeable day and put a point at the end of each period from there on."""
    found = run.fire(element_id)
    run.triggers[element_id] = found and found[0]
    if found and found[0].on <= run.until:
        Charging(run, element_id, found[0]).prepare(order)


def charge_period(run: Run, point: Point) -> None:
    charging, span, version = point.payload
    charging.charge(span, version)


def windows_of(element: Royalty, span: Period, facts: Facts) -> set[tuple]:
    """The yearly windows whose cumulative sums a royalty of this period depends on; it may lie in two of them."""
    found = set()
    rate = element.rate
    deducted = element.baseline or element.free
    for on in span:
        if isinstance(rate, Tiers) and rate.span is Span.YEAR:
            found.add(("rate", rate.year, window_of(rate.year, on, facts.effective_on)))
        if deducted is not None and deducted.span is Span.YEAR:
            found.add(("base", deducted.year, window_of(deducted.year, on, facts.effective_on)))
    return found
