"""One contract for both engines: the same questions, the same answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.http import QueryDict

from marketplace.clock import now
from search import indexing, pushing, ranking
from search.checking import found_by_searches
from search.engines import DatabaseEngine, EngineDown, database
from search.engines.base import Asked, Likeness
from search.facts import Facts
from search.models import SearchDocument
from search.params import SearchParams
from search.services import save_search
from search.suggesting import texts
from search.viewer import ANONYMOUS, Viewer
from search.words import read
from tests.factories.ground import make_acting
from tests.search.world import BATTERY, MARKET, NEED, PUMP, QUANTUM, ids, index

ODD = [
    '"', "'", "\\", "(", "[a", "{", "*", "?", "~", "^2", "a AND", "OR", "NOT x", "title:x", "a && b || !c", "<->", "& | !",
    "%", "_", "\x00", "\x1b[31m", "\ud800", "a\ud800b", "😀", "😀电池", "电" * 10_000, "a" * 10_000, "a b " * 3_000, " ", "…",
    "1e999", "-1", "the", "it's", "CO₂", "１２３", "ﬁ", "\u202e电池", "../../etc", "<script>alert(1)</script>", "'; DROP TABLE x; --",
]  # fmt: skip


WORDS = {
    "固态电池": {1, 4},  # the whole word, not all that hold 电池
    "固態電池": {1, 4},  # traditional characters
    "电池": {1, 4, 5},
    "锂": {1},  # one character
    "密钥分发": {2},
    "battery": {1, 5},
    "batteries": {1, 5},  # stems
    "BATTERY": {1, 5},
    "ｂａｔｔｅｒｙ": {1, 5},  # full width
    "battery 电解质": {1, 5},  # mixed: one typed word is enough
    "硫化物 cryogenic": {1, 3},
    "示例大学": {1, 3},  # institutions
    "飞机发动机": set(),
    "the": set(),
    "???": set(),
}


def test_words_find(market, find):
    found = {typed: find(typed) for typed in WORDS}
    assert {typed: set(ids(f)) for typed, f in found.items()} == WORDS
    assert {typed: f.total for typed, f in found.items()} == {typed: len(v) for typed, v in WORDS.items()}


def test_best_match_comes_first(market, find):
    assert ids(find("固态电池电解质"))[0] == BATTERY.page_id
    assert ids(find("cryogenic sealing"))[0] == PUMP.page_id


def test_long_question_needs_no_whole_word(market, find):
    found = find("我们正在寻找一种能够在极端低温环境下工作的电池材料以及相应的电解质制备工艺")
    assert BATTERY.page_id in ids(found)


def test_loose_search_finds_what_comes_near(market, find):
    assert find("固态飞机").total == 0
    assert BATTERY.page_id in ids(find("固态飞机", loose=True))


def test_synonyms_work_across_languages(market, find):
    sets = [["量子密钥", "QKD", "quantum key distribution"], ["电池", "battery", "cell"]]
    assert ids(find("qkd", synonyms=sets)) == [QUANTUM.page_id]
    assert ids(find("Quantum Key Distribution", synonyms=sets)) == [QUANTUM.page_id]
    assert ids(find("qkd")) == []
    assert NEED.page_id in ids(find("battery", synonyms=sets))


SIGNS = (
    Facts(page_id=6, kind="LISTING", title_en="Cell of 1.2 kW·h", body_en="It's a highly loaded one, version 3.4.5, O₂-free."),
    Facts(page_id=7, kind="LISTING", title_zh="第1章第2节的10.2版", body_zh="奶牛的1,200头样本，2.5mm。", body_en="High and free."),
)  # fmt: skip
SIGNED = {
    "1.2": {6},  # one number, not a 1 and a 2
    "10.2": {7},
    "2.5": {7},
    "2.5 mm": {7},
    "3.4.5": {6},
    "kW·h": {6},
    "h": {6},
    "it's loaded": {6},
    "o2": {6},
    "肉牛": {7},  # by a word of one character that means the same
    "loaded": {6},
    "loads": {6},
}
# Where the engines differ: what Elasticsearch finds, what PostgreSQL finds. It makes adverbs and adjectives one stem.
UNLIKE = {"highly": ({6}, {6, 7}), "high": ({7}, {6, 7})}


def test_signs_part_words_the_same_way(stored, find, engine):
    stored(*SIGNS)
    asked = {typed: set(ids(find(typed, synonyms=[["肉牛", "牛"]]))) for typed in SIGNED}
    assert asked == SIGNED
    unlike = {typed: set(ids(find(typed))) for typed in UNLIKE}
    assert unlike == {typed: both[engine.name == "database"] for typed, both in UNLIKE.items()}


def test_odd_input_gives_an_answer(market, find):
    for typed in ODD:
        params = SearchParams.from_query({"q": typed})
        found = find(params.q)
        assert found.total == len(set(ids(found))), typed
        find(params.q, loose=True)


def test_all_is_counted(market, find):
    counts = find().counts
    assert counts == {
        "kind": {"LISTING": 3, "NEED": 1, "SERVICE": 1},
        "field": {"engineering": 3, "materials": 1, "information-engineering": 1, "mechanical": 1},
        "trl": {"3": 1, "5": 1, "8": 1},
        "ip": {"INVENTION": 2, "SOFTWARE": 1, "UTILITY_MODEL": 1},
        "free": {"UP_TO_6": 1, "UP_TO_12": 1},
        "trigger": {"TIME": 2, "INCOME": 1},
        "payment": {"ROYALTY": 1, "LUMP_SUM": 1, "OPEN": 1},
        "exclusivity": {"NON_EXCLUSIVE": 1, "EXCLUSIVE": 1, "SOLE": 1},
        "institution": {"11": 2, "12": 1, "14": 1},
        "region": {"42": 3, "33": 1, "44": 1},
        "language": {"zh": 4, "en": 3},
        "programme": {"hubei": 1},
        "price": {"NONE": 1, "UP_TO_500K": 1, "OVER_2M": 1},
        "eligible": {"hubei": 1},
    }


def test_counts_of_a_facet_ignore_its_own_choice(market, find):
    found = find(region=["42"], kind=["LISTING"])
    assert set(ids(found)) == {1, 3}
    assert found.total == 2
    assert found.counts["region"] == {"42": 2, "33": 1}
    assert found.counts["kind"] == {"LISTING": 2, "NEED": 1}
    assert found.counts["trl"] == {"3": 1, "5": 1}


FACETS = [
    ({"trl": ["4-6"]}, {1}),
    ({"trl": ["9-4"]}, {1, 2}),
    ({"trl": ["3", "8"]}, {2, 3}),
    ({"field": ["engineering"]}, {1, 2, 3}),
    ({"field": ["materials", "mechanical"]}, {1, 3}),
    ({"ip": ["SOFTWARE"]}, {2}),
    ({"free": ["UP_TO_12"]}, {1}),
    ({"trigger": ["INCOME"]}, {1}),
    ({"language": ["en"]}, {1, 3, 5}),
    ({"programme": ["hubei"]}, {1}),
    ({"institution": ["11"], "exclusivity": ["SOLE"]}, {3}),
    ({"payment": ["NO_SUCH_FORM"]}, set()),
    ({"free": ["7-12"]}, {1}),
    ({"free": ["-6"]}, {2}),
    ({"free": ["6-"]}, {1, 2}),
    ({"free": ["UP_TO_6", "12-12"]}, {1, 2}),
    ({"price": ["0-200000"]}, {1, 3}),
    ({"price": ["200001-"]}, {2}),
    ({"price": ["NONE", "OVER_2M"]}, {2, 3}),
    ({"price": ["999999999-"]}, set()),
    ({"eligible": ["mine"]}, set()),
]


def test_facets_filter(market, find):
    assert [(facets, set(ids(find(**facets)))) for facets, _expected in FACETS] == FACETS


def test_lists_are_sorted_and_paged(market, find):
    assert ids(find(sort="newest")) == [2, 3, 1, 4, 5]
    assert ids(find()) == [2, 3, 1, 4, 5]
    assert ids(find(sort="trl"))[:3] == [2, 1, 3]
    assert ids(find("电池", sort="newest")) == [1, 4, 5]
    assert ids(find(sort="free"))[:2] == [1, 2]
    first, second = find(size=2), find(size=2, page=2)
    assert (ids(first), ids(second), second.total) == ([2, 3], [1, 4], 5)


def test_everybody_finds_what_they_may_see(stored, find):
    stored(
        replace(BATTERY, page_id=1, audience=("public", "own:11")),
        replace(BATTERY, page_id=2, audience=("verified", "own:11")),
        replace(BATTERY, page_id=3, audience=("own:11", "org:21")),
        replace(BATTERY, page_id=4, audience=("own:11",)),
    )
    seen = {
        "anonymous": ANONYMOUS,
        "unverified": Viewer(21, is_verified=False),
        "verified": Viewer(20, is_verified=True),
        "invited": Viewer(21, is_verified=True),
        "own": Viewer(11, is_verified=True),
    }
    found = {who: find("电池", viewer=viewer) for who, viewer in seen.items()}
    expected = {
        "anonymous": {1},
        "unverified": {1},
        "verified": {1, 2},
        "invited": {1, 2, 3},
        "own": {1, 2, 3, 4},
    }
    assert {who: set(ids(f)) for who, f in found.items()} == expected
    assert {who: f.counts["kind"] for who, f in found.items()} == {
        who: {"LISTING": len(visible)} for who, visible in expected.items()
    }


OFFERS = {
    "量子": "量子密钥",
    "liangzi": "量子密钥",
    "liangzimiyao": "量子密钥",
    "lzmy": "量子密钥",
    "LZ": "量子密钥",
    "solid": "solid-state batteries",
    "solid-st": "solid-state batteries",
    "pumps": "Sealing compound for cryogenic pumps",
}


def test_search_box_offers(database_search):
    index(*MARKET)
    assert {typed for typed, text in OFFERS.items() if text not in texts(typed)} == set()


def test_search_box_offers_only_what_everybody_may_see(database_search):
    index(replace(QUANTUM, audience=("verified", "own:12")))
    assert texts("liangzi") == []


def test_search_box_offers_nothing_for_what_is_no_beginning(database_search):
    index(*MARKET)
    nothing = ["", "a", "%", "_", "\\", "zzzz", "\x00", "'"]
    assert {typed: texts(typed) for typed in nothing} == {typed: [] for typed in nothing}


def test_need_finds_its_listing(market, engine):
    question = Likeness(
        title=read(NEED.title_zh),
        detail=read(NEED.body_zh),
        kinds=("LISTING",),
        near={"region": ("42",)},
        without=4,
        viewer=ANONYMOUS,
    )
    others = replace(question, kinds=("NEED",), without=None)
    listings, needs = engine.alike([question, others], 5, seconds=30)
    assert listings[0][0] == BATTERY.page_id
    assert {pk for pk, _score in listings} <= {1, 2, 3}
    assert 4 in dict(needs)
    assert engine.alike([], 5, seconds=30) == []


def test_database_gives_up_what_takes_too_long(db):
    with pytest.raises(EngineDown), database.within(0.02):
        database._rows("SELECT pg_sleep(5)", ())
    assert database._rows("SELECT current_setting('statement_timeout')", ()) == [("0",)]
    with database.within(60):
        assert database._rows("SELECT current_setting('statement_timeout')", ()) == [("1min",)]
    assert database._rows("SELECT current_setting('statement_timeout')", ()) == [("0",)]


def test_withdrawn_document_is_found_no_more(market, stored, find, engine):
    with transaction.atomic():
        indexing.lock([1])
        indexing.remove([1])
    if engine.name == "elasticsearch":
        pushing.push()
    assert set(ids(find("电池"))) == {4, 5}


def test_eligible_is_what_is_open_to_who_asks(market, find):
    mine, other = Viewer(21, is_verified=True), Viewer(22, is_verified=True)
    mine.__dict__["programmes"], other.__dict__["programmes"] = ["hubei", "zhejiang"], ["zhejiang"]
    assert ids(find(viewer=mine, eligible=["mine"])) == [BATTERY.page_id]
    assert ids(find(viewer=other, eligible=["mine"])) == []
    assert find(viewer=mine, eligible=["mine"], trl=["3"]).counts["eligible"] == {}


SAME = {"kind": "LISTING", "title_en": "Ceramic kiln furniture", "body_en": "Kiln furniture of ceramic foam."}
DAY = datetime(2026, 1, 1, tzinfo=UTC)
GENTLE = {
    "newer": ({"published_at": now() - timedelta(days=10)}, {"published_at": now() - timedelta(days=900)}),
    "fuller": ({"published_at": DAY, "completeness": 95}, {"published_at": DAY, "completeness": 30}),
    "available": ({"published_at": DAY, "is_available": True}, {"published_at": DAY}),
}


@pytest.mark.parametrize("what", GENTLE)
def test_of_equal_texts_the_better_offer_comes_first(stored, find, what):
    better, worse = (
        Facts(page_id=pk, **SAME, **facts) for pk, facts in zip((1, 2), GENTLE[what], strict=True)
    )
    stored(better, worse)
    (first, high), (second, low) = find("ceramic kiln").ids
    assert (first, second) == (1, 2)
    assert 1 < high / low < ranking.MOST


def test_better_text_stays_before_the_newer_and_fuller(stored, find):
    stored(
        Facts(page_id=1, kind="LISTING", title_en="Ceramic kiln furniture", published_at=datetime(2020, 1, 1, tzinfo=UTC)),
        Facts(page_id=2, kind="LISTING", title_en="Furniture", body_en="For offices, with a word on kiln drying of wood.",
              published_at=now(), completeness=100, is_available=True),
    )  # fmt: skip
    assert ids(find("ceramic kiln furniture")) == [1, 2]


HELD = {
    "q=固态电池": {1, 4},
    "q=battery&trl=5": {1},
    "kind=NEED": {4},
    "q=UF-2026-000002": {2},
    "q=锂": {1},
    "": {1, 2, 3, 4, 5},
}


def test_many_searches_are_held_against_some_pages_at_once(market, engine):
    """What alerts ask: of the pages named, those that the result page would list; odd texts find nothing and break
    nothing."""
    every, some = [1, 2, 3, 4, 5], [1, 3]
    queries = [SearchParams.from_query(QueryDict(text)) for text in HELD]
    asked = [Asked(p, read(p.q), ANONYMOUS, pages) for pages in (every, some) for p in queries]
    asked += [Asked(SearchParams(q=text), read(text), ANONYMOUS, every) for text in ODD]
    found = [set(pages) for pages in engine.matching_each(asked)]
    expected = list(HELD.values())
    assert found[: len(HELD)] == expected
    assert found[len(HELD) : 2 * len(HELD)] == [pages & set(some) for pages in expected]
    assert len(found) == len(asked)
    invited = Viewer(7, is_verified=True)
    hidden = Asked(SearchParams(), read(""), invited, every)
    assert [set(pages) for pages in engine.matching_each([hidden, replace(hidden, viewer=ANONYMOUS)])] == [
        set(every)
    ] * 2


@pytest.mark.elasticsearch
def test_saved_searches_ask_elasticsearch_unless_it_is_behind(elasticsearch, monkeypatch):
    scout = make_acting("ENTERPRISE", "SCOUT")
    search = save_search(actor=scout, query="q=固态电池", name="x")
    documents = []
    for title, is_pushed in (("固态电池一", True), ("固态电池二", False)):
        index(replace(BATTERY, title_zh=title))
        documents = list(SearchDocument.objects.filter(pk=1))
        if is_pushed:
            pushing.push()
            monkeypatch.setattr(DatabaseEngine, "matching_each", None)
        assert found_by_searches(documents) == {search.pk: [1]}
        monkeypatch.undo()


def test_engines_multiply_by_the_documented_factor(stored, find):
    stored(
        Facts(page_id=1, **SAME),
        Facts(page_id=2, **SAME, published_at=DAY, completeness=50, is_available=True),
    )
    scores = dict(find("ceramic kiln").ids)
    assert scores[2] / scores[1] == pytest.approx(ranking.factor(DAY, 50, True, now()), rel=0.002)
