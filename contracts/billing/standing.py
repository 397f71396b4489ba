"""What was charged so far under each key (element, part, period), and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contracts.billing.models import Charge, ChargeState
from contracts.lifecycle.models import LicenceContract
from contracts.rating import Issued
from contracts.rating.result import Key
from marketplace.money import Money


class Standing(NamedTuple):
    """One charge or adjustment, as little of it as corrections need."""

    pk: int
    key: Key
    sequence: int
    minor: int
    state: str
    held_reason: str


def standing_of(contract: LicenceContract) -> list[Standing]:
    """Everything charged so far by rating, in the order in which it arose: neither interest nor an audit's cost."""
    return standings_of([contract])[contract.pk]


def standings_of(contracts: Iterable[LicenceContract]) -> dict[int, list[Standing]]:
    """`standing_of` for several contracts, by id, in one query."""
    found: dict[int, list[Standing]] = {contract.pk: [] for contract in contracts}
    rows = (
        Charge.objects.filter(contract__in=list(found), kind__in=Charge.RATED)
        .order_by("sequence", "pk")
        .values_list(
            "contract_id", "pk", "element_id", "part", "period_start", "period_end", "sequence", "amount_minor",
            "state", "held_reason",
        )
    )  # fmt: skip
    for contract_id, pk, *key, sequence, minor, state, held in rows:
        found[contract_id].append(Standing(pk, Key(*key), sequence, minor, state, held))
    return found


def issued(rows: Iterable[Standing], currency: str) -> list[Issued]:
    """As `rating.correct` wants it."""
    return [Issued(row.key, Money(row.minor, currency)) for row in rows]


def by_key(rows: Iterable[Standing]) -> dict[Key, list[Standing]]:
    found: dict[Key, list[Standing]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    return found


def taken_back(rows: Sequence[Standing], minor: int) -> tuple[int, int]:
    """Split a reduction of one key (`minor` < 0) into (what had been waived, the rest), both ≤ 0.

    The newest goes first: a waived addition falls away before anything that was charged earlier is given back, and
    an addition that came after a waiver before the waiver shrinks. A reduction that was waived together with a later,
    higher addition lowers that addition.
    """
    layers: list[list] = []  # [waived, minor left], oldest first
    ahead = {True: 0, False: 0}  # reductions that came before what they lower
    for row in rows:
        waived = row.state == ChargeState.WAIVED
        if row.minor > 0:
            lowered = min(ahead[waived], row.minor)
            ahead[waived] -= lowered
            layers.append([waived, row.minor - lowered])
        elif row.minor < 0:
            there = sum(minor for kind, minor in layers if kind is waived)
            ahead[waived] += max(-row.minor - there, 0)
            _peel(layers, -row.minor, only=waived)
    waived, rest = _peel(layers, -minor)
    return -waived, -rest


def _peel(layers: list[list], amount: int, *, only: bool | None = None) -> tuple[int, int]:
    """Take `amount` off the newest layers (of one kind only); returns (waived, not waived), any excess in the second."""
    taken = {True: 0, False: 0}
    for layer in reversed(layers):
        if only is not None and layer[0] is not only:
            continue
        part = min(amount, layer[1])
        layer[1] -= part
        taken[layer[0]] += part
        amount -= part
        if not amount:
            break
    return taken[True], taken[False] + amount
