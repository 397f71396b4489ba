"""What several people or machines do in the same moment, with real commits on a database of its own."""

import pytest

from contracts.ledger.models import Entry
from contracts.ledger.queries import trial_balance
from contracts.ledger.verifying import verify_ledger
from contracts.payments.booking import book_money
from contracts.payments.gateways import hearing, sending
from contracts.payments.gateways import services as gateways
from contracts.payments.gateways import stripe as gateway
from contracts.payments.gateways.models import GatewayInvoice, WebhookEvent
from contracts.payments.importing import import_statement, read_file
from contracts.payments.models import Allocation, Payment, StatementLine
from contracts.payments.queries import balance, unallocated
from contracts.payments.services import allocate, confirm_receipt, undo_allocation
from contracts.proceeds.commissions import accrue_commissions
from contracts.proceeds.models import Commission, Distribution
from contracts.proceeds.services import propose_distribution
from marketplace.refusals import Refused
from tests.clones import at_once, cloned_database
from tests.contracts.payments import world as made
from tests.contracts.payments.world import HEAD, account, bank_line, commission_annex, invoice
from tests.contracts.proceeds.test_distribution import plan, team
from tests.fakes import StripeDouble

pytestmark = pytest.mark.slow


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        yield made.world()


def kinds(results) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def test_money_is_taken_once_whoever_comes_at_the_same_moment(committed):
    world = committed
    bank = account(world)
    team(world)
    plan(world)
    commission_annex(world.contract)

    # the same file read and taken over by two people
    text = (HEAD + "2026-11-20,1.00,,X1,长江泵业有限公司,6222,\n").encode()
    reads = [read_file(bank, actor=world.finance, name="s.csv", content=text) for _time in range(2)]
    at_once(
        lambda: import_statement(reads[0], actor=world.finance),
        lambda: import_statement(reads[1], actor=world.colleague),
    )
    assert StatementLine.objects.filter(bank_reference="X1").count() == 1

    # the same line confirmed by four
    bill = invoice(world.contract, 10_000)
    line = bank_line(world, "100.00")
    people = [world.finance, world.colleague] * 2
    results = at_once(
        *(
            lambda actor=actor: confirm_receipt(line, actor=actor, parts=[(bill.pk, 10_000)])
            for actor in people
        )
    )
    assert kinds(results) == ["Payment"] + ["TransitionRefused"] * 3
    assert (Payment.objects.count(), balance(bill).open_minor) == (1, 0)

    # two receipts for the same invoice: never more than it asks for
    second = invoice(world.contract, 10_000)
    receipts = [confirm_receipt(bank_line(world, "100.00"), actor=world.finance) for _time in range(2)]
    results = at_once(
        *(lambda row=row: allocate(row, actor=world.finance, parts=[(second.pk, 10_000)]) for row in receipts)
    )
    assert kinds(results) == ["Refused", "list"]
    assert balance(second).open_minor == 0
    assert sorted(unallocated(row) for row in receipts) == [0, 10_000]

    # one allocation undone by two
    wrong = Allocation.objects.filter(invoice=second).get()
    results = at_once(
        *(lambda: undo_allocation(wrong, actor=world.finance, reason="wrong") for _time in range(3))
    )
    assert kinds(results) == ["Allocation", "Refused", "Refused"]

    # tasks that run twice at once book, earn and propose once
    results = at_once(*[book_money] * 3, *[accrue_commissions] * 3)
    assert [row for row in results if isinstance(row, Exception)] == []
    keys = list(Entry.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys)) > 0
    assert verify_ledger(world.uni).findings == []
    assert sum(row["balance"] for row in trial_balance(world.uni)) == 0
    assert sum(row.amount_minor for row in Commission.objects.all()) == 500
    results = at_once(
        *(lambda: propose_distribution(world.contract, actor=world.finance) for _time in range(3))
    )
    assert Distribution.objects.count() == 1
    assert sum(isinstance(row, Refused) for row in results) == 2


def test_the_same_webhook_twice_in_parallel_counts_once(committed, monkeypatch):
    world, double = committed, StripeDouble()
    monkeypatch.setattr(gateway, "http_client_factory", lambda **options: double)
    connected = gateways.add_account(
        world.uni, actor=world.finance, secret_key=double.key, webhook_secret=double.secret
    )
    bill = invoice(world.contract, 69_000)
    sending.request_gateway_invoice(bill, actor=world.finance)
    sending.send_waiting()
    row = GatewayInvoice.objects.get(invoice=bill)
    double.pay(row.external_id)

    event = double.events[-1]
    stored = at_once(*(lambda: hearing.store_event(connected, event) for _time in range(4)))
    assert len({found.pk for found in stored}) == WebhookEvent.objects.count() == 1
    results = at_once(*[hearing.handle_events] * 3, hearing.sync_open)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert Payment.objects.count() == 1
    assert Allocation.objects.count() == 1
    assert balance(bill).open_minor == 0
