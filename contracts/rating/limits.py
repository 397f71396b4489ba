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
    """A cap and what the elements it counts were charged, for life or per year."""

    __slots__ = ("blocked", "blocked_from", "cap", "charged", "effective_on", "reached_on", "yearly")

    def __init__(self, cap: Cap, effective_on: date) -> None:
        self.effective_on = effective_on
        self.cap = cap
        self.yearly = cap.span is Span.YEAR
        self.charged: dict[int, int] = {}
        self.blocked: set[int] = set()
        self.blocked_from: int | None = None  # every year from here on
        self.reached_on: date | None = None

    def key(self, on: date) -> int:
        return window_of(self.cap.year, on, self.effective_on) if self.yearly else 0

    def is_blocked(self, on: date) -> bool:
        if not self.blocked and self.blocked_from is None:
            return False
        key = self.key(on)
        return key in self.blocked or (self.blocked_from is not None and key >= self.blocked_from)


class Limits:
    """Credits and caps of one contract, carried through its life; a later version may change a cap's amount."""

    def __init__(self, versions: Sequence[TermsVersion], effective_on: date) -> None:
        self.credits: list[Credit] = []
        self.states: dict[str, CapState] = {}
        self.by_version: list[dict[str, list[CapState]]] = []
        self.amounts: list[dict[str, int]] = []
        self.doubtful: set[str] = set()
        for version in versions:
            counting: dict[str, list[CapState]] = {}
            # yearly caps first, then caps for life
            for cap in sorted(version.terms.caps, key=lambda cap: cap.span is not Span.YEAR):
                state = self.states.setdefault(cap.id, CapState(cap, effective_on))
                for element_id in cap.counts:
                    counting.setdefault(element_id, []).append(state)
            self.by_version.append(counting)
            self.amounts.append({cap.id: cap.amount for cap in version.terms.caps})

    def blocked(self, element_id: str, on: date, version: int) -> bool:
        """Whether an earlier missing report could change what is left for a charge of this day."""
        if any(credit.blocked and credit.left and element_id in credit.against for credit in self.credits):
            return True
        return any(state.is_blocked(on) for state in self.by_version[version].get(element_id, ()))

    def block(self, element_id: str, on: date, version: int) -> None:
        """A charge waits: so does everything that shares a credit or a cap with it from here on."""
        for credit in self.credits:
            if element_id in credit.against:
                credit.blocked = True
        for state in self.by_version[version].get(element_id, ()):
            state.blocked.add(state.key(on))

    def block_from(self, element_id: str, on: date, version: int) -> None:
        """A charge may have been missed on this day or on any later one."""
        self.doubtful.add(element_id)
        self.block(element_id, on, version)
        for state in self.by_version[version].get(element_id, ()):
            key = state.key(on)
            state.blocked_from = key if state.blocked_from is None else min(state.blocked_from, key)

    def exhausted(self, element_id: str, version: int) -> date | None:
        """The day a cap for life was reached that counts this element."""
        for state in self.by_version[version].get(element_id, ()):
            if not state.yearly and state.reached_on is not None:
                return state.reached_on
        return None

    def add_credit(self, fee: EntryFee, amount: int, *, blocked: bool = False) -> None:
        if fee.credit_against and (amount or blocked):
            credit = Credit(fee, amount)
            credit.blocked = blocked or not self.doubtful.isdisjoint(credit.against)
            self.credits.append(credit)

    def use_credit(self, element_id: str, amount: int, note) -> int:
        for credit in self.credits:
            if credit.left and amount > 0 and element_id in credit.against:
                used = amount if amount < credit.left else credit.left
                credit.left -= used
                note("credit", (amount, used, credit.left, credit.id), amount - used)
                amount -= used
        return amount

    def apply_caps(self, element_id: str, on: date, amount: int, version: int, note) -> int:
        """The amount that every cap still allows; counts it towards all of them."""
        states = self.by_version[version].get(element_id)
        if not states:
            return amount
        limits = self.amounts[version]
        for state in states:
            key = state.key(on)
            limit, charged = limits[state.cap.id], state.charged.get(key, 0)
            if charged + amount > limit:
                allowed = limit - charged if limit > charged else 0
                code = "yearly_cap" if state.yearly else "life_cap"
                note(code, (amount, limit, charged, state.cap.id), allowed)
                amount = allowed
        for state in states:
            key = state.key(on)
            total = state.charged.get(key, 0) + amount
            state.charged[key] = total
            if not state.yearly:
                if total >= limits[state.cap.id]:
                    state.reached_on = state.reached_on or on
                else:
                    state.reached_on = None  # an amendment raised the cap
        return amount
