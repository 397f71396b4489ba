"""How good a ranking is: nDCG@10 and recall@100 with judgements of yes and no; pure."""

import math
from collections.abc import Iterable, Mapping, Sequence

Rankings = Mapping[str, Sequence[str]]


def ndcg(ranking: Sequence[str], relevant: set[str], depth: int = 10) -> float:
    gain = sum(1 / math.log2(i + 2) for i, name in enumerate(ranking[:depth]) if name in relevant)
    best = sum(1 / math.log2(i + 2) for i in range(min(depth, len(relevant))))
    return gain / best if best else 0.0


def recall(ranking: Sequence[str], relevant: set[str], depth: int = 100) -> float:
    return len(relevant.intersection(ranking[:depth])) / len(relevant) if relevant else 0.0


def mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def figures(rankings: Rankings, relevant: Mapping[str, set[str]]) -> tuple[float, float]:
    """(nDCG@10, recall@100), over all questions: one that found nothing counts as 0."""
    asked = relevant.items()
    return (
        mean(ndcg(rankings.get(key, ()), right) for key, right in asked),
        mean(recall(rankings.get(key, ()), right) for key, right in asked),
    )
