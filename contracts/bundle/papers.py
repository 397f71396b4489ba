"""What rating was told and answered, as the papers of a bundle: plain JSON values, no database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from contracts.bundle.packing import canonical
from contracts.rating import Charge, Facts, Rating, TermsVersion, UsageRow, Waiting, working_json
from contracts.rating.facts import normal
from marketplace.terms import hash_of
from marketplace.terms.codec import write


def terms_paper(versions: Sequence[TermsVersion]) -> list[dict]:
    """Every version in force, numbered by date as charges name them."""
    listed = sorted(versions, key=lambda version: version.effective_on)
    return [
        {
            "version": number,
            "effective_on": version.effective_on.isoformat(),
            "hash": hash_of(version.terms),
            "terms": write(version.terms),
        }
        for number, version in enumerate(listed, 1)
    ]


def facts_paper(facts: Facts) -> dict:
    """The facts of the contract; lists in order, so that the same facts are the same paper."""
    paper = normal(facts)
    for name in ("events", "accepted", "closed"):
        paper[name] = normal(sorted(getattr(facts, name)))
    return paper


def usage_paper(rows: Iterable[UsageRow]) -> list[dict]:
    """The rows that were rated, in order; quantities are exact decimals in strings."""
    listed = [_row(row) for row in rows]
    return sorted(listed, key=lambda row: (row["start"], row["end"], row["meter"], row["product"], str(row)))


def _row(row: UsageRow) -> dict:
    paper: dict[str, Any] = {
        "meter": row.meter,
        "start": row.period_start.isoformat(),
        "end": row.period_end.isoformat(),
        "product": row.product,
    }
    if row.components is not None:
        return {**paper, "components": dict(row.components)}
    return {**paper, "quantity": str(normal(row.quantity if row.quantity is not None else 0))}


def rollups_paper(events: Iterable[tuple], deemed: Iterable[tuple] = ()) -> dict:
    """Daily sums of events that count, each with the digest of its events, so that whoever sent them can compare.

    `events` as (meter, product, day, source, id, quantity), sorted; the digest is the SHA-256 of one line for each event,
    `["source","id","quantity"]` as canonical JSON and a newline. `deemed`: (figure, first, last day) of periods in which
    earlier figures count instead.
    """
    rows = []
    for (meter, product, day), group in groupby(events, itemgetter(0, 1, 2)):
        digest, total, count = hashlib.sha256(), Decimal(0), 0
        for *_key, source, event_id, quantity in group:
            digest.update(canonical([source, event_id, str(normal(quantity))]))
            total, count = total + quantity, count + 1
        on = f"{day // 10_000:04}-{day // 100 % 100:02}-{day % 100:02}"
        rows.append(
            {
                "meter": meter,
                "product": product,
                "day": on,
                "quantity": str(normal(total)),
                "events": count,
                "digest": digest.hexdigest(),
            }
        )
    return {
        "rows": rows,
        "deemed": [
            {"figure": figure, "start": start.isoformat(), "end": end.isoformat()}
            for figure, start, end in deemed
        ],
    }


def rated_charge(charge: Charge, terms_hash: str, number: int = 0) -> dict:
    """A charge as the rating names it, in the form of a bundle."""
    return {
        "id": number,
        "kind": "CHARGE",
        "state": "ACCRUED",
        "element": charge.element_id,
        "part": charge.part,
        "start": charge.period_start.isoformat(),
        "end": charge.period_end.isoformat(),
        "sequence": 0,
        "dated_on": charge.dated_on.isoformat(),
        "minor": charge.minor,
        "currency": charge.currency,
        "exact": str(charge.exact),
        "version": charge.version + 1,
        "terms_hash": terms_hash,
        "due": write(charge.due),
        "working": working_json(charge.working) if charge.working else None,
        "before": None,
        "now": None,
        "of_invoice": None,
    }


def waiting_paper(waiting: Iterable[Waiting]) -> list[dict]:
    return [
        {
            "element": one.element_id,
            "part": one.part,
            "start": one.period_start.isoformat(),
            "end": one.period_end.isoformat(),
            "reason": one.reason,
            "detail": one.detail,
        }
        for one in waiting
    ]


def rating_paper(rating: Rating, **run: Any) -> dict:
    """Until when, and what waits; `run` adds what the stored run says of itself."""
    return {
        "until": rating.until.isoformat(),
        "currency": rating.currency,
        "total": rating.total.minor,
        "waiting": waiting_paper(rating.waiting),
        "paid_up_on": rating.paid_up_on.isoformat() if rating.paid_up_on else None,
        **run,
    }
