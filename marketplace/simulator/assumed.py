"""What somebody assumes about the course of a licence, and the scenario that follows from it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from contracts import rating
from contracts.rating import Period, TermsVersion
from contracts.rating.facts import DAY
from marketplace.terms import Terms

from .needs import Needs, needs_of
from .path import cut, filled, going_on, licence_years, spread
from .scenario import Closing, Event, Known, Row, Scenario
from .simulate import simulate

MAX_STRETCHES = 40  # values of a path; the last one goes on
BY_YEAR, BY_PERIOD = "year", "period"
AFTERWARDS = timedelta(days=400)  # charges after the licence's end: the last minimum, what was deferred


@dataclass(frozen=True, kw_only=True)
class Assumed:
    """Paths are per meter (Meter.key) whole minor units on money meters, plain whole numbers on others; one value for
    each licence year, or for each reporting period. An event without a day does not happen."""

    effective_on: date
    by: str = BY_YEAR
    paths: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    events: Mapping[str, date] = field(default_factory=dict)
    converts: bool = True
    converted_on: date | None = None  # also the day of a decision against it; None: the last free day
    delivered_on: date | None = None  # None: the effective date


@dataclass(frozen=True)
class Played:
    """Terms under a scenario; `answer` is what command and API answer for the same two documents."""

    agreed: Terms
    scenario: Scenario
    answer: dict[str, Any]


def known_of(agreed: Terms, assumed: Assumed, needs: Needs | None = None) -> Known:
    """The facts that follow: a decision on the last free day, a delivery on the effective date, unless said."""
    needs = needs or needs_of(agreed)
    delivered = (assumed.delivered_on or assumed.effective_on) if needs.delivers else None
    known = Known(effective_on=assumed.effective_on, delivered_on=delivered)
    if not needs.decides:
        return known
    decided = assumed.converted_on or _last_free_day(agreed, known)
    which = {"converted_on": decided} if assumed.converts else {"declined_on": decided}
    return Known(effective_on=assumed.effective_on, delivered_on=delivered, **which)


def _last_free_day(agreed: Terms, known: Known) -> date:
    facts = rating.Facts(effective_on=known.effective_on, delivered_on=known.delivered_on)
    trial = facts.trial(agreed)
    return trial.end if trial else known.effective_on


def stretches_of(agreed: Terms, assumed: Assumed) -> list[Period]:
    """What each value of a path stands for: licence years or reporting periods, at most MAX_STRETCHES of them."""
    facts = rating.Facts(effective_on=assumed.effective_on)
    if assumed.by == BY_PERIOD:
        due = rating.periods(agreed, facts, facts.licence_end(agreed))
        return [Period(period.start, period.end) for period in due][:MAX_STRETCHES]
    return licence_years(assumed.effective_on, facts.licence_end(agreed))[:MAX_STRETCHES]


def scenario_of(agreed: Terms, assumed: Assumed, stretches: Sequence[Period] | None = None) -> Scenario:
    """The whole scenario: every report is in, rows are split where rating asks for it.

    `stretches` are those of other terms where two versions are played under one path.
    """
    known = known_of(agreed, assumed)
    last = rating.Facts(effective_on=assumed.effective_on).licence_end(agreed)
    until = last + AFTERWARDS
    needs = needs_of(agreed)
    events = tuple(Event(name=name, on=on) for name, on in sorted(assumed.events.items()))
    bare = Scenario(
        facts=known,
        until=until,
        events=events,
        reported_through=until,
        closed=tuple(
            Closing(meter=meter, start=assumed.effective_on, end=until) for meter in agreed.report.metered
        ),
    )
    facts = known.facts(bare)
    stretches = stretches or stretches_of(agreed, assumed)
    rows = settled(
        [TermsVersion(assumed.effective_on, agreed)],
        facts,
        until,
        lambda periods: rows_of(needs, assumed, stretches, last, facts, periods),
    )
    return Scenario(**{**vars(bare), "usage": tuple(rows)})


def settled(
    versions: Sequence[TermsVersion],
    facts: rating.Facts,
    until: date,
    rows_for: Callable[[list[Period]], list[Row]],
    known: Sequence[rating.UsageRow] = (),
) -> list[Row]:
    """Assumed rows for the reporting periods, split at the days that rating asks for; `known` was reported before.

    Trigger days that depend on sales are known only once there are rows: so at most three rounds.
    """
    triggers: tuple[date, ...] = ()
    rows: list[Row] = []
    for _round in range(3):
        periods = rating.periods(versions, facts, until, triggers)
        rows = rows_for([piece for period in periods for piece in pieces(period)])
        usage = [*known, *(row.usage() for row in rows)]
        found = rating.rate(versions, facts, usage, until, working=False).split_days
        if found == triggers:
            break
        triggers = found
    return rows


def pieces(period: rating.ReportPeriod) -> list[Period]:
    """A reporting period cut at its splits."""
    starts = [period.start, *period.splits]
    ends = [*(day - DAY for day in period.splits), period.end]
    return [Period(start, end) for start, end in zip(starts, ends, strict=True)]


def begun(stretches: Sequence[Period], facts: rating.Facts) -> list[Period]:
    """Sales of the stretch in which income begins lie after its day."""
    day = facts.first("first_income") or facts.first("first_sale")
    return [
        Period(day, stretch.end) if day is not None and stretch.start < day <= stretch.end else stretch
        for stretch in stretches
    ]


def rows_of(
    needs: Needs,
    assumed: Assumed,
    stretches: Sequence[Period],
    last: date,
    facts: rating.Facts,
    rows: Sequence[Period],
) -> list[Row]:
    """Rows of each meter. A value is that of its whole stretch; a licence that ends inside takes its part."""
    whole = going_on(stretches, last)
    found = []
    for meter in needs.meters:
        amounts = filled(assumed.paths.get(meter.key, ()), len(whole))
        pairs = [cut(stretch, amount, last) for stretch, amount in zip(whole, amounts, strict=True)]
        lying = begun([stretch for stretch, _ in pairs], facts)
        sold = spread(lying, [amount for _, amount in pairs], rows)
        found += [
            Row(
                meter=meter.name,
                start=period.start,
                end=period.end,
                quantity=Decimal(amount),
                product=meter.product,
            )
            for period, amount in zip(rows, sold, strict=True)
            if amount
        ]
    return found


def play(agreed: Terms, assumed: Assumed, stretches: Sequence[Period] | None = None) -> Played:
    """Terms under what is assumed; raises TermsError where the terms contradict themselves."""
    scenario = scenario_of(agreed, assumed, stretches)
    return Played(agreed, scenario, simulate(agreed, scenario))


def rated(agreed: Terms, assumed: Assumed) -> rating.Rating:
    """The charges alone, without their working: where only sums are shown."""
    scenario = scenario_of(agreed, assumed)
    usage = [row.usage() for row in scenario.usage]
    versions = [TermsVersion(assumed.effective_on, agreed)]
    return rating.rate(versions, scenario.facts.facts(scenario), usage, scenario.until, working=False)
