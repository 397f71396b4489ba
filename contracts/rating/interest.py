"""逾期利息: simple interest on what is paid late, from the later of due date and invoice date.

It runs from the day after that date to the day of payment, inclusive; a part payment stops it for its part.
Monthly interest counts full months only, from the due date, unless the terms say that a part month counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money, half_up
from marketplace.terms import MonthlyInterest
from marketplace.terms.contract import Interest
from marketplace.terms.dates import add_months, days_between

from .working import Step, Working


class Paid(NamedTuple):
    """A receipt on the debt."""

    on: date
    amount: Money


class InterestItem(NamedTuple):
    """Interest on one part of a debt; `paid` is False while that part is still open on `to`."""

    principal: Money
    since: date
    to: date
    amount: Money
    paid: bool
    working: Working


def interest(
    rule: Interest | None,
    debt: Money,
    *,
    due_on: date,
    invoiced_on: date | None = None,
    paid: Sequence[Paid] = (),
    until: date,
) -> list[InterestItem]:
    """One item per late receipt, and one for what is open on `until`; each rounded half up once.

    Receipts after `until`, or above the debt, are left aside. Nothing without a rule.
    """
    if rule is None:
        return []
    since = max(due_on, invoiced_on or due_on)
    left = debt.minor
    items: list[InterestItem] = []
    for on, amount in sorted(paid, key=lambda receipt: receipt.on):
        if on > until:
            break
        part = min(amount.minor, left)
        left -= part
        if on > since and part > 0:
            items.append(_item(rule, Money(part, debt.currency), since, on, settled=True))
    if left > 0 and until > since:
        items.append(_item(rule, Money(left, debt.currency), since, until, settled=False))
    return [item for item in items if item.amount]


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
