"""A rating run can be computed again at any time, from what the database knew when it ran."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.billing.models import RatingRun
from contracts.rating import Rating, TermsVersion, rate
from contracts.rating.engine import inputs_hash
from contracts.usage.queries import rating_inputs
from marketplace.terms import hash_of


def versions_hash(versions: Sequence[TermsVersion], hashes: Sequence[str] | None = None) -> str:
    """SHA-256 over every version of the terms with the day from which it is in force."""
    hashes = hashes or [hash_of(version.terms) for version in versions]
    listed = sorted([v.effective_on.isoformat(), one] for v, one in zip(versions, hashes, strict=True))
    return _digest(listed)


def result_hash(rating: Rating) -> str:
    """SHA-256 over every charge that a rating names: key, day, amount, exact amount, version."""
    return _digest(
        sorted(
            [c.element_id, c.part, c.period_start.isoformat(), c.period_end.isoformat(), c.dated_on.isoformat(),
             c.minor, str(c.exact), c.version]
            for c in rating.charges
        )
    )  # fmt: skip


def _digest(document) -> str:
    return hashlib.sha256(json.dumps(document, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True)
class Recomputed:
    """A run computed again: what agrees with what was stored."""

    run: RatingRun
    rating: Rating
    same_inputs: bool
    same_terms: bool
    same_result: bool

    @property
    def agrees(self) -> bool:
        return self.same_inputs and self.same_terms and self.same_result


def recompute(run: RatingRun) -> Recomputed:
    """Rate the run's contract again with both of its bounds: facts known by `known_at`, days until `until`.

    Reads only; what was accepted, voided, amended or agreed since does not count.
    """
    versions, facts, usage = rating_inputs(run.contract, as_of=run.known_at)
    rating = rate(versions, facts, usage, run.until)
    return Recomputed(
        run=run,
        rating=rating,
        same_inputs=inputs_hash(versions, facts, usage, run.until) == run.inputs_hash,
        same_terms=versions_hash(versions) == run.terms_hash,
        same_result=result_hash(rating) == run.result_hash and rating.total.minor == run.total_minor,
    )
