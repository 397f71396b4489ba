"""Every step against every state: allowed here, refused everywhere else."""

from datetime import date

import pytest
from django.db import transaction

from contracts.lifecycle import services
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import NEXT, State
from marketplace.clock import at
from marketplace.refusals import Refused, TransitionRefused, check
from tests.contracts.lifecycle import world as made

ON = date(2026, 12, 10)


@pytest.mark.parametrize("current", State)
@pytest.mark.parametrize("target", State)
def test_table_allows_what_it_lists_and_refuses_the_rest(current, target):
    if target in NEXT.get(current, ()):
        check(current, target, NEXT)
    else:
        with pytest.raises(TransitionRefused):
            check(current, target, NEXT)


def _steps(world, contract):
    """What people can ask for; each with the states in which it may succeed on a contract in DECISION_DUE time."""
    officer, signatory = world.officer, world.signatory
    running = {"DELIVERY", "TRIAL", "EXTENDED", "DECISION_DUE", "ACTIVE", "IN_BREACH", "PAID_UP"}
    trying = {"TRIAL", "EXTENDED", "DECISION_DUE"}
    before = {"DRAFT", "INTERNAL_REVIEW", "PUBLIC_NOTICE", "OBJECTION", "SIGNING"}
    return {
        "submit_review": (lambda: services.submit_review(contract, actor=officer), {"DRAFT"}),
        "declare": (
            lambda: services.declare_relation(contract, actor=officer, is_related=False), {"DRAFT"},
        ),
        "approve": (lambda: services.approve(contract, actor=world.approver), set()),
        "return": (
            lambda: services.return_draft(contract, actor=world.approver, words="?"), {"INTERNAL_REVIEW"},
        ),
        "open_notice": (lambda: services.open_notice(contract, actor=world.approver), {"INTERNAL_REVIEW"}),
        "sign": (
            lambda: services.sign(contract, actor=signatory, document_hash="0" * 64, proof="password"), set(),
        ),
        "recall": (lambda: services.recall_signing(contract, actor=officer, reason="?"), {"SIGNING"}),
        "withdraw": (lambda: services.withdraw_contract(contract, actor=officer, reason="?"), before),
        "deliver": (lambda: services.deliver(contract, actor=officer, items="x"), {"DELIVERY"}),
        "accept": (lambda: services.accept_delivery(contract, actor=signatory), set()),
        "extend": (
            lambda: services.ask_extension(contract, actor=signatory, months=3, reason="?"), trying,
        ),
        "decide": (
            lambda: services.decide(contract, actor=signatory, choice="CONVERT", proof="password"),
            trying | {"ACTIVE", "IN_BREACH"},
        ),
        "fact": (
            lambda: services.record_fact(
                contract, actor=signatory, name="first_income", on=date(2026, 3, 1)
            ),
            running | {"WIND_DOWN"},
        ),
        "breach": (
            lambda: services.notify_breach(contract, actor=officer, kind="OTHER", words="?"), running,
        ),
        "terminate": (lambda: services.terminate(contract, actor=officer, reason="?"), set()),
        "invalidate": (
            lambda: services.invalidate(contract, actor=officer, on=date(2026, 3, 1), reason="?"), running,
        ),
        "dispute": (
            lambda: services.raise_dispute(contract, actor=officer, reason="?"), running | {"WIND_DOWN"},
        ),
        "settle": (lambda: services.settle_dispute(contract, actor=officer), set()),
        "stop": (
            lambda: services.certify_stop(contract, actor=signatory, material="NONE", file=made.pdf()), set(),
        ),
        "confirm_stop": (lambda: services.confirm_wind_down(contract, actor=officer), set()),
    }  # fmt: skip


@pytest.mark.django_db
def test_each_step_succeeds_only_in_its_states(world):
    """The contract's row is set to each state in turn (in a savepoint): only the guards are asked here.
    The contract was approved once, so that it is not approved again."""
    contract = made.trying(world)
    wrong = []
    with at(ON):
        for state in State:
            for name, (step, allowed) in _steps(world, contract).items():
                outcome = "done"
                with transaction.atomic():
                    LicenceContract.objects.filter(pk=contract.pk).update(state=state)
                    try:
                        with transaction.atomic():
                            step()
                    except Refused as refusal:
                        outcome = type(refusal).__name__
                    transaction.set_rollback(True)
                if (outcome == "done") != (state in allowed):
                    wrong.append((name, str(state), outcome))
    assert wrong == []
