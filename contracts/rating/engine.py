"""rate(): from the versions of the terms, the facts and the accepted usage to the charges, in order of date.

Order inside a day: elements as the terms list them, minima last. Inside a charge: royalty → stacking offset →
rounding → entry-fee credit → yearly caps → caps for life (see docs/terms.md, "Conventions").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import localcontext
from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money, half_up
from marketplace.terms import (
    Base,
    Commitment,
    DayCount,
    EntryFee,
    FixedRate,
    Instalments,
    Minimum,
    ProRate,
    Royalty,
    Straddling,
    YearlyFee,
    hash_of,
)
from marketplace.terms.dates import days_between
from marketplace.terms.elements import Once

from .facts import DAY, Facts, Period, TermsVersion, UsageRow, normal
from .limits import Limits
from .result import Charge, Rating, Waiting
from .royalty import Row, RoyaltyMeter, months_in
from .schedule import spans, window, window_of
from .triggers import Fired, Scene, fired
from .working import Step, Working, tidy

ORDINARY, LAST = 0, 1  # minima come after everything else of their day


class Point(NamedTuple):
    """Something that falls due to be rated on a day."""

    on: date
    phase: int
    order: int
    part: int
    work: Callable[[Point], None]
    payload: object = None


def rate(
    versions: Sequence[TermsVersion],
    facts: Facts,
    usage: Sequence[UsageRow],
    until: date,
    *,
    working: bool = True,
    hashed: bool = False,
) -> Rating:
    """Every charge dated by `until`, what waits for a report, and the trigger days.

    Deterministic: the order of rows, events and versions given does not matter. `working=False` leaves the
    steps out, `hashed=True` adds a hash of all inputs. Raises ValueError without a version.
    """
    if not versions:
        raise ValueError("at least one version of the terms")
    with localcontext() as context:
        context.prec = 60  # exact products and sums; what divides is a Fraction
        run = _Run(sorted(versions, key=lambda version: version.effective_on), facts, usage, until, working)
        run.rate()
        return run.result(inputs_hash(versions, facts, usage, until) if hashed else "")


def inputs_hash(versions, facts: Facts, usage: Sequence[UsageRow], until: date) -> str:
    """SHA-256 over everything that rating is told, the same for the same facts in any order."""
    rows = sorted(json.dumps(normal(row), sort_keys=True) for row in usage)
    document = {
        "versions": sorted(
            [version.effective_on.isoformat(), hash_of(version.terms)] for version in versions
        ),
        "facts": {**normal(facts), "events": sorted(map(json.dumps, normal(sorted(facts.events))))},
        "accepted": normal(sorted(facts.accepted)),
        "usage": rows,
        "until": until.isoformat(),
    }
    document["facts"].pop("accepted")
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


class _Run:
    """One rating from start to end; nothing outlives it."""

    def __init__(self, versions, facts: Facts, usage, until: date, working: bool) -> None:
        self.versions, self.facts, self.until, self.with_working = versions, facts, until, working
        self.terms = versions[-1].terms
        self.currency = versions[0].terms.currency
        self.single = len(versions) == 1
        self.licence_end = facts.licence_end(self.terms)
        self.rows = sorted(
            (row for row in usage if row.period_end <= until),
            key=lambda row: (row.period_end, row.period_start),
        )
        self.spans = [span for span in spans(versions, facts, until) if span.end <= until]
        self.missing = {span for span in self.spans if not facts.has_report(span.start, span.end)}
        self.limits = Limits(versions, facts.effective_on)
        self.charges: list[Charge] = []
        self.waiting: list[Waiting] = []
        self.triggers: dict[str, Fired | None] = {}
        self.points: list[Point] = []
        self.order: list[str] = []
        self.done_on: dict[str, date | None] = {}  # when an element can charge no more
        self.nominals: dict[tuple[str, int], int] = {}
        self.rows_by_span = self._distribute()
        self.third_party = any(row.meter == "third_party_royalties" for row in self.rows)

    # --- preparation -------------------------------------------------------------------------------------

    def rate(self) -> None:
        for version in self.versions:
            self.order += [element.id for element in version.terms.elements if element.id not in self.order]
        newest = [element.id for element in self.terms.elements]
        self.order.sort(key=lambda name: newest.index(name) if name in newest else -1)
        for order, element_id in enumerate(self.order):
            self._prepare(order, element_id)
        self.points.sort(key=lambda point: point[:4])
        for point in self.points:
            point.work(point)

    def _prepare(self, order: int, element_id: str) -> None:
        """Find the trigger and put the element's points in time."""
        first = next(e for v in self.versions if (e := v.terms.element(element_id)) is not None)
        if isinstance(first, Instalments):
            for part in range(1, len(first.parts) + 1):
                found = self._fire(element_id, part)
                self.triggers[f"{element_id}#{part}"] = found and found[0]
                if found and found[0].on <= self.until:
                    self.points.append(
                        Point(found[0].on, ORDINARY, order, part, self._once, (element_id, *found))
                    )
            return
        found = self._fire(element_id, 0)
        self.triggers[element_id] = found and found[0]
        if not found or found[0].on > self.until:
            return
        start, version = found
        if isinstance(first, Once):
            self.points.append(Point(start.on, ORDINARY, order, 0, self._once, (element_id, start, version)))
        elif isinstance(first, Royalty):
            self._prepare_royalty(order, element_id, start)
        else:
            work = self._yearly if isinstance(first, YearlyFee) else self._minimum
            phase = ORDINARY if isinstance(first, YearlyFee) else LAST
            self._prepare_windows(order, element_id, start, work, phase)

    def _fire(self, element_id: str, part: int) -> tuple[Fired, int] | None:
        """The first chargeable day under the version then in force, and that version.

        An amendment that sets an earlier day, or brings a new element, takes hold on its own effective date.
        """
        for place, version in enumerate(self.versions):
            element = version.terms.element(element_id)
            if element is None:
                continue
            after = self.versions[place + 1].effective_on if place + 1 < len(self.versions) else None
            scene = self._scene(version.terms)
            if part:
                found = self._part_fired(element, part, scene)
            else:
                found = fired(element.trigger, element.commitment, scene)
            if found is None:
                continue
            if place and found.on < version.effective_on:
                found = Fired(version.effective_on, "time", waits=found.waits)
            if after is None or found.on < after:
                return found, place
        return None

    def _part_fired(self, element: Instalments, part: int, scene: Scene) -> Fired | None:
        if part > len(element.parts):
            return None
        own = fired(element.parts[part - 1].trigger, element.commitment, scene)
        if element.trigger is None or own is None:
            return own
        whole = fired(element.trigger, element.commitment, scene)
        return whole and max(own, whole, key=lambda found: found.on)

    def _scene(self, terms) -> Scene:
        missing_from = min((span.start for span in self.missing), default=None)
        return Scene(terms, self.facts, self.rows, self.spans, self.licence_end, missing_from, self.until)

    def _distribute(self) -> dict[date, list[UsageRow]]:
        """Rows by the end of the reporting period they lie in."""
        found: dict[date, list[UsageRow]] = {}
        ends = [span.end for span in self.spans]
        place = 0
        for row in self.rows:
            while place < len(ends) and ends[place] < row.period_end:
                place += 1
            if place == len(ends):
                break
            found.setdefault(ends[place], []).append(row)
        return found

    def _version(self, on: date) -> int:
        if self.single:
            return 0
        place = 0
        for number, version in enumerate(self.versions):
            if version.effective_on <= on:
                place = number
        return place

    # --- single sums -------------------------------------------------------------------------------------

    def _once(self, point: Point) -> None:
        element_id, start, version = point.payload
        element = self.versions[version].terms.element(element_id)
        if start.waits or self.limits.blocked(element_id, point.on, version):
            self._wait(element_id, point.part, point.on, point.on, "earlier_period", version)
            if isinstance(element, EntryFee):
                self.limits.add_credit(element, 1, blocked=True)
            return
        steps = [Step("trigger", (start.on, start.by), start.on)]
        amount = self._part(element, point.part, steps) if point.part else element.amount
        if not point.part:
            steps.append(Step("agreed", (), amount))
        exact = amount
        amount = self.limits.apply_caps(element_id, point.on, half_up(amount), version, steps)
        if isinstance(element, EntryFee):
            self.limits.add_credit(element, amount)
        self._charge(element, point.part, Period(point.on, point.on), amount, exact, version, steps)
        self.done_on[f"{element_id}#{point.part}" if point.part else element_id] = point.on

    def _part(self, element: Instalments, part: int, steps: list[Step]) -> int:
        money = Money(element.amount, self.currency)
        shares = [share.share for share in element.parts]
        if shares[0] is None:
            shares = [Fraction(1, len(shares))] * len(shares)
        parts = money.split_shares(shares)
        value = parts[part - 1].minor
        if part == len(parts):
            before = element.amount - value
            steps.append(Step("last_instalment", (element.amount, before), value))
        else:
            steps.append(Step("instalment", (element.amount, shares[part - 1]), value))
        return value

    # --- royalties ---------------------------------------------------------------------------------------

    def _prepare_royalty(self, order: int, element_id: str, start: Fired) -> None:
        elements = [version.terms.element(element_id) for version in self.versions]
        element = elements[self._version(start.on)] or next(e for e in elements if e is not None)
        mode = element.straddling or (Straddling.PART_ABOVE if start.by == "threshold" else Straddling.SPLIT)
        if mode is Straddling.PART_ABOVE and start.above is None:
            mode = Straddling.SPLIT
        meter = RoyaltyMeter(element_id, self.versions, self.facts, fractions=mode is Straddling.PART_ABOVE)
        meter.since = start.on
        for span in self.spans:
            version = self._version(span.end)
            gone = elements[version] is None and elements[self._version(span.start)] is None
            if gone or (mode is Straddling.NEXT_PERIOD and span.start < start.on <= span.end):
                if span.end >= start.on and not gone:
                    self._free(meter, span, version)
                continue
            if span.end < start.on:
                self._free(meter, span, version)
                continue
            payload = (element_id, span, meter, start, mode, version)
            self.points.append(Point(span.end, ORDINARY, order, 0, self._royalty, payload))

    def _free(self, meter: RoyaltyMeter, span: Period, version: int) -> None:
        meter.free_use(self.rows_by_span.get(span.end, ()), version)

    def _royalty(self, point: Point) -> None:
        element_id, span, meter, start, mode, version = point.payload
        limits = self.limits
        element = meter.elements[version]
        if element is None:  # dropped by an amendment inside this period: its last days are still charged
            version = self._version(span.start)
            element = meter.elements[version]
        if limits.exhausted(element_id, version):
            return None
        steps: list[Step] = []
        if span in self.missing or start.waits:
            reason = "report_missing" if span in self.missing else "earlier_period"
            return self._wait_royalty(point, meter, element, span, reason, version)
        if meter_blocked(meter, element, span, self.facts) or limits.blocked(element_id, span.end, version):
            return self._wait_royalty(point, meter, element, span, "earlier_period", version)
        rows, split_at = self._chargeable(element_id, meter, span, start, mode, steps)
        if split_at is not None:
            return self._wait_royalty(point, meter, element, span, "split_needed", version, split_at)
        third = 0
        if self.third_party:
            for row in self.rows_by_span.get(span.end, ()):
                if row.meter == "third_party_royalties" and row.period_end >= start.on:
                    third += row.quantity or 0
        exact, more = meter.take(span, rows, version, third)
        steps += more
        amount = half_up(exact)
        meter.book(amount, version)
        steps.append(Step("round", (), amount))
        if limits.credits:
            amount = limits.use_credit(element_id, amount, steps)
        amount = limits.apply_caps(element_id, span.end, amount, version, steps)
        begins = span.start
        if start.on > begins and mode in (Straddling.SPLIT, Straddling.PART_ABOVE):
            begins = start.on
        self._charge(element, 0, Period(begins, span.end), amount, exact, version, steps)
        return None

    def _chargeable(
        self, element_id, meter, span, start: Fired, mode, steps
    ) -> tuple[list[Row], date | None]:
        """The rows of a period that are charged, or the day on which they must be split first."""
        rows = self.rows_by_span.get(span.end, ())
        whole = span.start >= start.on or mode is Straddling.WHOLE_PERIOD
        if whole and self.single:
            return [Row(row, 0) for row in rows if row.meter != "third_party_royalties"], None
        found: list[Row] = []
        free: list[UsageRow] = []
        for row in rows:
            if row.meter == "third_party_royalties":
                continue
            part: Fraction | int = 1
            if not whole:
                if row.period_end < start.on:
                    free.append(row)
                    continue
                if mode is Straddling.PART_ABOVE and row.period_end == start.on:
                    part = start.above
                elif row.period_start < start.on:
                    return [], start.on
            version = self._version(row.period_end)
            began = self._version(row.period_start)
            if began != version and meter.elements[began] != meter.elements[version]:
                return [], self.versions[version].effective_on
            if meter.elements[version] is not None:
                found.append(Row(row, version, part))
        if not whole:
            meter.free_use(free, self._version(span.end))
            if free:
                steps.append(Step("free_rows", (start.on,), "—"))
        return found, None

    def _wait_royalty(self, point, meter, element, span, reason, version, split_at=None) -> None:
        meter.blocked_life = meter.blocked_life or meter.remembers_life
        meter.blocked_windows |= windows_of(element, span.end, self.facts)
        detail = split_at.isoformat() if split_at else ""
        self._wait(element.id, 0, span.start, span.end, reason, version, detail)

    # --- yearly fees and minima --------------------------------------------------------------------------

    def _prepare_windows(self, order: int, element_id: str, start: Fired, work, phase: int) -> None:
        """One point at the end of each year from the trigger on; the licence's end breaks the last one."""
        place = self._version(start.on)
        element = self.versions[place].terms.element(element_id)
        if element is None:
            element = next(e for v in self.versions if (e := v.terms.element(element_id)) is not None)
        key = window_of(element.year, start.on, self.facts.effective_on)
        for number in range(400):
            days = window(element.year, key + number, self.facts.effective_on)
            begins = max(days.start, start.on)
            ends = min(days.end, self.licence_end)
            removed = self._removed_on(element_id, begins)
            if removed is not None and removed <= ends:
                ends = removed - DAY
            if begins > ends or ends > self.until:
                return
            payload = (element_id, days, Period(begins, ends), number, start)
            self.points.append(Point(ends, phase, order, 0, work, payload))
            if ends < days.end:
                return

    def _removed_on(self, element_id: str, begins: date) -> date | None:
        for version in self.versions:
            if version.effective_on > begins and version.terms.element(element_id) is None:
                return version.effective_on
        return None

    def _yearly(self, point: Point) -> None:
        element_id, days, used, number, _ = point.payload
        version = self._version(used.end)
        element = self._element(element_id, version)
        if self.limits.exhausted(element_id, version):
            return None
        if self.limits.blocked(element_id, used.end, version):
            return self._wait(element_id, 0, used.start, used.end, "earlier_period", version)
        amount = element.amounts[min(number, len(element.amounts) - 1)]
        last = used.end if used.end == self.facts.terminated_on else used.end + DAY
        counted = days_between(used.start, last)  # the day of termination is not charged
        length = days_between(days.start, days.end + DAY)
        of = 365 if element.day_count is DayCount.FIXED_365 else length
        exact = tidy(Fraction(amount * counted, of))
        steps = [Step("days", (amount, counted, of), exact)]
        rounded = half_up(exact)
        steps.append(Step("round", (), rounded))
        rounded = self.limits.apply_caps(element_id, used.end, rounded, version, steps)
        self._charge(element, 0, used, rounded, exact, version, steps)
        return None

    def _minimum(self, point: Point) -> None:
        element_id, days, used, number, start = point.payload
        version = self._version(used.end)
        element = self._element(element_id, version)
        counted = frozenset(element.counts)
        if self.limits.exhausted(element_id, version):
            return None
        waits = start.waits or any(
            waiting.element_id in counted and waiting.period_end >= days.start for waiting in self.waiting
        )
        if waits or self.limits.blocked(element_id, used.end, version):
            return self._wait(element_id, 0, used.start, used.end, "earlier_period", version)
        steps: list[Step] = []
        nominal = self._nominal(element, days, used, number, steps)
        lowered = nominal
        if element.carry_excess and number:
            before = window(element.year, self._key(element, days) - 1, self.facts.effective_on)
            excess = max(self._charged(counted, before) - self.nominals.get((element_id, number - 1), 0), 0)
            if excess:
                lowered = max(nominal - excess, 0)
                steps.append(Step("excess", (nominal, excess), lowered))
        charged = self._charged(counted, Period(days.start, used.end))
        amount = max(lowered - charged, 0)
        steps.append(Step("shortfall", (lowered, charged), amount))
        exact = amount
        amount = self.limits.apply_caps(element_id, used.end, amount, version, steps)
        self._charge(element, 0, used, amount, exact, version, steps)
        return None

    def _nominal(self, element: Minimum, days: Period, used: Period, number: int, steps: list[Step]) -> int:
        """The minimum of a window before any excess lowers it; pro-rated ones are rounded first."""
        amount = element.amounts[min(number, len(element.amounts) - 1)]
        if used != days and element.pro_rate is not ProRate.NONE:
            months = months_in(element.pro_rate, element.year, self.facts.effective_on, used.start, used.end)
            nominal = half_up(Fraction(amount * months, 12))
            steps.append(Step("pro_rated_minimum", (amount, months), nominal))
            amount = nominal
        self.nominals[element.id, number] = amount
        return amount

    def _key(self, element: Minimum, days: Period) -> int:
        return window_of(element.year, days.start, self.facts.effective_on)

    def _charged(self, ids: frozenset[str], days: Period) -> int:
        return sum(
            charge.amount.minor
            for charge in self.charges
            if charge.element_id in ids and days.start <= charge.dated_on <= days.end
        )

    # --- answers -----------------------------------------------------------------------------------------

    def _element(self, element_id: str, version: int):
        found = self.versions[version].terms.element(element_id)
        if found is None:  # an amendment has dropped it: its last version still rules the broken rest
            found = next(e for v in reversed(self.versions[:version]) if (e := v.terms.element(element_id)))
        return found

    def _charge(self, element, part, period: Period, amount: int, exact, version: int, steps) -> None:
        unit = element.meter_name if isinstance(element, Royalty) and element.base is Base.UNITS else ""
        working = Working(self.currency, unit, tuple(steps)) if self.with_working else None
        money = Money(amount, self.currency)
        charge = Charge(
            element.id,
            part,
            period.start,
            period.end,
            period.end,
            element.due,
            money,
            exact,
            version,
            working,
        )
        self.charges.append(charge)

    def _wait(self, element_id, part, start, end, reason, version, detail="") -> None:
        self.limits.block(element_id, end, version)
        self.waiting.append(Waiting(element_id, part, start, end, reason, detail))

    def result(self, digest: str) -> Rating:
        split = {
            found.on
            for element_id, found in self.triggers.items()
            if found is not None and isinstance(self._element_anywhere(element_id), Royalty)
        }
        return Rating(
            currency=self.currency,
            until=self.until,
            charges=tuple(self.charges),
            waiting=tuple(self.waiting),
            triggers=self.triggers,
            paid_up_on=self._paid_up_on(),
            split_days=tuple(sorted(split)),
            inputs_hash=digest,
        )

    def _element_anywhere(self, element_id: str):
        return next((e for v in self.versions if (e := v.terms.element(element_id)) is not None), None)

    def _paid_up_on(self) -> date | None:
        """The day from which nothing more can arise: each element charged once, dead, or under a reached cap."""
        if self.waiting or not any(charge.amount.minor > 0 for charge in self.charges):
            return None
        last = len(self.versions) - 1
        declined = self.facts.declined_on is not None and self.facts.converted_on is None
        days: list[date] = []
        for element in self.terms.elements:
            if element.commitment is Commitment.OPTION and declined:
                continue
            capped = self.limits.exhausted(element.id, last)
            if capped is not None:
                days.append(capped)
            elif isinstance(element, Once) and element.id in self.done_on:
                days.append(self.done_on[element.id])
            elif isinstance(element, Instalments) and all(
                f"{element.id}#{part}" in self.done_on for part in range(1, len(element.parts) + 1)
            ):
                days += [self.done_on[f"{element.id}#{part}"] for part in range(1, len(element.parts) + 1)]
            else:
                return None
        return max(days, default=None)


def windows_of(element: Royalty, on: date, facts: Facts) -> set[tuple]:
    """The yearly windows whose cumulative sums a royalty of this day depends on."""
    found = set()
    rate = element.rate
    if not isinstance(rate, FixedRate) and getattr(rate, "span", None) == "year":
        found.add(("rate", window_of(rate.year, on, facts.effective_on)))
    deducted = element.baseline or element.free
    if deducted is not None and deducted.span == "year":
        found.add(("base", window_of(deducted.year, on, facts.effective_on)))
    return found


def meter_blocked(meter: RoyaltyMeter, element: Royalty, span: Period, facts: Facts) -> bool:
    """Whether an earlier period that waits decides this one's cumulative sums."""
    if meter.blocked_life:
        return True
    return bool(meter.blocked_windows and meter.blocked_windows & windows_of(element, span.end, facts))
