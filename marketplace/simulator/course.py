"""The course of a licence as it is shown: what is due when, marks, limits. From an answer of `simulate`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from contracts import rating
from contracts.rating import Period
from marketplace.terms import Cap, Minimum, Span, Terms, Year
from marketplace.terms.names import meter_name, milestone_name

from .scenario import Scenario

TITLES = {
    "lump_sum": ("一次性许可费", "Lump sum"),
    "entry_fee": ("入门费", "Entry fee"),
    "milestone": ("里程碑付款", "Milestone"),
    "instalments": ("分期许可费", "Instalment"),
    "royalty": ("提成", "Royalty"),
    "yearly_fee": ("年费", "Yearly fee"),
    "minimum": ("最低提成补足", "Shortfall of the minimum"),
    "interest": ("逾期利息", "Interest for late payment"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One sum that is due; `minor` in minor units. `real`: charged already, not simulated."""

    title: str
    element_id: str
    start: date
    end: date
    dated_on: date
    due_on: date
    minor: int
    sentences: tuple[str, ...] = ()
    minimum: int | None = None  # on a minimum's own line: what its year had to bring
    real: bool = False
    so_far: int = 0  # cumulative, this line included

    @property
    def days(self) -> str:
        return f"{self.start}" if self.start == self.end else f"{self.start} – {self.end}"


@dataclass(frozen=True)
class Mark:
    """A day on which something of the terms takes hold."""

    on: date
    title: str
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class Course:
    currency: str
    first: date
    last: date
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    trial: Period | None = None
    caps: tuple[Cap, ...] = ()
    minima: tuple[Minimum, ...] = ()
    paid_up_on: date | None = None
    waiting: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return sum(line.minor for line in self.lines)

    @property
    def payments(self) -> tuple[Line, ...]:
        """The lines on which something is to be paid (or comes back)."""
        return tuple(line for line in self.lines if line.minor)


def title_of(terms: Terms, element_id: str, part: int, lang: str) -> str:
    """How the line of one element is called; where there are several of a kind, by what they are taken from or by
    their number in the plain words."""
    place = 1 if lang.startswith("en") else 0
    element = terms.element(element_id)
    if element is None:
        return element_id
    said = TITLES[element.kind][place]
    same = [other for other in terms.elements if other.kind == element.kind]
    if name := getattr(element, "name", ""):
        said += f" · {milestone_name(name, place)}"
    elif len(same) > 1:
        bases = [getattr(other, "base", None) for other in same]
        if element.kind == "royalty" and bases.count(element.base) == 1:
            said += f" · {meter_name(element.meter_name, place)}"
        else:
            number = terms.elements.index(element) + 1
            said += f" (no. {number})" if place else f"（第 {number} 项）"
    if part:
        said += f" {part}" if place else f"（第 {part} 期）"
    return said


def course_of(terms: Terms, scenario: Scenario, answer: dict[str, Any], lang: str) -> Course:
    """What an answer says, in order of the days on which it is due."""
    word = "en" if lang.startswith("en") else "zh"
    facts = scenario.facts.facts(scenario)
    lines = [
        Line(
            title=title_of(terms, charge["element_id"], charge["part"], lang),
            element_id=charge["element_id"],
            start=date.fromisoformat(charge["start"]),
            end=date.fromisoformat(charge["end"]),
            dated_on=date.fromisoformat(charge["dated_on"]),
            due_on=date.fromisoformat(charge["due_on"]),
            minor=charge["amount"],
            sentences=tuple(charge["working"][word]),
            minimum=minimum_in(charge["working"]["steps"]),
        )
        for charge in answer["charges"]
    ]
    fired = {
        name: (date.fromisoformat(found["on"]), found["by"])
        for name, found in answer["triggers"].items()
        if found
    }
    paid_up = answer["paid_up_on"]
    return course(
        terms,
        facts,
        lines,
        fired,
        lang,
        paid_up_on=date.fromisoformat(paid_up) if paid_up else None,
        waiting=tuple(each[word] for each in answer["waiting"]),
        until=scenario.until,
    )


def minimum_in(working: dict[str, Any] | None) -> int | None:
    """What the year had to bring, after pro-rating and any excess carried, from the working of a minimum's line."""
    steps = working["steps"] if working else []
    return next((step["inputs"]["minimum"] for step in steps if step["step"] == "shortfall"), None)


def course(
    terms: Terms,
    facts: rating.Facts,
    lines: Iterable[Line],
    fired: dict[str, tuple[date, str]],
    lang: str,
    *,
    until: date,
    paid_up_on: date | None = None,
    waiting: tuple[str, ...] = (),
) -> Course:
    ordered = summed(lines)
    last = min(facts.licence_end(terms), until)
    return Course(
        currency=terms.currency,
        first=facts.effective_on,
        last=max([last, facts.effective_on + timedelta(days=90), *(line.due_on for line in ordered)]),
        lines=ordered,
        marks=_marks(terms, fired, lang),
        trial=facts.trial(terms),
        caps=terms.caps,
        minima=tuple(element for element in terms.elements if isinstance(element, Minimum)),
        paid_up_on=paid_up_on,
        waiting=waiting,
    )


def summed(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines in order of the days on which they are due, each with the sum so far."""
    found: list[Line] = []
    total = 0
    for line in sorted(lines, key=lambda line: (line.due_on, line.dated_on)):
        total += line.minor
        found.append(Line(**{**vars(line), "so_far": total}))
    return tuple(found)


def _marks(terms: Terms, fired: dict[str, tuple[date, str]], lang: str) -> tuple[Mark, ...]:
    """The triggers that fired, minima left aside: they follow what they count."""
    found = []
    for name, (on, by) in fired.items():
        element_id, _, part = name.partition("#")
        if not isinstance(terms.element(element_id), Minimum):
            found.append(Mark(on, title_of(terms, element_id, int(part or 0), lang), by))
    return tuple(sorted(found, key=lambda mark: mark.on))


# --- By year, against minima and yearly caps -----------------------------------------------------------------


@dataclass(frozen=True)
class YearSum:
    """One window of a year; `minimum` and `cap` are None where there is none in it."""

    label: str
    minor: int
    minimum: int | None
    cap: int | None


def by_year(found: Course) -> list[YearSum]:
    """What falls into each year against the minimum and the yearly cap; empty without either.

    The years are those of the minimum, else those of the cap. A sum belongs to the year of its own date.
    """
    minimum = next(iter(found.minima), None)
    cap = next((cap for cap in found.caps if cap.span is Span.YEAR), None)
    rule = minimum or cap
    if rule is None:
        return []
    counted = {*rule.counts, *([minimum.id] if minimum else [])}
    sums: dict[int, int] = {}
    least: dict[int, int] = {}
    for line in found.lines:
        if line.element_id in counted:
            year = _year(rule.year, found.first, line.dated_on)
            sums[year] = sums.get(year, 0) + line.minor
            if minimum is not None and line.element_id == minimum.id and line.minimum is not None:
                least[year] = line.minimum
    first = _year(rule.year, found.first, found.first)
    last = max([first, *sums])
    most = cap.amount if cap else None
    return [YearSum(str(year), sums.get(year, 0), least.get(year), most) for year in range(first, last + 1)]


def _year(kind: Year, first: date, day: date) -> int:
    """The calendar year, or the number of the licence year, from 1."""
    if kind is Year.CALENDAR:
        return day.year
    whole = day.year - first.year - ((day.month, day.day) < (first.month, first.day))
    return whole + 1
