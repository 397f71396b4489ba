from datetime import date
from types import SimpleNamespace

import pytest
import stripe
from django.urls import reverse
from django.utils.translation import override

from contracts.payments.gateways import services
from contracts.payments.gateways import stripe as gateway
from contracts.payments.gateways.errors import REFUSED, GatewayError
from contracts.payments.gateways.models import GatewayAccount, GatewayInvoice, WebhookEvent
from contracts.payments.gateways.runs import Run
from contracts.payments.models import Allocation, Payment, Refund
from contracts.payments.overpaid import release_overpaid
from contracts.payments.queries import balance, unallocated
from contracts.payments.services import confirm_receipt
from marketplace.clock import at
from marketplace.notifications.models import Notification
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.contracts.payments.world import bank_line, contract, credit, invoice
from tests.fakes import StripeDouble

DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda self, retries: 0)
    with at(DAY):
        yield


@pytest.fixture
def double(monkeypatch):
    made = StripeDouble()
    monkeypatch.setattr(gateway, "http_client_factory", lambda **options: made)
    return made


@pytest.fixture
def account(world, double):
    return services.add_account(
        world.uni, actor=world.finance, secret_key=double.key, webhook_secret=double.secret
    )


@pytest.fixture
def sent(world, account):
    """An invoice of 690 yuan that stands at Stripe."""
    bill = invoice(world.contract, 69_000)
    services.request_gateway_invoice(bill, actor=world.finance)
    services.send_waiting()
    return GatewayInvoice.objects.select_related("invoice", "account").get(invoice=bill)


def deliver(client, account, double, event, **options):
    body, signature = double.signed(event, **options)
    url = reverse("stripe_webhook", args=[account.token])
    return client.post(url, body, content_type="application/json", headers={"Stripe-Signature": signature})


def test_an_account_is_tested_and_its_key_is_kept_encrypted(world, account):
    from django.db import connection

    account = services.check_account(account, actor=world.finance)
    assert (account.test_problem, account.country, account.external_id) == ("", "HK", "acct_double")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_key, webhook_secret FROM contracts_gatewayaccount")
        assert "sk_test" not in str(cursor.fetchone())
    for wrong in ("pk_test_x", "", "hello"):
        with pytest.raises(Refused):
            services.add_account(world.uni, actor=world.finance, secret_key=wrong)
    with pytest.raises(NotPermitted):
        services.add_account(world.uni, actor=world.officer, secret_key="sk_test_x")


def test_a_wrong_key_is_told(world, double, account):
    account.secret_key = "sk_test_other"
    account.save()
    assert services.check_account(account, actor=world.finance).test_problem


def test_an_invoice_goes_to_stripe_step_by_step(world, double, sent):
    assert (sent.state, sent.external_number, sent.amount_minor) == ("SENT", "DOUBLE-0001", 69_000)
    (there,) = double.invoices.values()
    assert (there["status"], there["total"], there["currency"]) == ("open", 69_000, "cny")
    assert there["metadata"]["usefirst_invoice"] == str(sent.invoice_id)
    services.send_waiting()
    assert len(double.invoices) == 1
    with pytest.raises(TransitionRefused):
        services.request_gateway_invoice(sent.invoice, actor=world.finance)


@pytest.mark.parametrize("way", ["before", "after", "500"])
@pytest.mark.parametrize("call", range(9))
def test_any_call_may_fail_or_lose_its_answer(world, double, account, way, call):
    bill = invoice(world.contract, 69_000)
    services.request_gateway_invoice(bill, actor=world.finance)
    double.fail(*[""] * call, way)
    for _run in range(4):
        services.send_waiting()

    row = GatewayInvoice.objects.get(invoice=bill)
    assert row.state == "SENT"
    assert [(i["status"], i["total"]) for i in double.invoices.values()] == [("open", 69_000)]
    assert len(double.items) == len(double.customers) == 1


def test_a_lost_answer_is_found_after_stripe_forgot_its_keys(world, double, account):
    bill = invoice(world.contract, 69_000)
    services.request_gateway_invoice(bill, actor=world.finance)
    for call in range(6):
        double.fail(*[""] * call, "after")
        services.send_waiting()
        double._failures.clear()
        double.kept.clear()
    services.send_waiting()
    assert [(i["status"], i["total"]) for i in double.invoices.values()] == [("open", 69_000)]


