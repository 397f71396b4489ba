from datetime import date

import pytest

from contracts.lifecycle import services
from contracts.lifecycle.due import run_due
from contracts.lifecycle.states import State
from marketplace.clock import at
from tests.contracts.lifecycle.world import START, drafted, fresh, sign_all, terms


@pytest.mark.django_db
def test_from_draft_to_conversion(world):
    contract = drafted(world, terms("option"))
    with at(START):
        services.submit_review(contract, actor=world.officer)
        services.approve(contract, actor=world.approver)
        notice = services.open_notice(contract, actor=world.approver)
    assert (notice.days, notice.published_on, notice.ends_on) == (15, START, date(2026, 1, 20))
    run_due(date(2026, 1, 20))
    assert fresh(contract).state == State.PUBLIC_NOTICE
    run_due(date(2026, 1, 21))
    assert fresh(contract).state == State.SIGNING
    contract = sign_all(world, contract, on=date(2026, 1, 31))
    assert (contract.state, contract.effective_on, contract.term_ends_on) == (
        State.DELIVERY, date(2026, 1, 31), date(2031, 1, 30),
    )  # fmt: skip
    with at(date(2026, 2, 3)):
        services.deliver(contract, actor=world.officer, items="工艺文件")
        services.accept_delivery(contract, actor=world.signatory)
    contract = fresh(contract)
    assert (contract.state, contract.trial_ends_on) == (State.TRIAL, date(2027, 1, 30))
    run_due(date(2026, 11, 30))
    assert fresh(contract).state == State.TRIAL
    run_due(date(2026, 12, 1))
    assert fresh(contract).state == State.DECISION_DUE
    with at(date(2027, 1, 30)):
        services.decide(contract, actor=world.signatory, choice="CONVERT", proof="password")
    contract = fresh(contract)
    assert (contract.state, contract.converted_on) == (State.ACTIVE, date(2027, 1, 30))
