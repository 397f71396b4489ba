"""Slips, pinyin and homophones: what was meant is found, of what the reader may see."""

from dataclasses import replace

import pytest

from search import finding
from search.correcting import distance
from search.params import SearchParams
from search.viewer import ANONYMOUS, Viewer
from tests.search.world import BATTERY, MARKET, QUANTUM

ELECTROLYTE = replace(
    BATTERY, page_id=6, title_zh="锂电池低温电解液", title_en="", summary_en="", body_en="", keywords_zh=("锂电池电解液",), keywords_en=(),
)  # fmt: skip
MEANT = {
    "electrolite": "electrolyte",  # one wrong letter
    "solid batery": "solid battery",  # one too few, beside a right word
    "cyrogenic pumps": "cryogenic pumps",  # two the wrong way round
    "ldcdjy": "锂电池电解液",  # initials of pinyin
    "lidianchidianjieye": "锂电池电解液",  # pinyin in full
    "liangzimiyao": "量子密钥",
    "电解夜": "电解液",  # a homophone
    "锂电池电节液": "锂电池电解液",  # parts of it are held
}


@pytest.fixture
def market(stored, statistics):
    stored(*MARKET, ELECTROLYTE)
    statistics()


def found(typed, viewer=ANONYMOUS):
    return finding.find(SearchParams(q=typed), viewer)


def test_what_was_meant_is_found(market):
    results = {typed: found(typed) for typed in MEANT}
    meant = {
        t: r.params.q if r.instead_of else r.correction and r.correction.text for t, r in results.items()
    }
    assert meant == MEANT
    assert all(r.total or r.correction.total for r in results.values())


def test_long_word_is_not_called_missing_where_its_parts_are_there(market):
    by_title = {hit.document.title_zh or hit.document.title_en: hit for hit in found("固态电池隔膜").hits}
    hit = by_title["固态电池电解质制备方法"]
    assert (hit.missing, hit.unsaid) == (["固态电池隔膜"], ["隔膜"])


def test_parts_of_a_number_are_not_called_missing_where_it_was_found(market):
    hits = found(ELECTROLYTE.numbers[0]).hits
    assert {hit.document.pk for hit in hits} == {ELECTROLYTE.page_id, BATTERY.page_id}
    assert [hit.missing or hit.unsaid for hit in hits] == [[], []]


def test_right_words_are_not_corrected(market):
    for typed in (
        "电池",
        "battery 电解质",
        "UF-2026-000001",
        "cryogenic sealing",
        "示例大学",
        "the",
        "",
        "xqzkvw",
        "pumpaling battery",
    ):
        results = found(typed)
        assert (results.instead_of, results.correction) == ("", None), typed


def test_word_of_a_listing_that_may_not_be_seen_is_no_correction(stored, statistics):
    secret = replace(
        QUANTUM, page_id=9, audience=("own:12",), title_en="Flumoxatrine synthesis", body_en="Flumoxatrine."
    )
    stored(*MARKET, secret, replace(secret, page_id=10))
    statistics()
    assert found("flumoxatrina").correction is None
    assert not found("flumoxatrina").instead_of
    own = found("flumoxatrina", Viewer(12, is_verified=True))
    assert own.params.q == "flumoxatrine"


@pytest.mark.parametrize(
    ("one", "two", "slips"),
    [
        ("batery", "battery", 1),
        ("cyro", "cryo", 1),
        ("abc", "abc", 0),
        ("abcd", "wxyz", 3),
        ("ab", "abcdef", 3),
    ],
)
def test_slips_are_counted(one, two, slips):
    assert distance(one, two, 2) == distance(two, one, 2) == slips
