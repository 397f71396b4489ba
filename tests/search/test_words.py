"""What was typed, what is chosen, what is marked: the pure parts."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import clean, cut, fold, stem
from search.breaker import Breaker
from search.facts import keys
from search.highlight import Marker, Text
from search.matching import common_stretches
from search.params import FACETS, SearchParams
from search.words import Thesaurus, read


def marked(query: str, text: str, synonyms=()) -> str:
    return "".join(
        f"[{p.text}]" if p.hit else p.text
        for p in Marker(read(query, Thesaurus(synonyms))).pieces(Text(text))
    )


def test_text_is_cut_into_pairs_and_words():
    assert cut("基于固態電池的 Li-ion 材料，A级") == "基于 于固 固态 态电 电池 池的 li ion 材料 a 级"


def test_folding_makes_spellings_one():
    assert fold("ＡＢＣ　１２３ 電池 CO₂") == "abc 123 电池 co2"


def test_stems_are_those_of_the_database():
    assert [stem(w) for w in ("batteries", "battery", "running", "3d")] == ["batteri", "batteri", "run", "3d"]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("池", "电池池子", "电[池池]子"),
        ("电池", "电池电池，电 池", "[电池电池]，电 池"),
        ("固态电池", "固态电池与电池", "[固态电池]与[电池]"),
        ("固態", "固态與固態", "[固态]與[固態]"),
        ("battery", "Batteries & BATTERY, batter", "[Batteries] & [BATTERY], batter"),
        ("cell 电池", "电池cell cells", "[电池cell] [cells]"),
        ("a", "a b", "a b"),
        ("co2", "CO₂ 捕集", "[CO₂] 捕集"),
        ("low temperature", "Low-temperature, low temperature", "[Low-temperature], [low] [temperature]"),
        ("<b>", "<b>bold</b>", "<[b]>bold</[b]>"),
    ],
)
def test_marks_neither_split_nor_double(query, text, expected):
    assert marked(query, text) == expected


@given(st.text(max_size=60), st.text(max_size=20))
def test_marks_never_change_the_text(text, query):
    assert marked(query, text).replace("[", "").replace("]", "") == text.replace("[", "").replace("]", "")


def test_synonyms_are_marked_too():
    assert marked("ML", "机器学习 ml", [["机器学习", "ML"]]) == "[机器学习] [ml]"


def test_snippet_shows_the_part_that_matches():
    text = "前言。" * 200 + "采用硫化物电解质的电池" + "后记。" * 200
    snippet = "".join(piece.text for piece in Marker(read("硫化物电解质")).snippet(Text(text)))
    assert "硫化物电解质" in snippet
    assert len(snippet) < 140


@given(st.text())
def test_any_text_can_be_read(text):
    query = read(text)
    assert len(query.text) <= 1000
    assert clean(query.text) == query.text
    query.text.encode()


@given(
    st.dictionaries(
        st.sampled_from([*FACETS, "q", "sort", "page", "size", "x"]),
        st.lists(st.text(max_size=8), max_size=4),
    )
)
def test_any_address_can_be_read_and_written_back(query):
    params = SearchParams.from_query(query)
    assert SearchParams.from_query(QueryDict(params.to_query())) == params


def test_address_is_canonical():
    typed = QueryDict(
        "trl=4-6&trl=4-6&field=materials&kind=NONSENSE&sort=sideways&page=999999&size=7&q=%00 a  b "
    )
    assert SearchParams.from_query(typed).to_query() == "q=a+b&field=materials&trl=4-6&page=500"


def test_choice_is_toggled_on_the_first_page():
    params = SearchParams(q="x", facets={"kind": ("NEED",)}, page=4)
    assert params.toggled("kind", "LISTING").to_query() == "q=x&kind=LISTING&kind=NEED"
    assert params.toggled("kind", "NEED").to_query() == "q=x"


def test_keys_hold_pinyin_and_initials():
    assert keys("量子密钥") == ["量子密钥", "liangzimiyao", "lzmy"]
    assert keys("Solid-state battery") == ["solidstatebattery", "statebattery", "battery"]


def test_common_stretches_are_terms_of_both():
    assert common_stretches("我们需要低温快充的固态电池材料", "一种固态电池材料及低温快充方法") == [
        "固态电池材料",
        "低温快充",
    ]


def test_breaker_opens_after_three_failures_and_lets_one_try():
    time = [0.0]
    breaker = Breaker(clock=lambda: time[0])
    for _failure in range(3):
        assert breaker.allows()
        breaker.failed()
        assert not breaker.allows()  # nobody waits twice within a moment
        time[0] += 1
    assert (breaker.allows(), breaker.is_open) == (False, True)
    time[0] = 33
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert (breaker.allows(), breaker.is_open) == (True, False)


SETS = [["固态电池", "solid-state battery"], ["电池", "battery"], ["3D打印", "additive manufacturing"], ["物联网", "Internet of Things"]]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("固态电池", ["solid state battery"]),  # the longest term at a place
        ("固态电池和电池", ["solid state battery", "battery"]),
        ("3d打印机", ["additive manufacturing"]),
        ("Solid State Batteries", ["固态电池"]),
        ("internet-of-things", ["物联网"]),
        ("the internet, things", ["物联网"]),
        ("固态", []),
        ("", []),
    ],
)
def test_thesaurus_names_what_a_query_speaks_of(typed, named):
    concepts = read(typed, Thesaurus(SETS)).concepts
    found = [" ".join(word.text for word in phrase) for c in concepts for phrase in c.alternatives]
    assert found == named


@given(st.text(max_size=200), st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=4), max_size=5))
def test_any_sets_and_any_text_go_together(text, sets):
    assert len(read(text, Thesaurus(sets)).concepts) <= 12


def test_threads_stem_side_by_side():
    """The web server reads queries in several threads; the library's stemmer keeps the word it works on."""
    words = [f"{start}{end}" for start in ("electr", "measur", "optim", "catal") for end in ("ically", "ements", "izational", "ysing", "fulness", "iveness")]  # fmt: skip
    stem.cache_clear()
    expected = {word: stem(word) for word in words}
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def all_of_them() -> list[dict]:
        return [{word: stem.__wrapped__(word) for word in words} for _time in range(50)]

    try:
        with ThreadPoolExecutor(8) as pool:
            found = [one for part in pool.map(lambda _number: all_of_them(), range(8)) for one in part]
    finally:
        sys.setswitchinterval(interval)
    assert all(one == expected for one in found)
