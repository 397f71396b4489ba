"""The order of hits, held against plain BM25 on the same server in the same run, and against itself where the
question is in the other language. `RELEVANCE_DATA` names the folder with the large collections; the small ones are
the demo's own listings.
"""

import sys
from dataclasses import replace
from itertools import product

import pytest

from search import evaluation, pushing
from search.engines import DatabaseEngine, ElasticEngine
from search.engines.base import Asked
from search.finding import forget_synonyms, read_query
from search.models import SynonymSet
from search.params import SearchParams
from search.viewer import ANONYMOUS
from tests.search.relevance import baseline, measures, sets
from tests.search.world import index

pytestmark = pytest.mark.elasticsearch

# Least ratio of our nDCG@10 to that of plain BM25. Small sets move by a hundredth with one question.
GUARDED = {
    "own zh titles": 0.99,
    "own en titles": 0.99,
    "own zh keywords": 0.99,
    "own en keywords": 0.99,
    "own zh needs": 0.99,
    "own en needs": 0.99,
}
QUESTIONS = 120  # of a large set
# Least nDCG@10 where plain BM25 finds next to nothing.
ACROSS = {"own zh for en": 0.5, "own en for zh": 0.5}
# How much of nDCG@10 is left where half of the market is in the other language.
BESIDE = {"elasticsearch": 0.91, "database": 0.84}
# How much of Elasticsearch's nDCG@10 and recall@100 the embedded engine reaches.
EMBEDDED = {
    "own zh titles": (0.98, 1.00),
    "own en titles": (0.98, 1.00),
    "own zh keywords": (1.00, 1.00),
    "own en keywords": (1.00, 1.00),
    "own zh needs": (0.98, 1.02),
    "own en needs": (1.00, 1.00),
    "own zh for en": (1.00, 1.00),
    "own en for zh": (0.99, 1.00),
}
# Of so many searches these find other listings: how many more Elasticsearch finds, how many more PostgreSQL, which makes
# one stem of "quick" and "quickly".
SEARCHES = 440
UNLIKE = {
    "Low-cost water probe for rice-crayfish fields": (0, 3),
    "Microbial mix for quick straw composting": (0, 1),
    "Quick shore-power connector for river vessels": (0, 1),
}


def ours(judged: sets.Judged, engine: str = "elasticsearch") -> tuple[float, float]:
    ranked = evaluation.rank(engine, judged.documents, judged.questions)
    return measures.figures({key: [name for name, _score in hits] for key, hits in ranked}, judged.relevant)


def plain(judged: sets.Judged) -> tuple[float, float]:
    """With the detail of a need behind its title, where there is one and it helps."""
    runs = [dict(baseline.rank(judged.documents, judged.questions))]
    if any("detail" in question for question in judged.questions):
        runs.append(dict(baseline.rank(judged.documents, judged.questions, detail=True)))
    return max(measures.figures(run, judged.relevant) for run in runs)


def test_ranking_is_no_worse_than_plain_bm25(elasticsearch):
    found = {}
    for name in GUARDED:
        judged = sets.OWN[name]()
        found[name] = ours(judged)[0] / plain(judged)[0]
    assert {name: round(ratio, 3) for name, ratio in found.items() if ratio < GUARDED[name]} == {}


def test_words_that_mean_the_same_find_across_languages(elasticsearch):
    judged = {name: sets.OWN[name]() for name in ACROSS}
    found = {name: ours(one)[0] for name, one in judged.items()}
    assert {name: round(value, 3) for name, value in found.items() if value < ACROSS[name]} == {}
    SynonymSet.objects.all().delete()
    forget_synonyms()
    without = {name: ours(one)[0] for name, one in judged.items()}
    assert all(without[name] < found[name] / 3 for name in ACROSS)


@pytest.mark.parametrize("engine", BESIDE)
def test_the_other_language_buries_nothing(elasticsearch, engine):
    """Words of a translation find their documents behind those that hold what was typed."""
    for code in ("zh", "en"):
        alone, beside = (ours(sets.own_titles_beside(code, other=other), engine) for other in (False, True))
        assert beside[0] >= BESIDE[engine] * alone[0], (code, alone, beside)


def test_embedded_engine_is_this_much_weaker(elasticsearch):
    weaker = {}
    for name, build in sets.OWN.items():
        judged = build()
        one, two = ours(judged), ours(judged, "database")
        weaker[name] = tuple(b / a for a, b in zip(one, two, strict=True))
    assert weaker == {name: pytest.approx(ratio, abs=0.015) for name, ratio in EMBEDDED.items()}


def test_engines_find_the_same_but_for_these(elasticsearch):
    """Every title and keyword of the demo's listings as a saved search, held against all of them."""
    listings = sets._listings()
    facts = [evaluation.facts_of(sets._in_one_language(one, code), number)
             for number, (one, code) in enumerate(product(listings, ("zh", "en")), start=1)]  # fmt: skip
    index(*facts)
    pushing.push()
    texts = {text for one in listings for code in ("zh", "en") for text in (one[f"title_{code}"], *one[f"keywords_{code}"])}  # fmt: skip
    asked = [Asked(SearchParams(q=text), read_query(text), ANONYMOUS, [f.page_id for f in facts]) for text in sorted(texts)]  # fmt: skip
    one, two = (engine.matching_each(asked) for engine in (ElasticEngine(), DatabaseEngine()))
    unlike = {
        a.params.q: (len({*e} - {*d}), len({*d} - {*e}))
        for a, e, d in zip(asked, one, two, strict=True)
        if {*e} != {*d}
    }
    assert (len(asked), unlike) == (SEARCHES, UNLIKE)


@pytest.mark.bench
@pytest.mark.skipif(not sets.available(), reason="RELEVANCE_DATA names no folder with the collections")
@pytest.mark.parametrize("name", sets.SETS)
def test_large_sets(elasticsearch, name, capsys):
    """Prints one line of the table in docs/search.md: nDCG@10 and recall@100 of plain BM25, Elasticsearch, PostgreSQL."""
    judged = sets.SETS[name]()
    asked = judged.questions[:QUESTIONS]
    judged = replace(
        judged, questions=asked, relevant={one["id"]: judged.relevant[one["id"]] for one in asked}
    )
    values = [plain(judged), ours(judged), ours(judged, "database")]
    with capsys.disabled():
        cells = " | ".join(f"{ndcg:.3f} / {recall:.3f}" for ndcg, recall in values)
        sys.stdout.write(f"| {name} | {len(judged.questions)} | {cells} |\n")
    if " for " not in name:
        # Of nineteen questions, one whose document is second instead of first moves the figure by a fiftieth.
        assert values[1][0] >= (0.985 if len(judged.questions) >= 100 else 0.98) * values[0][0]
