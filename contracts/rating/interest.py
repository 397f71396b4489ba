"""逾期利息: simple interest on what is paid late, from the later of due date and invoice date.

It runs from the day after that date to the day of payment, inclusive; a part payment stops it for its part.
Monthly interest counts full months only, from the due date, unless the terms say that a part month counts.

The terms say when it is charged: with each payment (default), or month by month on what is still open. Month by month,
the sum up to each month's last day is charged less what was charged before, and so is the sum up to each payment: once
the debt is paid, both ways have charged the same, to the minor unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money, half_up
from marketplace.terms import Charged, MonthlyInterest
from marketplace.terms.contract import Interest
from marketplace.terms.dates import add_months, days_between

from .working import Step, Working


class Paid(NamedTuple):
    """A receipt on the debt."""

    on: date
    amount: Money


class Debt(NamedTuple):
    """What bears interest: a sum with the day it was due, the day of its invoice, and the receipts on it, in any order."""

    amount: Money
    due_on: date
    invoiced_on: date | None = None
    paid: Sequence[Paid] = ()

    @property
    def since(self) -> date:
        """The later of due date and invoice date: interest runs from the day after it."""
        return max(self.due_on, self.invoiced_on or self.due_on)

    def received(self, until: date) -> list[Paid]:
        """The receipts by `until`, by day; those of one day in the order they are given in."""
        return sorted((one for one in self.paid if one.on <= until), key=lambda receipt: receipt.on)


class InterestItem(NamedTuple):
    """Interest on one part of a debt; `paid` is False while that part is still open on `to`."""

    principal: Money
    since: date
    to: date
    amount: Money
    paid: bool
    working: Working


def interest(rule: Interest | None, debt: Debt, *, until: date) -> list[InterestItem]:
    """One item per late receipt, and one for what is open on `until`; each rounded half up once.

    Receipts after `until`, or above the debt, are left aside. Nothing without a rule.
    """
    if rule is None:
        return []
    since, currency, left = debt.since, debt.amount.currency, debt.amount.minor
    items: list[InterestItem] = []
    for on, amount in debt.received(until):
        part = min(amount.minor, left)
        left -= part
        if on > since and part > 0:
            items.append(_item(rule, Money(part, currency), since, on, settled=True))
    if left > 0 and until > since:
        items.append(_item(rule, Money(left, currency), since, until, settled=False))
    return [item for item in items if item.amount]


class InterestDue(NamedTuple):
    """What is charged on one day: of a receipt, or the last one of a month. `principal` is the part that was paid, or
    what is open; `since` the last day that was charged before."""

    on: date
    since: date
    principal: Money
    amount: Money
    exact: Fraction
    paid: bool
    working: Working


def interest_due(
    rule: Interest | None,
    debt: Debt,
    *,
    until: date,
    stopped_on: date | None = None,
    and_rest: bool = False,
) -> list[InterestDue]:
    """What is charged by `until`, a day each: with the late receipts, and month by month where the rule says so.

    A month is charged once it is over, with what was paid on its last day; none from `stopped_on` (the debt was
    written off). `and_rest`: as if a month ended on `until`, for what has come to so far. Every amount is above zero:
    where part payments, each rounded, come to less than was charged, the difference is taken off what is charged next,
    and at settlement off what was charged last.
    """
    if rule is None:
        return []
    since = debt.since
    months, held = _months(rule, since, until, stopped_on), None
    if and_rest and until > since:
        months.append(until)
    elif rule.charged is Charged.MONTHLY and add_months(since, len(months) + 1) == until:
        held = until
    receipts = [one for one in debt.received(until) if one.on != held]
    course = _Course(rule, debt)
    for day in sorted({receipt.on for receipt in receipts} | set(months)):
        course.go(day, [one.amount.minor for one in receipts if one.on == day], is_month=day in months)
    return course.dues


def _months(rule: Interest, since: date, until: date, stopped_on: date | None) -> list[date]:
    """The last days of the months that are over and charged as such."""
    months: list[date] = []
    if rule.charged is Charged.MONTHLY:
        last = min(until, stopped_on or until)
        while (month := add_months(since, len(months) + 1)) < last:
            months.append(month)
    return months


class _Course:
    """One debt through its days: what is left of it, and what was charged."""

    def __init__(self, rule: Interest, debt: Debt) -> None:
        self.rule, self.currency, self.since = rule, debt.amount.currency, debt.since
        self.left, self.month = debt.amount.minor, debt.since
        self.of_paid = self.charged = 0
        self.dues: list[InterestDue] = []

    def go(self, day: date, receipts: Sequence[int], *, is_month: bool) -> None:
        items = []
        for minor in receipts:
            part = min(minor, self.left)
            self.left -= part
            if day > self.since and part > 0:
                items.append(self._item(part, day, settled=True))
        own = sum(item.amount.minor for item in items)
        before, others, paid = self.month, self.of_paid, bool(items)
        self.of_paid += own
        if is_month:
            self.month = day
        if self.left > 0 and self.month > self.since:
            rest = self._item(self.left, self.month, settled=False)
            if is_month:
                items.append(rest)
                own += rest.amount.minor
            else:
                others += rest.amount.minor
        amount = own + others - self.charged
        if amount > 0:
            items = [item for item in items if item.amount]
            self.dues.append(self._due(day, before, items, own, others, amount, paid=paid))
            self.charged += amount
        elif amount < 0 and self.left == 0:
            self._take_back(-amount)

    def _item(self, minor: int, to: date, *, settled: bool) -> InterestItem:
        return _item(self.rule, Money(minor, self.currency), self.since, to, settled=settled)

    def _due(self, day, since, items, own: int, others: int, amount: int, *, paid: bool) -> InterestDue:
        """`own`: of the parts paid this day and, at a month's end, of what is open; `others`: of the other parts."""
        steps = [step for item in items for step in item.working.steps]
        exact = sum((Fraction(item.working.steps[0].value) for item in items), Fraction(amount - own))
        if self.charged == others:
            others = 0  # what bore interest before was charged: neither has to be told
        if others or len(items) > 1:
            steps.append(Step("interest_parts", (own, others), own + others))
        if own + others != amount:
            steps.append(Step("interest_before", (own + others, self.charged), amount))
        return InterestDue(
            on=day,
            since=since,
            principal=Money(sum(item.principal.minor for item in items), self.currency),
            amount=Money(amount, self.currency),
            exact=exact if len(items) == 1 else Fraction(amount),
            paid=paid,
            working=Working(self.currency, "", tuple(steps)),
        )

    def _take_back(self, minor: int) -> None:
        """Off what was charged last."""
        self.charged -= minor
        while minor:
            last = self.dues.pop()
            part = min(minor, last.amount.minor)
            minor -= part
            left = last.amount.minor - part
            if left:
                steps = (*last.working.steps, Step("interest_settled", (last.amount.minor, part), left))
                self.dues.append(
                    last._replace(
                        amount=Money(left, self.currency),
                        exact=last.exact - part,
                        working=last.working._replace(steps=steps),
                    )
                )


def months_overdue(since: date, to: date, *, part_months: bool) -> int:
    """Full months from the due date to the day of payment; a part month more if it counts."""
    months = max((to.year - since.year) * 12 + to.month - since.month, 0)
    if months and add_months(since, months) > to:
        months -= 1
    return months + 1 if part_months and add_months(since, months) < to else months


def _item(rule: Interest, principal: Money, since: date, to: date, *, settled: bool) -> InterestItem:
    if isinstance(rule, MonthlyInterest):
        code, count = "interest_months", months_overdue(since, to, part_months=rule.part_months)
    else:
        code, count = "interest_days", days_between(since, to)
    exact = principal.minor * Fraction(rule.rate) * count
    amount = half_up(exact)
    steps = (Step(code, (principal.minor, rule.rate, count), exact), Step("round", (), amount))
    working = Working(principal.currency, "", steps)
    return InterestItem(principal, since, to, Money(amount, principal.currency), settled, working)
