"""Numbers of patents, listings and the like: read in any notation, and found by both engines before anything else."""

from dataclasses import replace

import pytest

from search.identifiers import identifiers_in, identifiers_of
from search.words import read
from tests.search.world import BATTERY, PUMP, SERVICE, ids


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("ZL 2023 1 0123456.7", ["202310123456"]),
        ("CN202310123456.X", ["202310123456"]),
        ("CN112345678B", ["112345678B", "112345678"]),
        ("US 7,777,777 B2", ["7777777B2", "7777777"]),
        ("uf-2026-000123", ["UF2026000123"]),
        ("A1", []),
    ],
)
def test_identifiers_have_one_spelling(written, found):
    assert identifiers_of(written) == found


NOTATIONS = {
    "CN202110123456.7": [
        "CN 2021 1 0123456.7", "ZL202110123456.7", "ZL 2021 1 0123456 . 7", "202110123456", "2021101234567",
        "cn2021-1-0123456.7", "ＣＮ２０２１１０１２３４５６．７", "专利号：ZL202110123456.7 的电池", "patent 202110123456 please",
        "application no. 202110123456.7", "第202110123456.7号", "ZL:202110123456.7 电池",
    ],
    "US10123456B2": ["US 10,123,456 B2", "US10123456", "us-10123456-b2", "10,123,456", "US Patent 10,123,456", "Patent No. 10,123,456", "Patent № 10 123 456 B2", "ＵＳ １０，１２３，４５６"],
    "CN112345678B": ["CN 112345678 B", "cn112345678", "112345678B", "CN 112 345 678"],
    "ZL98123456.X": ["98123456.x", "ZL 98 1 23456.X", "CN98123456.X"],
    "EP 1 234 567 A1": ["EP1234567", "ep 1234567 a1"],
    "WO 2020/123456 A1": ["WO2020/123456", "WO 2020 123456"],
    "2024SR0900002": ["2024sr0900002", "2024 SR 0900002", "软著登字 2024SR0900002 号", "copyright no 2024SR0900002"],
    "CNA20219000201": ["cna20219000201", "CNA 20219000201", "品种权号CNA20219000201油菜"],
    "PCT/CN2021/123456": ["pct cn2021 123456", "PCT/CN2021/123456 电解液"],
    "UF-2026-000123": ["uf2026000123", "UF 2026 000123", "ＵＦ－２０２６－０００１２３", "UF–2026–000123", "挂牌 UF-2026-000123"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("number", "typed"), [(n, t) for n, spellings in NOTATIONS.items() for t in spellings]
)
def test_number_is_found_in_any_notation(number, typed):
    assert set(identifiers_of(number)) & set(identifiers_in(typed))


@pytest.mark.parametrize(
    ("typed", "alone"),
    [
        ("UF-2026-000123", True),
        ("ZL 2021 1 0123456.7", True),
        ("US 10,123,456 B2", True),
        ("2024SR0900002", True),
        ("CNA20219000201", True),
        ("挂牌 UF-2026-000123", False),
        ("patent 202110123456 please", False),
        ("2026", False),
        ("-40 °C to 85 °C", False),
        ("18650 21700", False),
        ("", False),
    ],
)
def test_number_alone_is_told_from_one_among_words(typed, alone):
    assert read(typed).is_number is alone


@pytest.mark.parametrize(
    "typed", ["电池", "5G", "1,200 °C", "TRL 5", "12 months", "a" * 300 + " 12345678", ""]
)
def test_no_number_is_seen_where_there_is_none(typed):
    assert [found for found in identifiers_in(typed) if len(found) > 5] == []


def test_patent_number_finds_in_any_spelling(market, find):
    spellings = ["ZL202310123456.7", "zl 2023 1 0123456.7", "202310123456", "CN202310123456.7"]
    assert {typed: ids(find(typed)) for typed in spellings} == {
        typed: [BATTERY.page_id] for typed in spellings
    }


def test_exact_number_comes_first(market, stored, find):
    stored(
        replace(
            SERVICE, page_id=6, code="X", numbers=("X",), title_en="UF-2026-000003 UF-2026-000003 testing"
        )
    )
    assert ids(find("uf-2026-000003 testing"))[0] == PUMP.page_id


def test_number_finds_what_has_it_or_names_it_and_nothing_that_shares_a_part_of_it(market, stored, find):
    stored(
        replace(SERVICE, page_id=6, code="X", numbers=("X",), title_en="Testing of UF-2026-000003"),
        replace(SERVICE, page_id=7, code="Y", numbers=("Y",), title_en="Tests of 2026, UF 000004"),
    )
    assert ids(find("UF-2026-000003")) == [PUMP.page_id, 6]
    assert ids(find("UF 2026 000003")) == [PUMP.page_id, 6]
    assert find("UF-2026-000099").total == 0
    assert 7 in ids(find("UF-2026-000099", loose=True))
