"""rate(): from the versions of the terms, the facts and the accepted usage to the charges, in order of date.

Order inside a day: elements as the terms list them, minima last. Inside a charge: royalty → stacking offset →
rounding → entry-fee credit → yearly caps → caps for life (see docs/terms.md, "Conventions").
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import localcontext
from itertools import pairwise
from operator import itemgetter

from marketplace.terms import (
    Commitment,
    EntryFee,
    Instalments,
    Minimum,
    Royalty,
    YearlyFee,
    check_amendment,
    hash_of,
)
from marketplace.terms.elements import Once

from .charging import prepare_royalty
from .facts import Facts, TermsVersion, UsageRow, normal
from .result import Rating
from .run import FIRST, Point, Run
from .sums import prepare_instalments, prepare_once
from .yearly import prepare_minimum, prepare_yearly_fee

PREPARE = {Royalty: prepare_royalty, YearlyFee: prepare_yearly_fee, Minimum: prepare_minimum}


def rate(
    versions: Sequence[TermsVersion],
    facts: Facts,
    usage: Sequence[UsageRow],
    until: date,
    *,
    working: bool = True,
    hashed: bool = False,
) -> Rating:
    """Every charge dated by `until`, what waits for a report, and the trigger days.

    Deterministic: the order of rows, events and versions given does not matter. `working=False` leaves the
    working out, `hashed=True` adds a hash of all inputs. Raises ValueError without a version, or where one
    cannot follow another (`check_amendment`).
    """
    if not versions:
        raise ValueError("at least one version of the terms")
    if len(versions) > 1:
        versions = sorted(versions, key=lambda version: version.effective_on)
        wrong = [p for one, two in pairwise(versions) for p in check_amendment(one.terms, two.terms)]
        if wrong:
            raise ValueError("; ".join(f"{problem.path}: {problem.message('en')}" for problem in wrong))
    with localcontext() as context:
        context.prec = 60  # exact products and sums; what divides is a Fraction
        run = Run(versions, facts, usage, until, working)
        for order, element_id in enumerate(run.order()):
            element = run.anywhere(element_id)
            if isinstance(element, Instalments):
                prepare_instalments(run, order, element_id, _most_parts(run, element_id))
            else:
                PREPARE.get(type(element), prepare_once)(run, order, element_id)
        for element_id, since in run.doubtful_from.items():
            run.points.append(Point(since, FIRST, 0, 0, doubt, element_id))
        run.points.sort(key=itemgetter(0, 1, 2, 3))
        for point in run.points:
            point.work(run, point)
        run.points.clear()  # they refer back to the run
        return _result(run, inputs_hash(versions, facts, usage, until) if hashed else "")


def inputs_hash(versions, facts: Facts, usage: Sequence[UsageRow], until: date) -> str:
    """SHA-256 over everything that rating is told, the same for the same facts in any order."""
    document = {
        "versions": sorted(
            [version.effective_on.isoformat(), hash_of(version.terms)] for version in versions
        ),
        "facts": normal(facts)
        | {name: normal(sorted(getattr(facts, name))) for name in ("events", "accepted", "closed")},
        "usage": sorted(json.dumps(normal(row), sort_keys=True) for row in usage),
        "until": until.isoformat(),
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def doubt(run: Run, point: Point) -> None:
    """From a missing report on that may have triggered an element, what shares a limit with it waits."""
    element_id = point.payload
    run.limits.block_from(element_id, point.on)
    element = run.anywhere(element_id)
    if isinstance(element, EntryFee) and not any(credit.id == element_id for credit in run.limits.credits):
        run.limits.add_credit(element, element.amount, blocked=True)


def _most_parts(run: Run, element_id: str) -> int:
    found = (version.terms.element(element_id) for version in run.versions)
    return max(len(element.parts) for element in found if isinstance(element, Instalments))


def _result(run: Run, digest: str) -> Rating:
    split = {
        found.on
        for element_id, found in run.triggers.items()
        if found is not None and isinstance(run.anywhere(element_id), Royalty)
    }
    return Rating(
        currency=run.currency,
        until=run.until,
        charges=tuple(run.charges),
        waiting=tuple(run.waiting),
        triggers=run.triggers,
        paid_up_on=_paid_up_on(run),
        split_days=tuple(sorted(split)),
        inputs_hash=digest,
    )


def _paid_up_on(run: Run) -> date | None:
    """付清: the day from which nothing more can arise, because each element was charged in full, ended with the
    option, or stands under a cap for life that was reached."""
    if run.waiting or run.doubtful_from or not any(charge.minor > 0 for charge in run.charges):
        return None
    declined = run.facts.first("conversion") is None and run.facts.declined_on is not None
    last = len(run.versions) - 1
    days: list[date] = []
    for element in run.terms.elements:
        if element.commitment is Commitment.OPTION and declined:
            continue
        capped = run.limits.exhausted(element.id, last)
        if capped is not None:
            days.append(capped)
        elif isinstance(element, Once) and element.id in run.done_on:
            days.append(run.done_on[element.id])
        elif isinstance(element, Instalments):
            keys = [f"{element.id}#{part}" for part in range(1, len(element.parts) + 1)]
            if any(key not in run.done_on for key in keys):
                return None
            days += [run.done_on[key] for key in keys]
        else:
            return None
    return max(days, default=None)
