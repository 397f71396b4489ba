import pytest
from django.urls import reverse
from django.utils.translation import override

from contracts.payments.gateways import hearing, sending
from contracts.payments.gateways.models import GatewayAccount, GatewayInvoice, WebhookEvent
from contracts.payments.models import Allocation, Payment, Refund
from contracts.payments.overpaid import release_overpaid
from contracts.payments.queries import balance, unallocated
from contracts.payments.services import confirm_receipt
from tests.contracts.payments.gateways.conftest import deliver
from tests.contracts.payments.world import bank_line, credit, invoice


def test_paid_by_webhooks_twice_late_and_out_of_order_counts_once(client, world, double, account, sent):
    double.pay(sent.external_id, 20_000)
    double.pay(sent.external_id)
    for event in [*reversed(double.events), *double.events]:
        assert deliver(client, account, double, event).status_code == 200
    assert WebhookEvent.objects.count() == len(double.events)
    for _run in range(2):
        hearing.handle_events()

    payments = Payment.objects.order_by("pk")
    assert sorted(row.amount_minor for row in payments) == [20_000, 49_000]
    assert {row.method for row in payments} == {"STRIPE"}
    assert balance(sent.invoice).state == "PAID"
    sent.refresh_from_db()
    assert sent.state == "PAID"
    assert not WebhookEvent.objects.filter(handled_at__isnull=True).exists()


def test_a_lost_webhook_loses_nothing(world, double, sent):
    double.pay(sent.external_id)
    hearing.sync_open()
    assert balance(sent.invoice).state == "PAID"


def test_a_refund_at_stripe_undoes_what_it_settled(client, world, double, account, sent):
    payment = double.pay(sent.external_id)
    hearing.sync_open()
    double.refund(payment, 9_000)
    refunded = double.events[-1]
    for _time in range(2):
        deliver(client, account, double, refunded)
    hearing.handle_events()
    hearing.sync(sent)

    assert [row.amount_minor for row in Refund.objects.all()] == [9_000]
    assert balance(sent.invoice).open_minor == 9_000


@pytest.mark.parametrize("worker", ["zh-hans", "en"])
def test_reasons_that_nobody_wrote_are_told_in_the_readers_language(client, world, double, sent, worker):
    """Whatever language the worker speaks: a refund at Stripe, and a credit note on what was paid."""
    payment = double.pay(sent.external_id)
    with override(worker):
        hearing.sync_open()
        credit(sent.invoice, 5_000)
        release_overpaid()
        double.refund(payment, 9_000)
        hearing.sync(sent)
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
    odd = (
        ["evt"], {"id": "evt"}, event | {"id": 7}, event | {"id": "\0"}, event | {"id": "\ud800"},
        event | {"data": ["in_1"]}, event | {"data": {"object": "in_1"}}, event | {"created": float("nan")},
    )  # fmt: skip
    assert {deliver(client, account, double, one).status_code for one in odd} == {400}
    assert client.get(url).status_code == 405
    GatewayAccount.objects.filter(pk=account.pk).update(webhook_secret="")  # none was given yet
    assert deliver(client, account, double, event, secret="").status_code == 400
    GatewayAccount.objects.filter(pk=account.pk).update(webhook_secret=double.secret)
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
    hearing.handle_events()
    assert not Payment.objects.exists()
    assert WebhookEvent.objects.filter(handled_at__isnull=False).count() == 2


def test_paid_by_bank_meanwhile_voids_at_stripe_and_a_double_payment_waits(world, double, sent):
    bill = sent.invoice
    confirm_receipt(bank_line(world, "690.00"), actor=world.finance, parts=[(bill.pk, 69_000)])
    hearing.sync_open()
    sent.refresh_from_db()
    assert (sent.state, double.invoices[sent.external_id]["status"]) == ("VOID", "void")

    second = invoice(world.contract, 100)
    sending.request_gateway_invoice(second, actor=world.finance)
    sending.send_waiting()
    row = GatewayInvoice.objects.select_related("invoice", "account").get(invoice=second)
    confirm_receipt(bank_line(world, "1.00"), actor=world.finance, parts=[(second.pk, 100)])
    double.pay(row.external_id)
    hearing.sync(row)
    twice = Payment.objects.get(method="STRIPE")
    assert (unallocated(twice), Allocation.objects.filter(payment=twice).count()) == (100, 0)
