"""审计补缴: what an inspection of the accounts costs the licensee.

The gap is always paid; the audit's cost shifts to the licensee where the gap reaches a share of what was due
(10 % in the clauses this follows). Interest on the gap is the work of interest.py.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from marketplace.money import Money
from marketplace.terms import Audit

from .working import Step, Working


class TrueUp(NamedTuple):
    """`gap` is found − reported (negative: too much was reported), `share` the gap in what was due."""

    gap: Money
    share: Fraction
    cost_borne: Money
    total: Money
    working: Working


def true_up(rule: Audit | None, *, reported: Money, found: Money, cost: Money) -> TrueUp:
    """What the licensee pays after an audit, without interest; without a rule its cost never shifts."""
    gap = found - reported
    share = Fraction(gap.minor, found.minor) if found.minor > 0 else Fraction(0)
    nothing = Money(0, gap.currency)
    shifts = rule is not None and gap.minor > 0 and share >= Fraction(rule.cost_shift_at)
    borne = cost if shifts else nothing
    steps = [Step("gap", (found.minor, reported.minor, share), gap.minor)]
    if rule is not None:
        steps.append(Step("audit_cost", (cost.minor, rule.cost_shift_at), borne.minor))
    return TrueUp(gap, share, borne, gap + borne, Working(gap.currency, "", tuple(steps)))
