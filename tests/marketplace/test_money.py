"""Money: rounding, splitting, reading, writing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.money import Money, MoneyError, half_up


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1,234.50", 123_450),
        ("¥69,000.00", 6_900_000),
        ("￥１，２３４．５", 123_450),
        ("69000 元", 6_900_000),
        ("CNY 0.01", 1),
        ("-12.5", -1_250),
        (".5", 50),
    ],
)
def test_parse_what_people_type(text, minor):
    assert Money.parse(text, "CNY") == Money(minor, "CNY")


@pytest.mark.parametrize(
    "text", ["", "abc", "1,23", "1.234", "12 34", "1e3", "NaN", "--1", "1.2.3", "²", "٣", "9" * 41]
)
def test_parse_refuses(text):
    with pytest.raises(MoneyError):
        Money.parse(text, "CNY")


def test_parse_and_format_know_the_currency():
    assert Money.parse("1,500", "JPY") == Money(1500, "JPY")
    assert Money(1500, "JPY").format("en") == "JP¥1,500"
    assert Money(-1250, "CNY").format("zh-hans") == "-¥12.50"


@pytest.mark.parametrize(
    ("amount", "expected"), [("0.5", 1), ("0.49", 0), ("2.5", 3), ("-0.5", -1), ("-2.4", -2)]
)
def test_half_up_is_away_from_zero(amount, expected):
    assert half_up(Decimal(amount)) == expected


def test_currencies_do_not_mix():
    with pytest.raises(MoneyError):
        Money(1, "CNY") + Money(1, "USD")
    with pytest.raises(MoneyError):
        _ = Money(1, "CNY") < Money(1, "USD")


def test_minor_units_are_whole():
    with pytest.raises(MoneyError):
        Money(1.0, "CNY")


def test_instalments_last_takes_the_remainder():
    assert [part.minor for part in Money(10_000_000).split_equal(3)] == [3_333_333, 3_333_333, 3_333_334]
    shares = [Decimal("0.3"), Decimal("0.3"), Decimal("0.4")]
    assert [part.minor for part in Money(30_000_000).split_shares(shares)] == [
        9_000_000,
        9_000_000,
        12_000_000,
    ]


def test_instalments_refuse_a_negative_last_part():
    with pytest.raises(MoneyError):
        Money(2).split_equal(4)


def test_largest_remainder_ties_go_to_the_first():
    assert [part.minor for part in Money(100).split([1, 1, 1])] == [34, 33, 33]
    assert [part.minor for part in Money(-100).split([1, 1, 1])] == [-34, -33, -33]


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 1000), min_size=1).filter(sum))
def test_split_loses_nothing(minor, weights):
    parts = Money(minor).split(weights)
    assert sum(parts) == Money(minor)
    assert all(part.minor * minor >= 0 for part in parts)


@given(st.integers(-(10**12), 10**12))
def test_format_and_parse_round_trip(minor):
    assert Money.parse(Money(minor).format("en")) == Money(minor)
