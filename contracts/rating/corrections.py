"""Corrections: rate everything again with what is known now, minus what was issued.

One adjustment per element and period, both sides rounded before the subtraction; nothing issued is edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from marketplace.money import Money

from .result import Charge, Key, Rating, Waiting


class Issued(NamedTuple):
    """What was charged before under a key: a charge, or an adjustment of it."""

    key: Key
    amount: Money


class Adjustment(NamedTuple):
    """调整: what a period costs now minus what was issued for it; negative ones become credit notes.

    `charge` is today's computation, None where the charge was taken back altogether.
    """

    key: Key
    amount: Money
    before: Money
    now: Money
    charge: Charge | None


class Corrections(NamedTuple):
    """`new` charges were never issued; `held` keys were issued but wait for a report now, so nothing is done."""

    new: tuple[Charge, ...]
    adjustments: tuple[Adjustment, ...]
    held: tuple[Key, ...]


def correct(issued: Sequence[Issued], rating: Rating) -> Corrections:
    """What to add to the issued charges so that their sum is today's rating.

    Charges of 0 that were never issued are new as well (they show that a period was rated). Idempotent: once
    `new` and `adjustments` are issued too, a second call answers with nothing.
    """
    sums: dict[Key, Money] = {}
    for key, amount in issued:
        key = Key(*key)
        sums[key] = sums[key] + amount if key in sums else amount
    now = {charge.key: charge for charge in rating.charges}
    new = tuple(charge for key, charge in now.items() if key not in sums)
    adjustments, held = [], []
    nothing = Money(0, rating.currency)
    for key in sorted(sums, key=lambda key: (key.period_end, key.element_id, key.part, key.period_start)):
        charge = now.get(key)
        if charge is None and _waits(key, rating.waiting):
            held.append(key)
            continue
        amount = charge.amount if charge else nothing
        if amount != sums[key]:
            adjustments.append(Adjustment(key, amount - sums[key], sums[key], amount, charge))
    return Corrections(new, tuple(adjustments), tuple(held))


def _waits(key: Key, waiting: Sequence[Waiting]) -> bool:
    return any(
        wait.element_id == key.element_id
        and wait.part == key.part
        and wait.period_start <= key.period_end
        and wait.period_end >= key.period_start
        for wait in waiting
    )
