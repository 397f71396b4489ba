import pytest
from django.utils.translation import override

from contracts.payments.gateways import sending
from contracts.payments.gateways.errors import REFUSED
from contracts.payments.gateways.models import GatewayInvoice
from contracts.payments.gateways.steps import store_step
from marketplace.notifications.models import Notification
from marketplace.refusals import TransitionRefused
from tests.contracts.payments.world import invoice


def test_an_invoice_goes_to_stripe_step_by_step(world, double, sent):
    assert (sent.state, sent.external_number, sent.amount_minor) == ("SENT", "DOUBLE-0001", 69_000)
    (there,) = double.invoices.values()
    assert (there["status"], there["total"], there["currency"]) == ("open", 69_000, "cny")
    assert there["metadata"]["usefirst_invoice"] == str(sent.invoice_id)
    sending.send_waiting()
    assert len(double.invoices) == 1
    with pytest.raises(TransitionRefused):
        sending.request_gateway_invoice(sent.invoice, actor=world.finance)


@pytest.mark.parametrize("way", ["before", "after", "500"])
@pytest.mark.parametrize("call", range(9))
def test_any_call_may_fail_or_lose_its_answer(world, double, account, way, call):
    bill = invoice(world.contract, 69_000)
    sending.request_gateway_invoice(bill, actor=world.finance)
    double.fail(*[""] * call, way)
    for _run in range(4):
        sending.send_waiting()

    row = GatewayInvoice.objects.get(invoice=bill)
    assert row.state == "SENT"
    assert [(i["status"], i["total"]) for i in double.invoices.values()] == [("open", 69_000)]
    assert len(double.items) == len(double.customers) == 1


def test_a_lost_answer_is_found_after_stripe_forgot_its_keys(world, double, account):
    bill = invoice(world.contract, 69_000)
    sending.request_gateway_invoice(bill, actor=world.finance)
    for call in range(6):
        double.fail(*[""] * call, "after")
        sending.send_waiting()
        double._failures.clear()
        double.kept.clear()
    sending.send_waiting()
    assert [(i["status"], i["total"]) for i in double.invoices.values()] == [("open", 69_000)]


def test_a_refusal_of_stripe_fails_with_words_and_can_be_asked_again(world, double, account):
    world.firm.contact_email = ""
    world.firm.save()
    bill = invoice(world.contract, 100)
    sending.request_gateway_invoice(bill, actor=world.finance)
    sending.send_waiting()
    row = GatewayInvoice.objects.get(invoice=bill)
    assert (row.state, bool(row.problem)) == ("FAILED", True)

    world.firm.contact_email = "pay@example.com"
    world.firm.save()
    sending.request_gateway_invoice(bill, actor=world.finance)
    sending.send_waiting()
    row.refresh_from_db()
    assert (row.state, row.problem) == ("SENT", "")


@pytest.mark.parametrize("worker", ["zh-hans", "en"])
def test_why_an_invoice_was_not_sent_is_told_in_the_readers_language(client, world, double, account, worker):
    world.firm.contact_email = ""
    world.firm.save()
    bill = invoice(world.contract, 69_000)
    sending.request_gateway_invoice(bill, actor=world.finance)
    with override(worker):
        sending.send_waiting()
        store_step(bill.gateway_invoice, problem=str(REFUSED) % {"words": "no such currency"})
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
