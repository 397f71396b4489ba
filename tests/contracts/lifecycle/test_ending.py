"""Facts, breaches, exits, compliance."""

from datetime import date, timedelta

import pytest

from contracts.lifecycle import services
from contracts.lifecycle.due import run_due
from contracts.lifecycle.facts import facts_of
from contracts.lifecycle.guards import closing_guard
from contracts.lifecycle.states import State
from contracts.rating import Happened
from marketplace.clock import at
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.contracts.lifecycle import world as made
from tests.contracts.lifecycle.world import due_on, fresh, pdf, terms


@pytest.fixture
def contract(world):
    return made.trying(world, terms("milestones"))


def _record(contract, actor, name="milestone:launch", on=date(2026, 5, 1), **more):
    with at(date(2026, 6, 1)):
        return services.record_fact(contract, actor=actor, name=name, on=on, **more)


def test_a_fact_counts_when_the_attesting_side_states_it_or_the_other_confirms(world, contract):
    contract = made.trying(world, terms("year_or_income"), page=made.listing(world.uni, title_zh="首笔收入"))
    stated = _record(contract, world.reporter, "first_income")
    assert stated.state == "CONFIRMED"  # attested by the licensee, under the terms
    claimed = _record(contract, world.officer)
    assert claimed.state == "RECORDED"
    assert facts_of(fresh(contract)).events == (Happened("first_income", date(2026, 5, 1)),)
    with at(date(2026, 6, 2)):
        with pytest.raises(NotPermitted):
            services.confirm_fact(claimed, actor=world.officer)
        with pytest.raises(NotPermitted):
            services.confirm_fact(claimed, actor=world.stranger)
        services.confirm_fact(claimed, actor=world.signatory)
        with pytest.raises(TransitionRefused):
            services.confirm_fact(claimed, actor=world.signatory)
    assert len(facts_of(fresh(contract)).events) == 2


def test_the_same_fact_twice_stands_once(world, contract):
    first = _record(contract, world.officer)
    assert _record(contract, world.officer) == first
    assert contract.facts.count() == 1


@pytest.mark.parametrize("on", [date(2026, 1, 30), date(2026, 6, 2)])
def test_a_fact_before_effect_or_in_the_future_is_refused(world, contract, on):
    with pytest.raises(Refused):
        _record(contract, world.reporter, on=on)


def test_a_correction_replaces_once_the_other_side_confirms(world, contract):
    name = next(iter(services.events_of(contract)))
    old = _record(contract, world.reporter, name)
    with at(date(2026, 6, 1)):
        services.confirm_fact(old, actor=world.officer)
    new = _record(contract, world.reporter, name, on=date(2026, 5, 9), replaces=old)
    assert new.state == "RECORDED"
    assert facts_of(fresh(contract)).first(name) == date(2026, 5, 1)
    with pytest.raises(TransitionRefused):
        _record(contract, world.reporter, name, on=date(2026, 5, 10), replaces=old)
    with at(date(2026, 6, 3)):
        services.confirm_fact(new, actor=world.officer)
        assert facts_of(fresh(contract)).first(name) == date(2026, 5, 9)
        with pytest.raises(NotPermitted):
            services.void_fact(new, actor=world.signatory, reason="?")
        services.void_fact(new, actor=world.officer, reason="重复计算")
    # What a void fact had replaced stays replaced.
    assert facts_of(fresh(contract)).events == ()


def test_a_fact_of_another_contract_cannot_be_replaced(world, contract):
    other = made.trying(world, page=made.listing(world.uni, title_zh="二"))
    old = _record(other, world.reporter)
    with pytest.raises(NotPermitted):
        _record(contract, world.reporter, on=date(2026, 5, 2), replaces=old)


@pytest.mark.parametrize(("kind", "days"), [("PAYMENT", 30), ("REPORT", 15), ("OTHER", 60)])
def test_a_breach_can_be_cured_in_its_time(world, contract, kind, days):
    with at(date(2026, 6, 1)):
        breach = services.notify_breach(contract, actor=world.officer, kind=kind, words="未按约定")
        assert breach.cure_until == date(2026, 6, 1) + timedelta(days=days)
        assert fresh(contract).state == State.IN_BREACH
        with pytest.raises(NotPermitted):
            services.cure_breach(breach, actor=world.signatory)
        with pytest.raises(Refused):
            services.terminate(contract, actor=world.officer, reason="?")
        services.cure_breach(breach, actor=world.officer, words="已改正")
    assert fresh(contract).state == State.TRIAL


def test_uncured_the_other_side_may_terminate_and_nothing_accrues_after(world):
    contract = made.trying(world, terms("year_or_income"), on=date(2026, 1, 31))
    with at(date(2026, 6, 1)):
        breach = services.notify_breach(contract, actor=world.signatory, kind="OTHER", words="未提供指导")
    run_due(breach.cure_until)
    breach.refresh_from_db()
    assert breach.state == "OPEN"
    run_due(breach.cure_until + timedelta(days=1))
    breach.refresh_from_db()
    assert breach.state == "UNCURED"
    on = date(2026, 8, 10)
    with at(on):
        with pytest.raises(Refused):
            services.terminate(contract, actor=world.officer, reason="对方未整改")  # it is the one in breach
        services.terminate(contract, actor=world.signatory, reason="逾期未整改")
    contract = fresh(contract)
    assert (contract.state, contract.exit_kind, contract.licence_ended_on) == (
        State.WIND_DOWN, "TERMINATED", on,
    )  # fmt: skip
    assert facts_of(contract).terminated_on == on


