"""Runs over many invoices, messages and accounts: one that fails stops no other."""

from types import SimpleNamespace

from contracts.payments.gateways import hearing, sending, services
from contracts.payments.gateways.models import MAX_ATTEMPTS, GatewayInvoice, WebhookEvent
from contracts.payments.gateways.runs import Run
from contracts.payments.queries import balance
from tests.contracts.payments.gateways.conftest import deliver
from tests.contracts.payments.world import contract, invoice


def test_an_invoice_that_nobody_foresaw_stops_no_other_and_comes_last_next_time(
    world, double, account, caplog
):
    bills = [invoice(world.contract, 69_000) for _bill in range(2)]
    for bill in bills:
        sending.request_gateway_invoice(bill, actor=world.finance)
    double.fail("", "odd")  # a customer, then no invoice
    sending.send_waiting()

    rows = GatewayInvoice.objects.order_by("pk")
    assert [(row.state, row.attempts, bool(row.problem)) for row in rows] == [
        ("PENDING", 1, True),
        ("SENT", 1, False),
    ]
    assert "KeyError" in caplog.text
    bills.append(invoice(world.contract, 69_000))
    sending.request_gateway_invoice(bills[2], actor=world.finance)
    sending.send_waiting()
    made = [int(found["metadata"]["usefirst_invoice"]) for found in double.invoices.values()]
    assert made == [bills[1].pk, bills[2].pk, bills[0].pk]
    assert [row.state for row in rows.all()] == ["SENT"] * 3


def test_what_nobody_foresees_again_and_again_fails_with_words(world, double, account):
    sending.request_gateway_invoice(invoice(world.contract, 69_000), actor=world.finance)
    double.fail(*["odd"] * MAX_ATTEMPTS)
    for _run in range(MAX_ATTEMPTS):
        sending.send_waiting()
    row = GatewayInvoice.objects.get()
    assert (row.state, row.attempts, bool(row.problem)) == ("FAILED", MAX_ATTEMPTS, True)


def test_a_message_that_nobody_foresaw_stops_no_other_and_comes_last_next_time(
    client, world, double, account, sent
):
    sending.request_gateway_invoice(invoice(world.contract, 500), actor=world.finance)
    sending.send_waiting()
    other = GatewayInvoice.objects.exclude(pk=sent.pk).get()
    WebhookEvent.objects.create(
        account=account, event_id="evt_bad", kind="invoice.paid", payload={"data": [1]}
    )
    for row in (sent, other):
        double.pay(row.external_id)
        deliver(client, account, double, double.events[-1])
    double.fail("", "odd")  # an invoice, then no payments
    hearing.handle_events()

    waiting = WebhookEvent.objects.filter(handled_at=None)
    assert [(row.object_id, row.attempts, bool(row.problem)) for row in waiting] == [
        ("", 1, True),
        (sent.external_id, 1, True),
    ]
    assert [balance(row.invoice).state for row in (sent, other)] == ["OPEN", "PAID"]
    hearing.handle_events()
    assert (balance(sent.invoice).state, [row.event_id for row in waiting.all()]) == ("PAID", ["evt_bad"])


def test_an_invoice_that_cannot_be_read_stops_no_other(world, double, account, sent):
    sending.request_gateway_invoice(invoice(world.contract, 500), actor=world.finance)
    sending.send_waiting()
    other = GatewayInvoice.objects.exclude(pk=sent.pk).select_related("invoice").get()
    double.pay(other.external_id)
    double.fail("odd")
    hearing.sync_open()
    sent.refresh_from_db()
    assert (bool(sent.problem), balance(other.invoice).state) == (True, "PAID")


def test_an_account_that_stripe_does_not_answer_keeps_no_other_waiting(world, double, account, monkeypatch):
    neighbour = SimpleNamespace(**{**vars(world), "uni": world.other_finance.organisation})
    services.add_account(neighbour.uni, actor=world.other_finance, secret_key=double.key)
    bills = [invoice(world.contract, 69_000) for _bill in range(4)]
    for bill in bills:
        sending.request_gateway_invoice(bill, actor=world.finance)
    other = invoice(contract(neighbour), 69_000)
    sending.request_gateway_invoice(other, actor=world.other_finance)

    def stands():
        rows = GatewayInvoice.objects.order_by("pk")
        return [(row.state, row.attempts) for row in rows]

    silent, sends = ["before"], [""] * 6  # calls that take an invoice from customer to sent
    double.fail(*silent, *sends, *silent)
    assert sending.send_waiting() == Run(tried=3, left=2)
    assert stands() == [("PENDING", 1)] * 2 + [("PENDING", 0)] * 2 + [("SENT", 1)]
    monkeypatch.setattr(sending, "SENDING_SECONDS", 0)  # one at least; those come first that were not tried
    assert sending.send_waiting() == Run(tried=1, left=3)
    assert stands()[2] == ("SENT", 1)


def test_what_cannot_be_read_comes_last_next_time_and_is_well_again_when_it_can(world, double, account, sent):
    for _bill in range(3):
        sending.request_gateway_invoice(invoice(world.contract, 500), actor=world.finance)
    sending.send_waiting()
    double.fail("before", "500")
    assert hearing.sync_open() == Run(tried=2, left=2)
    rows = GatewayInvoice.objects.order_by("pk")
    assert [bool(row.problem) for row in rows] == [True, True, False, False]
    for row in rows:
        double.pay(row.external_id)
    double.fail(*[""] * 6, "before", "before")  # three calls for each that is paid
    assert hearing.sync_open() == Run(tried=4, left=0)
    assert [(row.state, bool(row.problem)) for row in rows.all()] == [("SENT", True)] * 2 + [
        ("PAID", False)
    ] * 2
    assert hearing.sync_open() == Run(tried=2, left=0)
    assert [(row.state, bool(row.problem)) for row in rows.all()] == [("PAID", False)] * 4