def test_a_refusal_of_stripe_fails_with_words_and_can_be_asked_again(world, double, account):
    world.firm.contact_email = ""
    world.firm.save()
    bill = invoice(world.contract, 100)
    services.request_gateway_invoice(bill, actor=world.finance)
    services.send_waiting()
    row = GatewayInvoice.objects.get(invoice=bill)
    assert (row.state, bool(row.problem)) == ("FAILED", True)

    world.firm.contact_email = "pay@example.com"
    world.firm.save()
    services.request_gateway_invoice(bill, actor=world.finance)
    services.send_waiting()
    row.refresh_from_db()
    assert (row.state, row.problem) == ("SENT", "")


def test_paid_by_webhooks_twice_late_and_out_of_order_counts_once(client, world, double, account, sent):
    double.pay(sent.external_id, 20_000)
    double.pay(sent.external_id)
    for event in [*reversed(double.events), *double.events]:
        assert deliver(client, account, double, event).status_code == 200
    assert WebhookEvent.objects.count() == len(double.events)
    for _run in range(2):
        services.handle_events()

    payments = Payment.objects.order_by("pk")
    assert sorted(row.amount_minor for row in payments) == [20_000, 49_000]
    assert {row.method for row in payments} == {"STRIPE"}
    assert balance(sent.invoice).state == "PAID"
    sent.refresh_from_db()
    assert sent.state == "PAID"
    assert not WebhookEvent.objects.filter(handled_at__isnull=True).exists()


def test_a_lost_webhook_loses_nothing(world, double, sent):
    double.pay(sent.external_id)
    services.sync_open()
    assert balance(sent.invoice).state == "PAID"


def test_a_refund_at_stripe_undoes_what_it_settled(client, world, double, account, sent):
    payment = double.pay(sent.external_id)
    services.sync_open()
    double.refund(payment, 9_000)
    refunded = double.events[-1]
    for _time in range(2):
        deliver(client, account, double, refunded)
    services.handle_events()
    services.sync(sent)

    assert [row.amount_minor for row in Refund.objects.all()] == [9_000]
    assert balance(sent.invoice).open_minor == 9_000


@pytest.mark.parametrize("worker", ["zh-hans", "en"])
def test_why_an_invoice_was_not_sent_is_told_in_the_readers_language(client, world, double, account, worker):
    world.firm.contact_email = ""
    world.firm.save()
    bill = invoice(world.contract, 69_000)
    services.request_gateway_invoice(bill, actor=world.finance)
    with override(worker):
        services.send_waiting()
        services._store(bill.gateway_invoice, problem=str(REFUSED) % {"words": "no such currency"})
    letter = Notification.objects.filter(template="payments/gateway_failed").first()
    assert "未登记联系邮箱" in letter.body_zh
    assert "has no e-mail address" in letter.body_en
    client.force_login(world.finance.user)
    for reader, words, again in (
        ("zh-hans", "Stripe 拒绝：no such currency", "再次通过 Stripe 发送"),
        ("en", "Stripe refused: no such currency", "Send through Stripe again"),
    ):
        with override(reader):
            page = client.get(bill.get_absolute_url(), HTTP_ACCEPT_LANGUAGE=reader).content.decode()
        assert (words in page, again in page) == (True, True), reader


@pytest.mark.parametrize("worker", ["zh-hans", "en"])
def test_reasons_that_nobody_wrote_are_told_in_the_readers_language(client, world, double, sent, worker):
    """Whatever language the worker speaks: a refund at Stripe, and a credit note on what was paid."""
    payment = double.pay(sent.external_id)
    with override(worker):
        services.sync_open()
        credit(sent.invoice, 5_000)
        release_overpaid()
        double.refund(payment, 9_000)
        services.sync(sent)
    client.force_login(world.finance.user)
    for reader, refund, smaller in (
        ("zh-hans", "退款：通过 Stripe 退款", "红字账单冲减了该账单。"),
        ("en", "Refund: Given back through Stripe", "A credit note made the invoice smaller."),
    ):
        with override(reader):
            for page in (Payment.objects.get(), sent.invoice):
                text = client.get(page.get_absolute_url(), HTTP_ACCEPT_LANGUAGE=reader).content.decode()
                assert (refund in text, smaller in text) == (True, True), (reader, page)