def test_clocks_run_on_under_a_breach_and_the_decision_holds_after_the_cure(world):
    contract = made.trying(world)
    with at(date(2026, 12, 20)):
        breach = services.notify_breach(contract, actor=world.officer, kind="OTHER", words="越界")
        services.decide(contract, actor=world.signatory, choice="CONVERT", proof="password")
        assert fresh(contract).state == State.IN_BREACH
    with at(date(2027, 2, 10)):
        services.cure_breach(breach, actor=world.officer)
    assert fresh(contract).state == State.ACTIVE
    other = made.trying(world, page=made.listing(world.uni, title_zh="二"))
    with at(date(2027, 1, 20)):
        breach = services.notify_breach(other, actor=world.officer, kind="OTHER", words="越界")
    other = due_on(other, date(2027, 1, 31))
    assert (other.state, other.declined_on) == (State.IN_BREACH, date(2027, 1, 31))
    with at(date(2027, 2, 10)):
        services.cure_breach(breach, actor=world.officer)
    assert fresh(other).state == State.WIND_DOWN


def test_the_system_notifies_a_missing_report_once_and_sees_it_cured(world, contract):
    with at(date(2026, 6, 1)):
        breach = services.notify_breach(contract, actor=None, kind="REPORT", words="缺少报告", key="report:1")
        again = services.notify_breach(contract, actor=None, kind="REPORT", words="缺少报告", key="report:1")
        assert (again, contract.breaches.count()) == (breach, 1)
        assert fresh(contract).state == State.IN_BREACH
        services.cure_breach(breach, actor=None)
        services.cure_breach(breach, actor=None)
    assert fresh(contract).state == State.TRIAL
    with at(date(2026, 6, 2)):
        services.invalidate(contract, actor=world.officer, on=date(2026, 6, 1), reason="无效宣告第 1 号")
        assert services.notify_breach(contract, actor=None, kind="REPORT", words="x", key="report:2") is None
    assert fresh(contract).state == State.INVALIDATED


def test_exit_certificate_return_confirmation_and_closing_waits_for_later_steps(world):
    contract = made.trying(world)
    reasons = ["账单未结清"]

    @closing_guard
    def unpaid(one):
        return reasons[0] if one.pk == contract.pk and reasons else ""

    with at(date(2026, 12, 10)):
        services.decide(contract, actor=world.signatory, choice="DECLINE")
        with pytest.raises(Refused):
            services.confirm_wind_down(contract, actor=world.officer)
        services.certify_stop(contract, actor=world.signatory, material="DESTROYED", file=pdf())
        services.confirm_wind_down(contract, actor=world.officer, accepted=False, reason="缺少盖章")
        services.certify_stop(contract, actor=world.signatory, material="DESTROYED", file=pdf())
        services.confirm_wind_down(contract, actor=world.officer)
        with pytest.raises(TransitionRefused):
            services.confirm_wind_down(contract, actor=world.officer)
    assert fresh(contract).state == State.WIND_DOWN
    run_due(date(2026, 12, 11))
    assert fresh(contract).state == State.WIND_DOWN
    reasons.clear()
    # Usage reports of the period are other people's matter here: none were scheduled.
    contract = due_on(contract, date(2026, 12, 12))
    assert (contract.state, contract.closed_on) == (State.CLOSED_DECLINED, date(2026, 12, 12))


def test_paid_up_and_back(world):
    contract = made.trying(world, terms("year_or_income"), on=date(2026, 1, 31))
    assert not services.set_paid_up(contract, on=date(2026, 2, 1))  # still free use
    run_due(date(2027, 1, 31))
    with at(date(2027, 2, 1)):
        assert services.set_paid_up(contract, on=date(2027, 1, 31))
        assert not services.set_paid_up(contract, on=date(2027, 1, 31))
        assert fresh(contract).state == State.PAID_UP
        assert services.reopen_paid_up(contract)
        assert not services.reopen_paid_up(contract)
        assert fresh(contract).state == State.ACTIVE
        services.set_paid_up(contract, on=date(2027, 1, 31))
    assert due_on(contract, date(2031, 1, 30)).state == State.PAID_UP
    assert due_on(contract, date(2031, 1, 31)).state == State.CLOSED_EXPIRED


def test_a_dispute_is_settled_by_the_side_that_raised_it(world, contract):
    with at(date(2026, 6, 1)):
        services.raise_dispute(contract, actor=world.signatory, reason="计费基数")
        assert fresh(contract).disputed
        with pytest.raises(TransitionRefused):
            services.raise_dispute(contract, actor=world.officer, reason="?")
        with pytest.raises(NotPermitted):
            services.settle_dispute(contract, actor=world.officer)
        services.settle_dispute(contract, actor=world.signatory)
    assert not fresh(contract).disputed


def test_registration_and_filing_decide_the_exemption(world, contract):
    vat = contract.compliance.get(track="VAT")
    with at(date(2026, 6, 1)):
        for number, on in (("123", date(2026, 5, 1)), ("2026420100000001", date(2026, 1, 1))):
            with pytest.raises(Refused):
                services.record_registration(contract, actor=world.finance, number=number, on=on)
        with pytest.raises(Refused):
            services.complete_track(vat, actor=world.finance, reference="备1", on=date(2026, 5, 1))
        with pytest.raises(NotPermitted):
            services.record_registration(
                contract, actor=world.signatory, number="2026420100000001", on=date(2026, 5, 1)
            )
        services.record_registration(
            contract, actor=world.finance, number="2026 4201 0000 0001", on=date(2026, 5, 1)
        )
        contract = fresh(contract)
        assert not services.is_vat_exempt(contract, date(2026, 6, 1))
        services.complete_track(vat, actor=world.finance, reference="备1", on=date(2026, 5, 10))
    assert contract.registration_number == "2026420100000001"
    assert [services.is_vat_exempt(contract, date(2026, 5, day)) for day in (1, 9, 10)] == [
        False,
        False,
        True,
    ]
