"""How free use ends: declined, silence, and a trigger that comes before anybody has decided."""

from datetime import date

import pytest

from contracts.lifecycle.states import State
from tests.flows import money, steps

pytestmark = [pytest.mark.flow, pytest.mark.django_db]


def test_declined_ends_without_a_charge(people, calendar):
    code = steps.publish_listing(people)
    number = steps.to_trial(people, calendar, code, "preset:option")
    calendar.go_to(date(2026, 4, 8))
    money.report_all_nil(people, number)
    calendar.go_to(date(2026, 7, 8))
    money.report_all_nil(people, number)

    # Declining is no obligation to pay, but use stops, is certified, and the last report is owed.
    calendar.go_to(date(2026, 8, 20))
    steps.decide(people, number, "DECLINE")
    assert steps.state_of(people.officer, number) == State.WIND_DOWN
    calendar.after(1)
    steps.certify_stop(people, number)
    steps.confirm_stop(people, number)
    assert steps.state_of(people.officer, number) == State.WIND_DOWN
    calendar.after(3)
    money.report_all_nil(people, number)
    calendar.after(1)

    assert steps.state_of(people.signatory, number) == State.CLOSED_DECLINED
    assert money.charges_of(people.finance, number) == []
    assert money.invoices_of(people.payer, number) == []
    ended = people.signatory.open("contract", number)
    assert not ended.offers("contract_decide", number)
    assert not ended.offers("contract_fact_new", number)


@pytest.mark.parametrize(
    ("on_silence", "state", "charged"),
    [("decline", State.WIND_DOWN, []), ("convert", State.PAID_UP, [("2027-01-21", 100_000_00)])],
)
def test_silence_counts_as_agreed(people, calendar, on_silence, state, charged):
    """Converted by silence, the one sum is charged, and nothing more can arise: the licence is paid up."""
    code = steps.publish_listing(people)
    number = steps.to_trial(people, calendar, code, "preset:option", trial__on_silence=on_silence)
    for day in (date(2026, 4, 8), date(2026, 7, 8), date(2026, 10, 8)):
        calendar.go_to(day)
        money.report_all_nil(people, number)
    calendar.go_to(date(2026, 12, 28))
    assert steps.state_of(people.signatory, number) == State.DECISION_DUE
    assert people.signatory.open("desk").follow("contract", number).offers("contract_decide", number)

    # The last free day is 20 January; nobody says a word.
    calendar.go_to(date(2027, 1, 19))
    money.report_all_nil(people, number)
    calendar.go_to(date(2027, 1, 20))
    assert steps.state_of(people.signatory, number) == State.DECISION_DUE
    calendar.go_to(date(2027, 1, 21))
    assert steps.state_of(people.signatory, number) == state
    assert money.charges_of(people.finance, number) == charged
    page = people.signatory.try_to_open("contract_decide", number)
    assert page.status == 409, page.text


def test_trigger_fires_before_the_decision(people, calendar):
    """Entry fee as an option, royalty contingent on the first income: the income puts the contract in force while
    the option is still open; the fee comes with the later conversion and is credited against the royalty."""
    code = steps.publish_listing(people)
    number = steps.to_trial(people, calendar, code, "preset:entry_royalty", acts=["remove elements-2"])
    calendar.go_to(date(2026, 3, 16))
    steps.record_first_income(people, number, on=date(2026, 3, 16))
    calendar.after(1)
    assert steps.state_of(people.signatory, number) == State.ACTIVE
    assert people.signatory.open("contract", number).offers("contract_decide", number)

    # First quarter: 200,000 free, 1,000,000 from the trigger on, at 4 %; nothing to credit yet.
    calendar.go_to(date(2026, 4, 7))
    [address] = money.reports_due(people, number)
    assert money.report_sales(people, address, 200_000, 1_000_000) == 40_000_00
    money.accept_report(people, address)
    calendar.after(1)
    assert money.charges_of(people.finance, number) == [("2026-03-31", 40_000_00)]

    # The licensee converts: 50,000 of entry fee; the next quarter's 36,000 is taken from it.
    steps.decide(people, number, "CONVERT")
    calendar.after(1)
    assert ("2026-04-08", 50_000_00) in money.charges_of(people.finance, number)
    calendar.go_to(date(2026, 7, 7))
    [address] = money.reports_due(people, number)
    assert money.report_sales(people, address, 900_000) == 0
    money.accept_report(people, address)
    calendar.go_to(date(2026, 10, 9))
    [address] = money.reports_due(people, number)
    assert money.report_sales(people, address, 1_000_000) == 26_000_00
    money.accept_report(people, address)
    calendar.after(1)
    assert sum(amount for _day, amount in money.charges_of(people.payer, number)) == 116_000_00
