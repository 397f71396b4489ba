"""When an element becomes chargeable: trees of ANY and ALL over dates, events and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from marketplace.terms import (
    After,
    AllOf,
    Anchor,
    AnyOf,
    Commitment,
    OnDate,
    OnEvent,
    Span,
    Terms,
    Threshold,
    TriggerDay,
)
from marketplace.terms.dates import add_months

from .facts import DAY, Facts, Period, UsageRow
from .schedule import window_of
from .usage import row_value

FAR = date.max


class Fired(NamedTuple):
    """The first chargeable day, and what brought it: "time", "event" or "threshold".

    For a threshold, `above` is the part of that day's rows that lies above it (0 … 1). `waits` says that a
    missing report could still make the day earlier.
    """

    on: date
    by: str = "time"
    above: Fraction | None = None
    meter: str = ""
    waits: bool = False


@dataclass
class Scene:
    """What triggers are judged by."""

    terms: Terms
    facts: Facts
    rows: Sequence[UsageRow]
    spans: Sequence[Period]
    ends_on: date  # events and thresholds after it do not count
    missing_from: Callable[[str], date | None]  # a meter's first missing day


def fired(trigger, commitment: Commitment, scene: Scene) -> Fired | None:
    """The first chargeable day of an element, or None while it is not known or never comes.

    An OPTION needs a CONVERT on record as well and is dated at the later of the two days. Without a trigger
    an option is chargeable from its conversion, anything else from the first day after free use.
    """
    if trigger is None:
        found = None if commitment is Commitment.OPTION else _after(After(anchor=Anchor.TRIAL_END), scene)
        if commitment is not Commitment.OPTION and scene.terms.trial is None:
            found = Fired(scene.facts.effective_on)
    else:
        found = _judge(trigger, scene)
    if commitment is Commitment.OPTION:
        converted = scene.facts.first("conversion")
        if converted is None or converted > scene.ends_on:
            return None
        if trigger is None:
            return Fired(converted, "event")
        if found is not None and found.on < converted:
            return Fired(converted, "event", waits=found.waits)
    if found is None:
        return None
    if found.on > scene.ends_on and not (commitment is Commitment.DEFERRED_OBLIGATION and found.by == "time"):
        return None  # nothing accrues after the end, save what was owed from signature
    return found


def _judge(trigger, scene: Scene) -> Fired | None:
    if isinstance(trigger, AnyOf):
        parts = [_judge(part, scene) for part in trigger.of]
        known = [part for part in parts if part is not None]
        if not known:
            return None
        earliest = min(known, key=lambda part: (part.on, part.by == "threshold"))
        open_threshold = any(
            (since := scene.missing_from(leaf.meter)) is not None and since < earliest.on
            for leaf in _thresholds(trigger)
        )
        return earliest._replace(waits=earliest.waits or open_threshold)
    if isinstance(trigger, AllOf):
        parts = [_judge(part, scene) for part in trigger.of]
        if not parts or None in parts:
            return None
        # A missing report can only move a threshold earlier, which does not matter while another part is later.
        return max(parts, key=lambda part: (part.on, part.by != "threshold"))
    if isinstance(trigger, OnDate):
        return Fired(trigger.on)
    if isinstance(trigger, After):
        return _after(trigger, scene)
    if isinstance(trigger, OnEvent):
        on = scene.facts.first(trigger.name)
        return Fired(on, "event") if on is not None and on <= scene.ends_on else None
    return _threshold(trigger, scene)


def _thresholds(trigger) -> list[Threshold]:
    if isinstance(trigger, AnyOf | AllOf):
        return [leaf for part in trigger.of for leaf in _thresholds(part)]
    return [trigger] if isinstance(trigger, Threshold) else []


def _after(trigger: After, scene: Scene) -> Fired | None:
    facts = scene.facts
    by = "time"
    if trigger.anchor is Anchor.EFFECT:
        start = facts.effective_on
    elif trigger.anchor is Anchor.DELIVERY:
        start = facts.first("delivery")
    elif trigger.anchor is Anchor.CONVERSION:
        start, by = facts.first("conversion"), "event"
    else:
        trial = facts.trial(scene.terms)
        start = None
        if trial is not None:
            start = trial.start if trigger.anchor is Anchor.TRIAL_START else trial.end + DAY
    if start is None:
        return None
    on = add_months(start, trigger.months) + timedelta(days=trigger.days)
    moved = trigger.months or trigger.days
    if moved and scene.terms.trigger_day is TriggerDay.LAST_FREE:
        on += DAY  # Civil Code 201–203: the corresponding day is still free
    return Fired(on, "time" if moved else by)


def _threshold(trigger: Threshold, scene: Scene) -> Fired | None:
    """Reached at ≥, on the `period_end` of the rows that reach it; later returns do not undo it."""
    sums: dict[date, Decimal | int] = {}
    free_until = None
    if not trigger.free_use_counts:
        trial = scene.facts.trial(scene.terms)
        free_until = trial.end if trial else None
    deductions = scene.terms.report.deductions
    for row in scene.rows:
        if row.period_end > scene.ends_on or (free_until is not None and row.period_end <= free_until):
            continue
        value = row_value(row, trigger.meter, deductions)
        if value is not None:
            sums[row.period_end] = sums.get(row.period_end, 0) + value
    running: Decimal | int = 0
    key: object = None
    spans = iter(scene.spans)
    span = next(spans, None)
    for on in sorted(sums):
        while span is not None and span.end < on:
            span = next(spans, None)
        now = _window_key(trigger, on, span, scene.facts.effective_on)
        if now != key:
            running, key = 0, now
        before, running = running, running + sums[on]
        if running >= trigger.at_least:
            above = Fraction(running - trigger.at_least) / Fraction(running - before)
            since = scene.missing_from(trigger.meter)
            waits = since is not None and since <= on
            return Fired(on, "threshold", above, trigger.meter, waits)
    return None


def _window_key(trigger: Threshold, on: date, span: Period | None, effective_on: date) -> object:
    if trigger.per is Span.LIFE:
        return "life"
    if trigger.per is Span.YEAR:
        return window_of(trigger.year, on, effective_on)
    return span.start if span else on
