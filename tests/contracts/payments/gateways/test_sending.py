import pytest
import stripe
from django.urls import reverse
from django.utils.translation import override

from contracts.payments.gateways import hearing, sending
from contracts.payments.gateways.errors import OTHER_AMOUNT, PART_PAID, REFUSED
from contracts.payments.gateways.models import GatewayInvoice
from contracts.payments.gateways.steps import store_step
from contracts.payments.queries import balance
from contracts.payments.services import confirm_receipt
from marketplace.notifications.models import Notification
from marketplace.refusals import TransitionRefused
from tests.contracts.payments.world import bank_line, invoice


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


# --- Another round ----------------------------------------------------------------------------------------


def ask_again(world, row) -> GatewayInvoice:
    """The officer's click, and runs enough for one lost answer."""
    sending.request_gateway_invoice(row.invoice, actor=world.finance)
    for _run in range(3):
        sending.send_waiting()
    return GatewayInvoice.objects.select_related("invoice", "account").get(pk=row.pk)


def stopped(world, double, calls: int) -> GatewayInvoice:
    """An invoice of 690 yuan of which the first calls went well and the next one failed for good."""
    bill = invoice(world.contract, 69_000)
    sending.request_gateway_invoice(bill, actor=world.finance)
    double.fail(*[""] * calls, "500")
    sending.send_waiting()
    return store_step(GatewayInvoice.objects.get(invoice=bill), state="FAILED", problem="test")


def other_item(double, row, amount=1) -> None:
    """Somebody adds an item by hand to the draft at Stripe."""
    found = double.invoices[row.external_id]
    item = {"customer": found["customer"], "invoice": found["id"], "amount": amount, "currency": "cny"}
    stripe.StripeClient(double.key, http_client=double).v1.invoice_items.create(item)


def stands(double) -> list[tuple]:
    """What can be paid at Stripe, or could become part of something that can."""
    invoices = [(row["status"], row["amount_remaining"]) for row in double.invoices.values()]
    loose = [
        ("loose", row["amount"])
        for row in double.items.values()
        if not row["invoice"] and row.get("metadata")
    ]
    return [row for row in invoices if row[0] != "void"] + loose


@pytest.mark.parametrize("forgets", [False, True])
def test_a_draft_of_another_amount_is_replaced_when_it_is_sent_again(world, double, account, forgets):
    row = stopped(world, double, 2)
    other_item(double, row)
    row = ask_again(world, row)
    assert (row.state, row.problem, stands(double)) == ("SENT", "", [("open", 69_000)])
    bill = invoice(world.contract, 50_000)
    sending.request_gateway_invoice(bill, actor=world.finance)
    double.fail("", "", "500")  # an item is not added
    sending.send_waiting()
    row = GatewayInvoice.objects.get(invoice=bill)
    other_item(double, row)
    sending.send_waiting()
    row.refresh_from_db()
    assert (row.state, row.problem) == ("FAILED", str(OTHER_AMOUNT))
    if forgets:
        double.kept.clear()
    row = ask_again(world, row)
    assert (row.state, row.round, row.problem) == ("SENT", 2, "")
    assert stands(double) == [("open", 69_000), ("open", 50_000)]


@pytest.mark.parametrize("way", ["before", "after", "500"])
@pytest.mark.parametrize("call", range(12))
def test_any_call_of_another_round_may_fail_or_lose_its_answer(world, double, account, way, call):
    row = stopped(world, double, 4)
    other_item(double, row)
    double.fail(*[""] * call, way)
    row = ask_again(world, row)
    assert (row.state, stands(double)) == ("SENT", [("open", 69_000)])
    assert len(double.customers) == 1


@pytest.mark.parametrize("left", ["final", "draft", "other", "deleted", "void", "no customer", "unknown"])
def test_whatever_was_left_at_stripe_one_invoice_over_what_is_open_is_sent(world, double, account, left):
    row = stopped(world, double, 5 if left == "final" else 2)
    found = double.invoices[row.external_id]
    if left == "other":
        found |= {"status": "open", "total": 100, "amount_remaining": 100}
    elif left == "void":
        found["status"] = "void"
    elif left == "deleted":
        del double.invoices[row.external_id]
    elif left == "no customer":
        double.customers[row.external_customer]["deleted"] = True
        del double.invoices[row.external_id]
    elif left == "unknown":  # the answer was lost
        store_step(row, external_id="")
    confirm_receipt(bank_line(world, "90.00"), actor=world.finance, parts=[(row.invoice_id, 9_000)])
    row = ask_again(world, row)
    assert (row.state, row.amount_minor, stands(double)) == ("SENT", 60_000, [("open", 60_000)])
    assert row.external_id in double.invoices


def test_what_was_paid_at_stripe_meanwhile_is_taken_over_before_it_is_sent_again(world, double, account):
    row = stopped(world, double, 5)
    kept = row.external_id
    double.pay(kept, 9_000)
    row = ask_again(world, row)
    assert (row.state, row.external_id, row.amount_minor) == ("SENT", kept, 60_000)
    assert (balance(row.invoice).open_minor, stands(double)) == (60_000, [("open", 60_000)])

    paid = stopped(world, double, 5)
    double.pay(paid.external_id)
    paid = ask_again(world, paid)
    assert (paid.state, balance(paid.invoice).state, len(double.invoices)) == ("PAID", "PAID", 2)

    torn = stopped(world, double, 5)
    double.pay(torn.external_id, 9_000)
    confirm_receipt(bank_line(world, "100.00"), actor=world.finance, parts=[(torn.invoice_id, 10_000)])
    torn = ask_again(world, torn)
    assert (torn.state, torn.problem) == ("FAILED", str(PART_PAID))
    assert balance(torn.invoice).open_minor == 50_000


def test_what_was_voided_at_stripe_by_hand_can_be_sent_again(client, world, double, sent):
    double.invoices[sent.external_id]["status"] = "void"
    hearing.sync_open()
    client.force_login(world.finance.user)
    assert "再次通过 Stripe 发送" in client.get(sent.invoice.get_absolute_url()).content.decode()
    assert client.post(reverse("gateway_send", args=[sent.invoice_id])).status_code == 302
    sending.send_waiting()
    sent.refresh_from_db()
    assert (sent.state, sent.round, stands(double)) == ("SENT", 2, [("open", 69_000)])


def test_a_late_answer_about_an_earlier_round_moves_nothing(world, double, account):
    row = stopped(world, double, 2)
    late = GatewayInvoice.objects.get(pk=row.pk)
    sending.request_gateway_invoice(row.invoice, actor=world.finance)
    store_step(late, state="VOID", problem="late", external_id="in_late")
    row.refresh_from_db()
    assert (row.state, row.problem, row.external_id) == ("PENDING", "", "")
