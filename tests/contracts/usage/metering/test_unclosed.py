"""A metered period that nobody closes: reminded of, then a breach, or deemed where that is agreed; never nil."""

from datetime import date, timedelta

from contracts.billing import tasks as billing
from contracts.billing.runs import recompute
from contracts.lifecycle.guards import extension_hindrances, open_ends
from contracts.lifecycle.services import invalidate
from contracts.lifecycle.states import BreachState, State
from contracts.usage import tasks
from contracts.usage.metering.closings import close_period
from contracts.usage.metering.models import DeemedClosing
from contracts.usage.states import ReportState
from marketplace.clock import at
from marketplace.notifications.models import Notification
from tests.contracts.lifecycle.world import trying
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.metering.world import closing, event, metered, per_call, send, void
from tests.contracts.usage.world import charged, pass_day

FEBRUARY = date(2026, 2, 1), date(2026, 2, 28)
DUE = FEBRUARY[1] + timedelta(days=30)  # a report's days, as the terms have them
JANUARY = "2026-01-31", "2026-01-31"


def told(template: str) -> int:
    return Notification.objects.filter(template=f"usage/{template}").count()


def pass_days(*days: int) -> None:
    for day in days:
        pass_day(DUE + timedelta(days=day))


def a_contract(world, **report):
    agreed = sheet(
        royalty(fixed("2"), "units", meter="calls"), report={"metered": ["calls"], "every": "month", **report}
    )
    contract = metered(world, agreed)
    send(world, event(contract, "j", 10, time="2026-01-31T12:00:00+08:00"), closing(contract, *JANUARY))
    return contract


def test_an_unclosed_period_is_a_breach_that_closing_cures(world):
    contract = a_contract(world)
    send(world, event(contract, "f", 100, time="2026-02-10T09:00:00+08:00"))
    people = 1 if told("period_open") else 0
    assert people == 0
    counts = []
    for day in (0, 1, 2, 8, 15, 16, 17):
        pass_days(day)
        counts.append(told("period_open"))
    each = counts[1]
    assert each
    assert [count // each for count in counts] == [0, 1, 1, 2, 2, 3, 3]
    contract.refresh_from_db()
    assert contract.state == State.IN_BREACH
    [breach] = contract.breaches.all()
    assert breach.kind == "REPORT"
    assert str(FEBRUARY[0]) in breach.words
    assert charged(contract) == [("2026-01-31", "20.00")]  # missing is not nil
    with at(DUE + timedelta(days=17)):
        assert len(extension_hindrances(contract)) == 1
        assert any("metered" in words or "计量" in words for words in open_ends(contract))
        close_period(contract, actor=world.reporter, meter="calls", start=FEBRUARY[0], end=FEBRUARY[1])
        contract.refresh_from_db()
        assert contract.state != State.IN_BREACH
        billing.charge_due()
    assert charged(contract)[1:] == [("2026-02-28", "200.00")]


def test_a_closing_of_a_program_cures_with_the_next_run(world):
    contract = a_contract(world)
    pass_days(16)
    send(world, closing(contract, "2026-02-01", "2026-02-28", "close-2"), moment=_noon(17))
    assert contract.breaches.get().state == BreachState.OPEN
    pass_days(18)
    assert contract.breaches.get().state == BreachState.CURED
    assert told("period_open")
    assert charged(contract, zero=True)[1:] == [("2026-02-28", "0.00")]


def test_a_closing_voided_after_its_breach_was_cured_begins_the_chase_anew(world):
    """Reminders again, then a breach of its own, once, which the next closing cures."""
    contract = a_contract(world)
    pass_days(16)
    send(world, closing(contract, "2026-02-01", "2026-02-28", "close-2"), moment=_noon(17))
    pass_days(18)
    before = told("period_open")
    send(world, void(contract, "close-2"), moment=_noon(19))
    pass_days(20, 21)
    assert told("period_open") == 2 * before
    states = list(
        contract.breaches.filter(key__contains="2026-02-01").order_by("pk").values_list("state", flat=True)
    )
    assert states == [BreachState.CURED, BreachState.OPEN]
    send(world, closing(contract, "2026-02-01", "2026-02-28", "close-3"), moment=_noon(22))
    pass_days(23)
    assert not contract.breaches.filter(key__contains="2026-02-01").exclude(state=BreachState.CURED).exists()


def test_a_closing_that_is_voided_before_anybody_looked_leaves_the_breach_as_it_is(world):
    contract = a_contract(world)
    pass_days(16)
    send(
        world,
        closing(contract, "2026-02-01", "2026-02-28", "close-2"),
        void(contract, "close-2"),
        moment=_noon(17),
    )
    pass_days(18)
    assert [breach.state for breach in contract.breaches.filter(key__contains="2026-02-01")] == [
        BreachState.OPEN
    ]


def _noon(days: int):
    from datetime import datetime

    from marketplace.clock import ZONE

    on = DUE + timedelta(days=days)
    return datetime(on.year, on.month, on.day, 12, tzinfo=ZONE)


def test_earlier_usage_is_deemed_where_agreed_and_corrected_by_the_closing(world):
    """January closed with 10 calls, deemed February is 10 × 1.5 = 15 calls at 2.00; the closing says 4."""
    contract = a_contract(world, deemed={"days": 5, "basis": "last", "factor": "1.5"})
    send(world, event(contract, "f", 4, time="2026-02-10T09:00:00+08:00"))
    pass_days(5)
    assert not DeemedClosing.objects.exists()
    pass_days(6, 16, 17)
    assert charged(contract) == [("2026-01-31", "20.00"), ("2026-02-28", "30.00")]
    assert told("period_deemed")
    assert not contract.breaches.filter(key__contains="2026-02-01").exists()
    send(world, closing(contract, "2026-02-01", "2026-02-28", "close-2"), moment=_noon(18))
    with at(DUE + timedelta(days=18)):
        billing.charge_due()
    assert charged(contract)[2:] == [(str(DUE + timedelta(days=18)), "-22.00")]
    assert [recompute(run).agrees for run in contract.rating_runs.all()] == [True] * 3


def test_events_that_came_to_more_than_what_is_deemed_count_as_they_are(world):
    contract = a_contract(world, deemed={"days": 5, "basis": "highest", "factor": "1"})
    send(world, event(contract, "f", 400, time="2026-02-10T09:00:00+08:00"))
    pass_days(6)
    assert charged(contract)[1:] == [("2026-02-28", "800.00")]


def test_without_an_earlier_closed_period_nothing_is_deemed(world):
    contract = metered(world, per_call())
    pass_days(16)
    assert not DeemedClosing.objects.exists()
    assert contract.breaches.exists()


def test_the_last_period_of_a_licence_whose_right_is_gone_is_still_asked_for(world):
    """Invalidated without a wind-down: what accrued before stays due, so the broken period is reported."""
    contract = trying(world, sheet(royalty(fixed("0.03"))), on=date(2026, 1, 1))
    with at(date(2026, 2, 20)):
        tasks.schedule_due_reports()
        invalidate(contract, actor=world.officer, on=date(2026, 2, 15), reason="专利被宣告无效")
    with at(date(2026, 2, 21)):
        tasks.schedule_due_reports()
        report = contract.reports.get(state=ReportState.OPEN)
    assert (report.period_start, report.period_end) == (date(2026, 1, 1), date(2026, 2, 15))
    with at(report.due_on + timedelta(days=20)):
        tasks.schedule_due_reports()
        tasks.remind_missing_reports()
    assert told("report_overdue")
    contract.refresh_from_db()
    assert contract.state == State.INVALIDATED
    assert not contract.breaches.exists()