def test_unsigned_forged_old_and_foreign_messages_are_refused(client, double, account, sent):
    event = double.events[-1]
    body, signature = double.signed(event)
    url = reverse("stripe_webhook", args=[account.token])

    def post(content, header):
        return client.post(
            url, content, content_type="application/json", headers={"Stripe-Signature": header}
        )

    assert post(body, "").status_code == 400
    assert post(body, "t=x,v1=y").status_code == 400
    assert post(body.replace(b"invoice", b"invoicf"), signature).status_code == 400
    assert post(b"\xff\xfe", signature).status_code == 400
    assert deliver(client, account, double, event, secret="whsec_other").status_code == 400
    assert deliver(client, account, double, event, at=1_600_000_000).status_code == 400
    assert client.get(url).status_code == 405
    unknown = reverse("stripe_webhook", args=["unknown"])
    assert client.post(unknown, body, content_type="application/json").status_code == 410
    assert not WebhookEvent.objects.exists()
    assert post(body, signature).status_code == 200


def test_a_message_about_somebody_elses_invoice_moves_nothing(client, double, account, sent):
    event = {
        "id": "evt_x",
        "type": "invoice.paid",
        "data": {"object": {"id": "in_foreign", "amount_paid": 10**6}},
    }
    deliver(client, account, double, event)
    deliver(client, account, double, {"id": "evt_y", "type": "unknown.kind", "data": {"object": {}}})
    services.handle_events()
    assert not Payment.objects.exists()
    assert WebhookEvent.objects.filter(handled_at__isnull=False).count() == 2


def test_paid_by_bank_meanwhile_voids_at_stripe_and_a_double_payment_waits(world, double, sent):
    bill = sent.invoice
    confirm_receipt(bank_line(world, "690.00"), actor=world.finance, parts=[(bill.pk, 69_000)])
    services.sync_open()
    sent.refresh_from_db()
    assert (sent.state, double.invoices[sent.external_id]["status"]) == ("VOID", "void")

    second = invoice(world.contract, 100)
    services.request_gateway_invoice(second, actor=world.finance)
    services.send_waiting()
    row = GatewayInvoice.objects.select_related("invoice", "account").get(invoice=second)
    confirm_receipt(bank_line(world, "1.00"), actor=world.finance, parts=[(second.pk, 100)])
    double.pay(row.external_id)
    services.sync(row)
    twice = Payment.objects.get(method="STRIPE")
    assert (unallocated(twice), Allocation.objects.filter(payment=twice).count()) == (100, 0)


def test_an_invoice_that_nobody_foresaw_stops_no_other_and_comes_last_next_time(
    world, double, account, caplog
):
    bills = [invoice(world.contract, 69_000) for _bill in range(2)]
    for bill in bills:
        services.request_gateway_invoice(bill, actor=world.finance)
    double.fail("", "odd")  # a customer, then no invoice
    services.send_waiting()

    rows = GatewayInvoice.objects.order_by("pk")
    assert [(row.state, row.attempts, bool(row.problem)) for row in rows] == [
        ("PENDING", 1, True),
        ("SENT", 1, False),
    ]
    assert "KeyError" in caplog.text
    bills.append(invoice(world.contract, 69_000))
    services.request_gateway_invoice(bills[2], actor=world.finance)
    services.send_waiting()
    made = [int(found["metadata"]["usefirst_invoice"]) for found in double.invoices.values()]
    assert made == [bills[1].pk, bills[2].pk, bills[0].pk]
    assert [row.state for row in rows.all()] == ["SENT"] * 3


def test_what_nobody_foresees_again_and_again_fails_with_words(world, double, account):
    services.request_gateway_invoice(invoice(world.contract, 69_000), actor=world.finance)
    double.fail(*["odd"] * services.MAX_ATTEMPTS)
    for _run in range(services.MAX_ATTEMPTS):
        services.send_waiting()
    row = GatewayInvoice.objects.get()
    assert (row.state, row.attempts, bool(row.problem)) == ("FAILED", services.MAX_ATTEMPTS, True)


def test_a_message_that_nobody_foresaw_stops_no_other_and_comes_last_next_time(
    client, world, double, account, sent
):
    services.request_gateway_invoice(invoice(world.contract, 500), actor=world.finance)
    services.send_waiting()
    other = GatewayInvoice.objects.exclude(pk=sent.pk).get()
    WebhookEvent.objects.create(
        account=account, event_id="evt_bad", kind="invoice.paid", payload={"data": [1]}
    )
    for row in (sent, other):
        double.pay(row.external_id)
        deliver(client, account, double, double.events[-1])
    double.fail("", "odd")  # an invoice, then no payments
    services.handle_events()

    waiting = WebhookEvent.objects.filter(handled_at=None)
    assert [(row.object_id, row.attempts, bool(row.problem)) for row in waiting] == [
        ("", 1, True),
        (sent.external_id, 1, True),
    ]
    assert [balance(row.invoice).state for row in (sent, other)] == ["OPEN", "PAID"]
    services.handle_events()
    assert (balance(sent.invoice).state, [row.event_id for row in waiting.all()]) == ("PAID", ["evt_bad"])


