from datetime import date

import pytest

from contracts.lifecycle.states import State
from tests.flows import money, steps

pytestmark = [pytest.mark.flow, pytest.mark.django_db]


def test_missing_report_becomes_a_breach_that_the_late_report_cures(people, calendar):
    """Due on 30 April: reminders after 0, 7 and 15 days, then a breach with its days to cure; never a zero."""
    code = steps.publish_listing(people)
    terms = {"acts": ["join elements-0-trigger any"]}  # twelve months or the first income
    number = steps.to_trial(people, calendar, code, "preset:royalty", **terms)
    calendar.go_to(date(2026, 2, 2))
    steps.record_first_income(people, number, on=date(2026, 2, 2))

    reminders = []
    for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 15)):
        calendar.go_to(day)
        reminders.append(steps.told(people.reporter, "usage/report_overdue"))
    assert reminders == [0, 1, 2, 2]
    assert steps.state_of(people.officer, number) == State.ACTIVE
    calendar.go_to(date(2026, 5, 16))
    assert steps.told(people.reporter, "usage/report_overdue") == 3
    assert steps.state_of(people.officer, number) == State.IN_BREACH
    assert money.charges_of(people.finance, number) == []
    assert people.officer.try_to_open("contract_terminate", number).status == 409

    [address, *_later] = money.reports_due(people, number)
    money.report_sales(people, address, 100_000, 500_000)
    assert steps.state_of(people.officer, number) == State.ACTIVE
    assert money.charges_of(people.finance, number) == []
    money.accept_report(people, address)
    calendar.after(1)
    assert money.charges_of(people.finance, number) == [("2026-03-31", 15_000_00)]
    history = people.signatory.open("contract", number, query="?tab=facts")
    assert "2026-05-16" in history.text  # the breach stays on record, cured that day
