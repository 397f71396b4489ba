"""Commission and distribution: the figures of the specification, and that nothing is lost."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.proceeds.rules import (
    DistributionRule,
    Movement,
    Shares,
    ShareTier,
    commission,
    distributable,
    distribute,
    distribute_in_tiers,
    floor_amount,
)
from marketplace.money import Money

D = Decimal


def yuan(amount):
    return Money(int(D(amount) * 100), "CNY")


def test_d27_commission_on_cash():
    first = commission(yuan("60000"), rate=D("0.05"), shares=[60, 40])
    rest = commission(yuan("100000"), rate=D("0.05"), shares=[60, 40], given=first)
    assert first == [yuan("1800"), yuan("1200")]
    assert rest == [yuan("1200"), yuan("800")]
    assert commission(yuan("0"), rate=D("0.05"), shares=[60, 40], given=first) == [
        yuan("-1800"),
        yuan("-1200"),
    ]
    assert commission(yuan("60000"), rate=D("0.05"), cap=yuan("1000")) == [yuan("1000")]


def test_d28_net_income_distribution():
    net = distributable([Movement(yuan("100000"), yuan("8000"))])
    rule = DistributionRule(
        team=D("0.7"), staff_of_retained=D("0.2"), inventors=(D("0.5"), D("0.3"), D("0.2"))
    )
    shares = distribute(rule, net)
    assert net == yuan("92000")
    assert shares == Shares((yuan("32200"), yuan("19320"), yuan("12880")), yuan("5520"), yuan("22080"))
    assert shares.team == yuan("64400")
    assert floor_amount(net, date(2026, 1, 1)) == yuan("46000")
    assert rule.problems(date(2026, 1, 1)) == []


def test_d28_floors_and_shares_are_checked():
    rule = DistributionRule(team=D("0.4"), inventors=(D("0.5"), D("0.4")), programme_floor=D("0.7"))
    assert [code for code, _ in rule.problems(date(2026, 1, 1))] == [
        "shares_sum",
        "statutory_floor",
        "programme_floor",
    ]


def test_d29_distribution_in_tiers():
    stanford = [
        ShareTier((D("0.3334"), D("0.2466"), D("0.21"), D("0.21")), yuan("3000000")),
        ShareTier((D("0.25"), D("0.25"), D("0.25"), D("0.25"))),
    ]
    first = distribute_in_tiers(stanford, yuan("1000000"))
    assert first == [yuan("333400"), yuan("246600"), yuan("210000"), yuan("210000")]
    rest = distribute_in_tiers(stanford, yuan("4000000"), given=first)
    assert rest == [yuan("916800"), yuan("743200"), yuan("670000"), yuan("670000")]


@pytest.mark.parametrize(
    ("movements", "expected"),
    [
        ([("1000", "1500")], "0"),
        ([("1000", "1500"), ("2000", "0")], "1500"),
        ([("1000", "0"), ("-400", "0")], "600"),
        ([("1000", "600"), ("-1000", "0"), ("1000", "0")], "400"),
    ],
)
def test_costs_above_the_receipt_lower_the_next_one(movements, expected):
    assert distributable([Movement(yuan(a), yuan(c)) for a, c in movements]) == yuan(expected)


@given(
    st.lists(st.integers(0, 10**8), min_size=1, max_size=6),
    st.integers(0, 100),
    st.integers(0, 100),
    st.lists(st.integers(1, 50), min_size=1, max_size=4),
)
def test_shares_add_up_over_any_receipts_and_refunds(totals, team, staff, weights):
    inventors = tuple(D(weight) / sum(weights) for weight in weights)
    inventors = (*inventors[:-1], 1 - sum(inventors[:-1], D(0)))
    rule = DistributionRule(team=D(team) / 100, staff_of_retained=D(staff) / 100, inventors=inventors)
    given_so_far = distribute(rule, Money(0))
    for total in totals:
        more = distribute(rule, Money(total), given_so_far)
        given_so_far = Shares(
            tuple(a + b for a, b in zip(given_so_far.inventors, more.inventors, strict=True)),
            given_so_far.staff + more.staff,
            given_so_far.unit + more.unit,
        )
        assert given_so_far == distribute(rule, Money(total))
        assert given_so_far.total == Money(total)
