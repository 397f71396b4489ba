"""What moves hits a little, beside how well the text fits: all three together raise a score by at most a seventh, so
that a listing with the better text stays before a newer or fuller one. Both engines multiply by the same factor.

    1 + FRESH · ½^(age / half life) + COMPLETE · completeness + AVAILABLE · (there is a right that may be licensed)
"""

from datetime import datetime

FRESH, HALF_LIFE_DAYS = 0.05, 365
COMPLETE = 0.06
AVAILABLE = 0.03
MOST = 1 + FRESH + COMPLETE + AVAILABLE


def factor(published_at: datetime | None, completeness: int, is_available: bool, now: datetime) -> float:
    """The factor for one document: completeness in per cent; what was never published is not fresh."""
    days = max(0.0, (now - published_at).total_seconds() / 86_400) if published_at else float("inf")
    return (
        1 + FRESH * 0.5 ** (days / HALF_LIFE_DAYS) + COMPLETE * completeness / 100 + AVAILABLE * is_available
    )


def sql(now: str = "%s") -> str:
    """The same as an expression over the columns of a document; one parameter: now."""
    days = f"extract(epoch FROM {now}::timestamptz - published_at) / 86400"
    # greatest() passes over NULL: what was never published must stay without
    fresh = f"CASE WHEN published_at IS NULL THEN 0 ELSE {FRESH} * power(0.5, greatest(0, {days}) / {HALF_LIFE_DAYS}) END"
    return (
        f"(1 + {fresh} + {COMPLETE} * completeness / 100.0"
        f" + CASE WHEN is_available THEN {AVAILABLE} ELSE 0 END)"
    )


def functions(now: datetime) -> list[dict]:
    """The same for a function_score of Elasticsearch (score_mode sum, boost_mode multiply)."""
    fresh = {"published_at": {"origin": now.isoformat(), "scale": f"{HALF_LIFE_DAYS}d", "decay": 0.5}}
    return [
        {"weight": 1},
        {"filter": {"exists": {"field": "published_at"}}, "exp": fresh, "weight": FRESH},
        {
            "filter": {"exists": {"field": "completeness"}},
            "field_value_factor": {"field": "completeness", "factor": 0.01, "missing": 0},
            "weight": COMPLETE,
        },
        {"filter": {"term": {"is_available": True}}, "weight": AVAILABLE},
    ]