def test_an_invoice_that_cannot_be_read_stops_no_other(world, double, account, sent):
    services.request_gateway_invoice(invoice(world.contract, 500), actor=world.finance)
    services.send_waiting()
    other = GatewayInvoice.objects.exclude(pk=sent.pk).select_related("invoice").get()
    double.pay(other.external_id)
    double.fail("odd")
    services.sync_open()
    sent.refresh_from_db()
    assert (bool(sent.problem), balance(other.invoice).state) == (True, "PAID")


def test_an_account_that_stripe_does_not_answer_keeps_no_other_waiting(world, double, account, monkeypatch):
    neighbour = SimpleNamespace(**{**vars(world), "uni": world.other_finance.organisation})
    services.add_account(neighbour.uni, actor=world.other_finance, secret_key=double.key)
    bills = [invoice(world.contract, 69_000) for _bill in range(4)]
    for bill in bills:
        services.request_gateway_invoice(bill, actor=world.finance)
    other = invoice(contract(neighbour), 69_000)
    services.request_gateway_invoice(other, actor=world.other_finance)

    def stands():
        rows = GatewayInvoice.objects.order_by("pk")
        return [(row.state, row.attempts) for row in rows]

    silent, sends = ["before"], [""] * 6  # calls that take an invoice from customer to sent
    double.fail(*silent, *sends, *silent)
    assert services.send_waiting() == Run(tried=3, left=2)
    assert stands() == [("PENDING", 1)] * 2 + [("PENDING", 0)] * 2 + [("SENT", 1)]
    monkeypatch.setattr(services, "SENDING_SECONDS", 0)  # one at least; those come first that were not tried
    assert services.send_waiting() == Run(tried=1, left=3)
    assert stands()[2] == ("SENT", 1)


def test_what_cannot_be_read_comes_last_next_time_and_is_well_again_when_it_can(world, double, account, sent):
    for _bill in range(3):
        services.request_gateway_invoice(invoice(world.contract, 500), actor=world.finance)
    services.send_waiting()
    double.fail("before", "500")
    assert services.sync_open() == Run(tried=2, left=2)
    rows = GatewayInvoice.objects.order_by("pk")
    assert [bool(row.problem) for row in rows] == [True, True, False, False]
    for row in rows:
        double.pay(row.external_id)
    double.fail(*[""] * 6, "before", "before")  # three calls for each that is paid
    assert services.sync_open() == Run(tried=4, left=0)
    assert [(row.state, bool(row.problem)) for row in rows.all()] == [("SENT", True)] * 2 + [
        ("PAID", False)
    ] * 2
    assert services.sync_open() == Run(tried=2, left=0)
    assert [(row.state, bool(row.problem)) for row in rows.all()] == [("PAID", False)] * 4


def test_a_removed_key_is_forgotten(world, account):
    services.remove_account(account, actor=world.finance)
    account = GatewayAccount.objects.get(pk=account.pk)
    assert (account.secret_key, account.webhook_secret) == ("", "")
    with pytest.raises(Refused):
        services.request_gateway_invoice(invoice(world.contract, 100), actor=world.finance)


# --- The double itself --------------------------------------------------------------------------------


def test_the_double_behaves_as_the_documentation_says(world, double, sent):
    calls = stripe.StripeClient(double.key, http_client=double).v1
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        calls.customers.create({"nonsense": "x"})
    with pytest.raises(stripe.InvalidRequestError, match="collection_method"):
        calls.invoices.create(
            {"customer": sent.external_customer, "currency": "cny", "collection_method": "pigeon"}
        )
    with pytest.raises(stripe.InvalidRequestError, match="no longer editable"):
        calls.invoice_items.create(
            {"customer": sent.external_customer, "invoice": sent.external_id, "amount": 1, "currency": "cny"}
        )
    first = calls.customers.create({"name": "a"}, {"idempotency_key": "k"})
    assert calls.customers.create({"name": "a"}, {"idempotency_key": "k"}).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        calls.customers.create({"name": "b"}, {"idempotency_key": "k"})
    double.pay(sent.external_id)
    with pytest.raises(stripe.InvalidRequestError, match="isn't open"):
        calls.invoices.void_invoice(sent.external_id)
    with pytest.raises(GatewayError) as error:
        gateway.void(sent)
    assert error.value.retry is False
