"""Metered meters need no report, but a period that nobody closed is missing, not nil."""

from decimal import Decimal

from contracts import rating

from .samples import amounts, day, fixed, quarter, rate, royalty, sales, sheet

Q = [quarter(2026, number) for number in (1, 2)]


def test_metered_usage_is_charged_once_its_period_is_closed():
    agreed = sheet(
        royalty(fixed("0.02"), "units", meter="calls"),
        royalty(fixed("0.03"), element_id="sales"),
        report={"metered": ["calls"]},
    )
    calls = [
        rating.UsageRow("calls", day(text), day(text), Decimal(500)) for text in ("2026-01-05", "2026-05-05")
    ]
    known = {
        "usage": [*calls, sales(Q[0], "1000")],
        "until": "2026-06-30",
        "reported_through": None,
        "accepted": (rating.Period(*Q[0]),),
    }
    open_ = rate(agreed, **known)
    closed = rate(agreed, closed=(rating.Closed("calls", *Q[0]), rating.Closed("calls", *Q[1])), **known)
    assert amounts(open_, "royalty") == []
    assert amounts(closed, "royalty") == ["10.00", "10.00"]
    assert amounts(open_, "sales") == amounts(closed, "sales") == ["30.00"]
    assert [(w.element_id, w.period_end) for w in closed.waiting] == [("sales", Q[1][1])]
