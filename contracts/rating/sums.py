"""Sums that are charged once: lump sums, entry fees, milestones and instalments."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from marketplace.money import Money
from marketplace.terms import EntryFee, Instalments

from .facts import Period
from .run import ORDINARY, Point, Run
from .working import silent


def prepare_once(run: Run, order: int, element_id: str) -> None:
    """Put the sum on its trigger day."""
    found = run.fire(element_id)
    run.triggers[element_id] = found and found[0]
    if found and found[0].on <= run.until:
        run.points.append(Point(found[0].on, ORDINARY, order, 0, charge_once, (element_id, *found)))


def prepare_instalments(run: Run, order: int, element_id: str, parts: int) -> None:
    """Put each instalment on its own day; `triggers` names them "id#1", "id#2" …"""
    for part in range(1, parts + 1):
        found = run.fire(element_id, part)
        run.triggers[f"{element_id}#{part}"] = found and found[0]
        if found and found[0].on <= run.until:
            run.points.append(Point(found[0].on, ORDINARY, order, part, charge_once, (element_id, *found)))


def charge_once(run: Run, point: Point) -> None:
    element_id, start, version = point.payload
    element = run.versions[version].terms.element(element_id)
    period = Period(point.on, point.on)
    waits = start.waits or run.limits.blocked(element_id, point.on)
    note = silent if waits else run.notes()
    note("trigger", (start.on, start.by), start.on)
    if point.part:
        charged = run.instalments[element_id]
        exact = charged[point.part] = instalment(element, point.part, run.currency, note, charged)
    else:
        exact = element.amount
        note("agreed", (), exact)
    if waits:
        run.wait(element_id, point.part, period, "earlier_period")
        if isinstance(element, EntryFee):
            run.limits.add_credit(element, element.amount, blocked=True)
        return
    amount = run.limits.apply_caps(element_id, point.on, exact, version, note)
    if isinstance(element, EntryFee):
        run.limits.add_credit(element, amount)
    run.charge(element, point.part, period, amount, exact, version, note)
    run.done_on[f"{element_id}#{point.part}" if point.part else element_id] = point.on


def instalment(element: Instalments, part: int, currency: str, note, charged: Mapping[int, int]) -> int:
    """One part: rounded half up, the last takes the remainder.

    `charged` are the parts charged before, by number; where an amendment changed the plan since, they stand,
    and the last part still brings the sum to the amount (never below zero).
    """
    shares = [share.share for share in element.parts]
    if shares[0] is None:
        shares = [Fraction(1, len(shares))] * len(shares)
    parts = [share.minor for share in Money(element.amount, currency).split_shares(shares)]
    if part < len(parts):
        note("instalment", (element.amount, shares[part - 1]), parts[part - 1])
        return parts[part - 1]
    before = sum(charged.get(number, value) for number, value in enumerate(parts[:-1], 1))
    value = max(element.amount - before, 0)
    note("last_instalment", (element.amount, before), value)
    return value
