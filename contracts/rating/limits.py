"""Entry-fee credits and caps: what takes a rounded charge down. Credits are never refunded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from marketplace.terms import Cap, EntryFee, Span

from .facts import TermsVersion
from .schedule import window_of


class Credit:
    """What is left of an entry fee to credit against the elements that it names."""

    __slots__ = ("against", "blocked", "id", "left")

    def __init__(self, fee: EntryFee, amount: int) -> None:
        self.id, self.against, self.left, self.blocked = fee.id, frozenset(fee.credit_against), amount, False


class CapState:
    """What the elements that a cap counts were charged, over the life or per year, under whichever version."""

    __slots__ = ("blocked", "blocked_from", "cap", "charged", "effective_on", "last_on", "yearly")

    def __init__(self, cap: Cap, effective_on: date) -> None:
        self.effective_on = effective_on
        self.cap = cap
        self.yearly = cap.span is Span.YEAR
        self.charged: dict[int, int] = {}
        self.blocked: set[int] = set()
        self.blocked_from: int | None = None  # every year from here on
        self.last_on: date | None = None  # the last charge that counted

    def key(self, on: date) -> int:
        return window_of(self.cap.year, on, self.effective_on) if self.yearly else 0

    def is_blocked(self, on: date) -> bool:
        if not self.blocked and self.blocked_from is None:
            return False
        key = self.key(on)
        return key in self.blocked or (self.blocked_from is not None and key >= self.blocked_from)


class Limits:
    """Credits and caps of one contract through its life.

    A cap that an amendment brings or changes counts what was charged before it too; its amount is that of the
    version in force.
    """

    def __init__(self, versions: Sequence[TermsVersion], effective_on: date) -> None:
        self.since = [version.effective_on for version in versions]
        self.credits: list[Credit] = []
        self.doubtful: set[str] = set()
        self.counting: dict[str, list[CapState]] = {}
        self.in_force: list[dict[str, list[tuple[CapState, int]]]] = []
        states: dict[tuple, CapState] = {}
        for version in versions:
            now: dict[str, list[tuple[CapState, int]]] = {}
            # yearly caps first, then caps for life
            for cap in sorted(version.terms.caps, key=lambda cap: cap.span is not Span.YEAR):
                counts = frozenset(cap.counts)
                same = (cap.id, counts, cap.span, cap.year)
                new = same not in states
                state = states.setdefault(same, CapState(cap, effective_on))
                for element_id in counts:
                    now.setdefault(element_id, []).append((state, cap.amount))
                    if new:
                        self.counting.setdefault(element_id, []).append(state)
            self.in_force.append(now)

    def blocked(self, element_id: str, on: date) -> bool:
        """Whether an earlier missing report could change what is left for a charge of this day."""
        if any(credit.blocked and credit.left and element_id in credit.against for credit in self.credits):
            return True
        return any(state.is_blocked(on) for state in self.counting.get(element_id, ()))

    def block(self, element_id: str, on: date) -> None:
        """A charge waits: so does everything that shares a credit or a cap with it from here on."""
        for credit in self.credits:
            if element_id in credit.against:
                credit.blocked = True
        for state in self.counting.get(element_id, ()):
            state.blocked.add(state.key(on))

    def block_from(self, element_id: str, on: date) -> None:
        """A charge may have been missed on this day or on any later one."""
        self.doubtful.add(element_id)
        self.block(element_id, on)
        for state in self.counting.get(element_id, ()):
            key = state.key(on)
            state.blocked_from = key if state.blocked_from is None else min(state.blocked_from, key)

    def exhausted(self, element_id: str, version: int) -> date | None:
        """The day from which a cap for life that counts this element, under a version, leaves nothing more."""
        for state, limit in self.in_force[version].get(element_id, ()):
            if not state.yearly and state.charged.get(0, 0) >= limit:
                return max(state.last_on or self.since[version], self._lowered_on(element_id, state, version))
        return None

    def _lowered_on(self, element_id: str, state: CapState, version: int) -> date:
        """Since when a cap has been as low as what was charged: an amendment may have brought or lowered it."""
        charged = state.charged.get(0, 0)
        while version and any(
            other is state and charged >= limit
            for other, limit in self.in_force[version - 1].get(element_id, ())
        ):
            version -= 1
        return self.since[version]

    def add_credit(self, fee: EntryFee, amount: int, *, blocked: bool = False) -> None:
        if fee.credit_against and (amount or blocked):
            credit = Credit(fee, amount)
            credit.blocked = blocked or not self.doubtful.isdisjoint(credit.against)
            self.credits.append(credit)

    def use_credit(self, element_id: str, amount: int, note) -> int:
        """What is left to pay of an amount after the credit."""
        for credit in self.credits:
            if credit.left and amount > 0 and element_id in credit.against:
                used = amount if amount < credit.left else credit.left
                credit.left -= used
                note("credit", (amount, used, credit.left, credit.id), amount - used)
                amount -= used
        return amount

    def apply_caps(self, element_id: str, on: date, amount: int, version: int, note) -> int:
        """The amount that every cap in force still allows; all caps count it."""
        in_force = self.in_force[version]
        if not in_force and not self.counting:
            return amount
        for state, limit in in_force.get(element_id, ()):
            charged = state.charged.get(state.key(on) if state.yearly else 0, 0)
            if charged + amount > limit:
                allowed = limit - charged if limit > charged else 0
                code = "yearly_cap" if state.yearly else "life_cap"
                note(code, (amount, limit, charged, state.cap.id), allowed)
                amount = allowed
        if amount:
            for state in self.counting.get(element_id, ()):
                key = state.key(on) if state.yearly else 0
                state.charged[key] = state.charged.get(key, 0) + amount
                state.last_on = on
        return amount
