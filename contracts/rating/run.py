"""One rating from start to end: what every kind of element shares. Nothing of it outlives the rating."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from marketplace.terms import Base, Commitment, Instalments, Royalty, Threshold
from marketplace.terms.triggers import leaves

from .facts import DAY, Facts, Period, TermsVersion, UsageRow
from .limits import Limits
from .result import Charge, Waiting
from .schedule import spans
from .triggers import Fired, Scene, fired
from .working import Notes, Working, silent

_new = tuple.__new__  # a NamedTuple's own constructor costs as much as the sums
FIRST, ORDINARY, LAST = 0, 1, 2  # on one day: doubts, elements as listed, minima


class Point(NamedTuple):
    """Something to be rated on a day, by `work(run, point)`."""

    on: date
    phase: int
    order: int
    part: int
    work: Callable[[Run, Point], None]
    payload: object = None


class Run:
    """The inputs, sorted, and the charges so far."""

    def __init__(
        self,
        versions: Sequence[TermsVersion],
        facts: Facts,
        usage: Sequence[UsageRow],
        until: date,
        working: bool,
    ) -> None:
        self.versions, self.facts, self.until, self.with_working = versions, facts, until, working
        self.terms = versions[-1].terms
        self.currency = versions[0].terms.currency
        self.single = len(versions) == 1
        self.licence_end = facts.licence_end(self.terms)
        self.rows = [row for row in usage if row.period_end <= until]
        self.rows.sort(key=lambda row: (row.period_end, row.period_start))
        self.listed = listed = spans(versions, facts, until)  # the last may still be running
        self.spans = listed if not listed or listed[-1].end <= until else listed[:-1]
        self.to_split: dict[Period, date] = {}  # periods with rows that reach beyond them, and where to split
        self.rows_by_span = self._distribute(listed)
        self.metered = frozenset(meter for version in versions for meter in version.terms.report.metered)
        self._missing: dict[str, frozenset[Period]] = {}
        self.has_gaps = any(self.missing(meter) for meter in ("", *self.metered))
        self.limits = Limits(versions, facts.effective_on)
        self.charges: list[Charge] = []
        self.waiting: list[Waiting] = []
        self.triggers: dict[str, Fired | None] = {}
        self.points: list[Point] = []
        self.instalments: dict[str, dict[int, int]] = defaultdict(dict)  # what each part was, before caps
        self.done_on: dict[str, date] = {}  # when a single sum was charged
        self.doubtful_from: dict[str, date] = {}  # elements that a missing report may have triggered
        self.nominals: dict[tuple[str, int], int] = {}  # minima per window, before any excess lowers them

    def _distribute(self, listed: list[Period]) -> dict[date, list[UsageRow]]:
        """Rows by the end of the reporting period in which they lie; those that lie in two are to be split."""
        found: dict[date, list[UsageRow]] = {}
        place = 0
        for row in self.rows:
            while place < len(listed) and listed[place].end < row.period_end:
                place += 1
            home = listed[place] if place < len(listed) else None
            if home is not None and row.period_start >= home.start:
                found.setdefault(home.end, []).append(row)
                continue
            for span in listed:  # rare: an end or an amendment that became known after the report
                if row.period_start <= span.end and row.period_end >= span.start:
                    cut = span.start if row.period_start < span.start else span.end + DAY
                    self.to_split.setdefault(span, cut)
        return found

    def rows_of(self, meters: frozenset[str]) -> dict[date, list[UsageRow]]:
        """The rows of some meters, by the end of the reporting period in which they lie."""
        if all(row.meter in meters for row in self.rows):
            return self.rows_by_span
        found = {}
        for end, rows in self.rows_by_span.items():
            kept = [row for row in rows if row.meter in meters]
            if kept:
                found[end] = kept
        return found

    def missing(self, meter: str) -> frozenset[Period]:
        """The periods that wait for a report (or for its rows to be split), on a metered meter for being closed."""
        key = meter if meter in self.metered else ""
        if key not in self._missing:
            self._missing[key] = frozenset(
                span
                for span in self.spans
                if span in self.to_split or not self.facts.has_report(span.start, span.end, key)
            )
        return self._missing[key]

    def missing_from(self, meter: str) -> date | None:
        """The first day for which a meter's figures are missing."""
        if not self.has_gaps:
            return None
        return min((span.start for span in self.missing(meter)), default=None)

    def notes(self) -> Notes | Callable[..., None]:
        """What takes the steps of the next charge."""
        return Notes() if self.with_working else silent

    def order(self) -> list[str]:
        """Every element of any version, as the newest terms list them; those dropped since come first."""
        newest = [element.id for element in self.terms.elements]
        dropped = {element.id: None for version in self.versions for element in version.terms.elements}
        return [name for name in dropped if name not in newest] + newest

    def version(self, on: date) -> int:
        """The index of the version in force on a day."""
        if self.single:
            return 0
        place = 0
        for number, version in enumerate(self.versions):
            if version.effective_on <= on:
                place = number
        return place

    def element(self, element_id: str, version: int):
        """An element under a version; one that an amendment dropped, as it last stood before."""
        found = self.versions[version].terms.element(element_id)
        place = version
        while found is None and place > 0:
            place -= 1
            found = self.versions[place].terms.element(element_id)
        return found or self.anywhere(element_id)

    def anywhere(self, element_id: str):
        return next((e for v in self.versions if (e := v.terms.element(element_id)) is not None), None)

    def fire(self, element_id: str, part: int = 0) -> tuple[Fired, int] | None:
        """The first chargeable day under the version then in force, and that version.

        An amendment that sets an earlier day, or brings a new element, takes hold on its own effective date.
        """
        doubtful: list[date] = []
        answer = None
        for place, version in enumerate(self.versions):
            element = version.terms.element(element_id)
            if element is None:
                continue
            last = place + 1 == len(self.versions)
            found = self._fired(element, part, version.terms)
            if self.has_gaps and (found is None or found.waits):
                doubtful += self._doubts(element, part)
            if found is None:
                continue
            if place and found.on < version.effective_on:
                found = Fired(version.effective_on, "time", waits=found.waits)
            if last or found.on < self.versions[place + 1].effective_on:
                answer = found, place
                break
        if doubtful:
            before = self.doubtful_from.get(element_id, date.max)
            self.doubtful_from[element_id] = min(before, *doubtful)
        return answer

    def _fired(self, element, part: int, terms) -> Fired | None:
        scene = Scene(terms, self.facts, self.rows, self.listed, self.licence_end, self.missing_from)
        if not part:
            return fired(element.trigger, element.commitment, scene)
        if part > len(element.parts):
            return None
        own = fired(element.parts[part - 1].trigger, element.commitment, scene)
        if element.trigger is None or own is None:
            return own
        whole = fired(element.trigger, element.commitment, scene)
        return whole and max(own, whole, key=lambda found: found.on)

    def _doubts(self, element, part: int) -> list[date]:
        """The days from which a report that is missing could bring (or bring forward) the trigger."""
        if element.commitment is Commitment.OPTION and self.facts.first("conversion") is None:
            return []
        triggers = [element.trigger]
        if part and isinstance(element, Instalments) and part <= len(element.parts):
            triggers.append(element.parts[part - 1].trigger)
        meters = {
            leaf.meter for trigger in triggers for leaf in leaves(trigger) if isinstance(leaf, Threshold)
        }
        return [since for meter in meters if (since := self.missing_from(meter)) is not None]

    def charge(self, element, part: int, period: Period, amount: int, exact, version: int, note) -> None:
        working = None
        if self.with_working:
            unit = element.meter_name if isinstance(element, Royalty) and element.base is Base.UNITS else ""
            working = Working(self.currency, unit, tuple(note.steps))
        start, end = period
        said = (
            element.id,
            part,
            start,
            end,
            end,
            element.due,
            amount,
            self.currency,
            exact,
            version,
            working,
        )
        self.charges.append(_new(Charge, said))

    def wait(self, element_id: str, part: int, period: Period, reason: str, detail: str = "") -> None:
        """A charge cannot be made: so do all that share a credit, a cap or a minimum with it, from here on."""
        self.limits.block(element_id, period.end)
        self.waiting.append(Waiting(element_id, part, period.start, period.end, reason, detail))
