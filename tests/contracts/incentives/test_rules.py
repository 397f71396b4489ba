"""Innovation vouchers."""

from datetime import date

from contracts.incentives.rules import HUBEI_2025, ServiceLine, redeem
from marketplace.money import Money


def yuan(amount):
    return Money(round(amount * 100), "CNY")


def line(on, amount, kind="testing"):
    return ServiceLine(date.fromisoformat(on), kind, yuan(amount))


def test_d30_the_limit_comes_first():
    (found,) = redeem(HUBEI_2025, [line("2026-05-01", 380_000)], used={2026: yuan(120_000)})
    assert (found.amount, found.reason) == (yuan(80_000), "limit")


def test_d31_rounded_down_to_the_thousand_and_never_a_licence_fee():
    found = redeem(HUBEI_2025, [line("2026-05-01", 123_456), line("2026-05-02", 50_000, "licence_fee")])
    assert [(one.amount, one.reason) for one in found] == [(yuan(37_000), ""), (yuan(0), "ineligible")]


def test_lines_in_date_order_share_a_limit_per_calendar_year():
    found = redeem(
        HUBEI_2025,
        [line("2027-01-10", 500_000), line("2026-12-31", 500_000), line("2026-02-01", 400_000)],
    )
    assert [(one.line.on.year, one.amount) for one in found] == [
        (2026, yuan(120_000)),
        (2026, yuan(80_000)),
        (2027, yuan(150_000)),
    ]
