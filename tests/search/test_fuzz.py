"""Whatever is typed and whatever the address says, both engines answer: no error, no query syntax, nothing that the
reader may not see: not in hits, counts, suggestions, corrections or alerts."""

from dataclasses import replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from search import finding, suggesting
from search.engines import client
from search.engines.database import DatabaseEngine
from search.facts import Facts
from search.finding import read_query
from search.params import FACETS, RANGES, SearchParams
from search.viewer import ANONYMOUS, Viewer
from search.words import read
from tests.search.world import BATTERY, MARKET

SECRET = "zorblaxite"
HIDDEN = replace(
    BATTERY, page_id=90, audience=("own:77", "org:78"), title_en=f"{SECRET} 电池", title_zh="绝密电池配方", keywords_zh=("绝密电池",),
    keywords_en=(SECRET,), body_en=f"{SECRET} battery cell", institution="77", organisation_id=77, organisation_zh="绝密研究院",
    organisation_en="", region="65", programme="secret-programme", pilot="secret-programme", fields=("secret-field",), numbers=("UF-2026-000090",),
)  # fmt: skip
VIEWERS = {
    "anonymous": ANONYMOUS,
    "unverified": Viewer(78, is_verified=False),
    "verified": Viewer(5, is_verified=True),
}
_SYNTAX = "\"'\\()[]{}*?~^:+-!&|<>/=#@%_;,.`$ \t\n\x00\x1b\u200b\u202e\ud800\ufffd"
_WORDS = ["电池", "battery", "固态", "锂", "cell", SECRET, "绝密", "OR", "AND NOT", "title:", "_exists_", "1e999", "UF-2026-000090", "zorblaxit", "juemi", "jmdc"]  # fmt: skip
typed = st.lists(
    st.one_of(st.sampled_from(_WORDS), st.text(alphabet=_SYNTAX, max_size=6), st.text(max_size=12)),
    max_size=8,
).map(" ".join)
values = st.one_of(
    st.sampled_from(["LISTING", "4-6", "-", "9-1", "0-", "-0", "99999999999-", "mine", "NONE", "77", "65", "secret-field", "zh"]),
    st.text(max_size=8),
)  # fmt: skip
names = st.sampled_from(
    [*FACETS, "sort", "size", "page", *(f"{n}_{end}" for n in RANGES for end in ("min", "max"))]
)
fuzzed = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@pytest.fixture
def market(stored, statistics, monkeypatch):
    monkeypatch.setattr(client, "PAGE_SECONDS", 30)  # what is slow on a busy machine is no error
    stored(*MARKET, HIDDEN)
    statistics()


def _nothing_of_the_hidden(found) -> None:
    assert HIDDEN.page_id not in dict(found.ids)
    said = {value for counts in found.counts.values() for value in counts}
    assert not said & {"77", "65", "secret-programme", "secret-field"}
    assert sum(found.counts["kind"].values()) <= len(MARKET)


@fuzzed
@given(q=typed, choices=st.dictionaries(names, st.lists(values, max_size=3), max_size=4))
@example(q="电" * 999, choices={})
@example(q="".join(chr(0x4E00 + n) for n in range(1_000)), choices={})
@example(q=" ".join(f"w{n}" for n in range(300)), choices={})
@example(q=SECRET, choices={"page": ["500"], "sort": ["trl"]})
def test_any_question_is_answered_and_tells_nothing(market, engine, q, choices):
    params = SearchParams.from_query({"q": q, **choices})
    query = read_query(params.q)
    for viewer in VIEWERS.values():
        with transaction.atomic():
            for loose in (False, True):
                _nothing_of_the_hidden(engine.search(params, query, viewer, loose=loose))


@fuzzed
@given(q=typed)
@example(q="zorblaxit")
@example(q="jmdc")
@example(q="绝密电吃")
def test_any_result_page_and_suggestion_tells_nothing(market, q):
    for viewer in VIEWERS.values():
        with transaction.atomic():
            results = finding.find(SearchParams.from_query({"q": q}), viewer)
        shown = [*results.hits, *results.near_misses]
        assert HIDDEN.page_id not in {hit.document.pk for hit in shown}
        told = [
            results.params.q if results.instead_of else "",
            results.correction.text if results.correction else "",
        ]
        for secret in ("绝密", SECRET):
            assert secret in q or not any(secret in text for text in told)
    offered = " ".join(suggesting.suggest(q))
    assert "绝密" not in offered
    assert SECRET not in offered


@fuzzed
@given(q=typed)
def test_no_alert_for_what_may_not_be_seen(market, q):
    for viewer in VIEWERS.values():
        with transaction.atomic():
            found = DatabaseEngine().matching(
                SearchParams.from_query({"q": q}), read(q), viewer, [HIDDEN.page_id, BATTERY.page_id]
            )
        assert HIDDEN.page_id not in found


def test_the_hidden_is_there_for_those_it_is_for(market, engine):
    """Else the tests above could not fail."""
    for viewer in (Viewer(77, is_verified=True), Viewer(78, is_verified=True)):
        found = engine.search(SearchParams(q=SECRET), read(SECRET), viewer)
        assert dict(found.ids).keys() == {HIDDEN.page_id}
        assert isinstance(HIDDEN, Facts)
