"""Interest charged with each payment and month by month: the same sum in the end, charged on other days."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.rating.interest import Debt, Paid, interest, interest_due
from contracts.rating.working import sentences
from marketplace.money import Money
from marketplace.terms import Charged, DailyInterest, MonthlyInterest
from marketplace.terms.dates import add_months

DUE = date(2026, 3, 31)
FAR = date(2030, 1, 1)


def yuan(text: str) -> Money:
    return Money(int(Decimal(text) * 100), "CNY")


def monthly(rate="0.01", **more) -> MonthlyInterest:
    return MonthlyInterest(rate=Decimal(rate), charged=Charged.MONTHLY, **more)


def daily(rate="0.0005") -> DailyInterest:
    return DailyInterest(rate=Decimal(rate), charged=Charged.MONTHLY)


def dues(rule, debt="69000", *paid, until=FAR, **more):
    """(day, amount) of what is charged; `paid` as (day, yuan)."""
    receipts = [Paid(date.fromisoformat(on), yuan(amount)) for on, amount in paid]
    found = interest_due(rule, Debt(yuan(debt), DUE, paid=receipts), until=until, **more)
    return [(one.on.isoformat(), f"{one.amount.decimal:.2f}") for one in found]


@pytest.mark.parametrize(
    ("rule", "paid", "expected"),
    [
        # D24: 69,000 at 1 % a month, two months; at 0.05 % a day, twenty days
        (monthly(), [("2026-05-31", "69000")], [("2026-04-30", "690.00"), ("2026-05-31", "690.00")]),
        (monthly(), [("2026-06-20", "69000")], [("2026-04-30", "690.00"), ("2026-05-31", "690.00")]),
        (daily(), [("2026-04-20", "69000")], [("2026-04-20", "690.00")]),
        # a part month counts with the payment, whole months as they end
        (monthly(part_months=True), [("2026-05-01", "69000")],
         [("2026-04-30", "690.00"), ("2026-05-01", "690.00")]),
        # a part payment stops it for its part: 30 days of all, 31 of 40,000, 10 of 29,000
        (daily(), [("2026-05-10", "29000"), ("2026-05-31", "40000")],
         [("2026-04-30", "1035.00"), ("2026-05-10", "145.00"), ("2026-05-31", "620.00")]),
        (monthly(), [("2026-03-30", "69000")], []),
    ],
)  # fmt: skip
def test_d24_month_by_month(rule, paid, expected):
    assert dues(rule, "69000", *paid) == expected


def test_a_month_is_charged_once_it_is_over_and_none_after_a_write_off():
    assert dues(monthly(), until=date(2026, 4, 30)) == []
    assert dues(monthly(), until=date(2026, 5, 1)) == [("2026-04-30", "690.00")]
    half = ("2026-04-30", "34500")
    assert dues(monthly(), "69000", half, until=date(2026, 4, 30)) == []
    assert dues(monthly(), "69000", half, until=date(2026, 5, 1)) == [("2026-04-30", "690.00")]
    ended = dues(daily(), until=FAR, stopped_on=date(2026, 5, 31))
    assert ended == [("2026-04-30", "1035.00")]
    with_rest = dues(daily(), until=date(2026, 5, 10), and_rest=True)
    assert with_rest == [("2026-04-30", "1035.00"), ("2026-05-10", "345.00")]


def test_what_rounding_charged_too_much_is_taken_off_the_next_charge_or_given_back_at_settlement():
    # 100.50 at 1 %: 1.01 for the month; two halves of 50.25 bear 0.50 each
    assert dues(monthly(), "100.50", ("2026-05-10", "50.25"), until=date(2026, 5, 20)) == [
        ("2026-04-30", "1.01")
    ]
    halves = [("2026-05-10", "50.25"), ("2026-05-20", "50.25")]
    assert dues(monthly(), "100.50", *halves) == [("2026-04-30", "1.00")]
    later = [("2026-05-10", "50.25"), ("2026-06-10", "50.25")]
    assert dues(monthly(), "100.50", *later) == [("2026-04-30", "1.01"), ("2026-05-31", "0.50")]


def test_a_charge_says_in_both_languages_what_was_charged_before():
    paid = [Paid(date(2026, 5, 10), yuan("29000"))]
    debt = Debt(yuan("69000"), DUE, paid=paid)
    first, second, third = interest_due(daily(), debt, until=date(2026, 6, 1))
    assert sentences(second.working, "en")[-2:] == [
        "¥580.00 and ¥600.00 on the other parts: ¥1,180.00 in all.",
        "¥1,180.00 less ¥1,035.00 of interest charged before: ¥145.00.",
    ]
    assert sentences(third.working)[-1] == "¥1,800.00 减去此前已计收的利息 ¥1,180.00，得 ¥620.00。"
    assert (first.since, second.since, third.since) == (DUE, date(2026, 4, 30), date(2026, 4, 30))


rules = st.one_of(
    st.builds(
        lambda rate: {"kind": DailyInterest, "rate": rate}, st.sampled_from(["0.0005", "0.000333", "0.01"])
    ),
    st.builds(
        lambda rate, part: {"kind": MonthlyInterest, "rate": rate, "part_months": part},
        st.sampled_from(["0.01", "0.0075", "0.015"]),
        st.booleans(),
    ),
)
parts = st.lists(st.tuples(st.integers(-20, 900), st.integers(1, 70_000)), max_size=6)


def made(rule: dict, charged: Charged):
    kind, rate = rule["kind"], Decimal(rule["rate"])
    return kind(rate=rate, charged=charged, **{k: v for k, v in rule.items() if k == "part_months"})


@given(
    rule=rules,
    due_on=st.dates(date(2023, 12, 1), date(2028, 3, 31)),
    receipts=parts,
    last=st.integers(0, 900),
)
def test_both_ways_come_to_the_same_once_all_is_paid(rule, due_on, receipts, last):
    """Whatever was paid when: by days and by months, with part months and without."""
    days = [due_on + timedelta(days=days) for days, _minor in receipts]
    paid = [Paid(day, Money(minor, "CNY")) for day, (_days, minor) in zip(days, receipts, strict=True)]
    debt = Money(sum(minor for _days, minor in receipts) + 12_345, "CNY")
    end = max([due_on + timedelta(days=last), *days])
    settled = Debt(debt, due_on, paid=[*paid, Paid(end, Money(12_345, "CNY"))])
    far = end + timedelta(days=400)
    monthly_, at_once = made(rule, Charged.MONTHLY), made(rule, Charged.ON_PAYMENT)
    month_by_month = interest_due(monthly_, settled, until=far)
    on_payment = interest_due(at_once, settled, until=far)
    items = interest(at_once, settled, until=far)
    assert sum(due.amount.minor for due in on_payment) == sum(item.amount.minor for item in items)
    assert sum(due.amount.minor for due in month_by_month) == sum(due.amount.minor for due in on_payment)
    assert all(due.amount.minor > 0 for due in month_by_month)
    assert all(due.working.steps[-1].value == due.amount.minor for due in (*month_by_month, *on_payment))
    ends = {add_months(due_on, n) for n in range(1, 80)}
    assert all(due.on in ends or due.paid for due in month_by_month)
    # and on the way: what was charged and what has come to since are what a payment of all would be charged now
    until = due_on + timedelta(days=last)
    open_ = Debt(debt, due_on, paid=paid)
    so_far = interest_due(monthly_, open_, until=until, and_rest=True)
    now = interest(at_once, open_, until=until)
    difference = sum(due.amount.minor for due in so_far) - sum(item.amount.minor for item in now)
    assert 0 <= difference <= len(paid)  # what rounding charged too much waits for the next charge
