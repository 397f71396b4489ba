"""Messages that failed too often: told once, seen on two pages, tried again."""

import pytest
from django.urls import reverse

from contracts.payments.gateways import hearing
from contracts.payments.gateways.models import MAX_ATTEMPTS, WebhookEvent
from contracts.payments.queries import balance
from marketplace.audit.models import AuditEvent
from marketplace.notifications.models import Notification
from marketplace.refusals import NotPermitted
from tests.contracts.payments.gateways.conftest import deliver

LIST = "/en/stripe/messages/"


def letters():
    return Notification.objects.filter(template="payments/webhooks_given_up")


@pytest.fixture
def given_up(client, double, account, sent):
    """Both messages about a payment failed as often as they are tried."""
    double.pay(sent.external_id)
    for event in double.events[-2:]:
        deliver(client, account, double, event)
    double.fail(*["", "odd"] * 2 * MAX_ATTEMPTS)  # an invoice, then no payments
    for _run in range(MAX_ATTEMPTS + 1):
        hearing.handle_events()
    return WebhookEvent.objects.order_by("pk")


def test_the_first_message_that_is_given_up_is_told_once(world, given_up):
    assert {(row.state, row.attempts) for row in given_up} == {("GIVEN_UP", MAX_ATTEMPTS)}
    assert {row.user for row in letters()} == {world.finance.user, world.colleague.user}
    assert letters().count() == 2
    assert "12 times (invoice" in letters().first().body_en
    assert AuditEvent.objects.filter(verb="gateway.message_given_up").count() == 2


def test_finance_finds_them_and_has_them_tried_again(client, world, given_up, sent):
    client.force_login(world.finance.user)
    assert "2 messages could not be handled." in client.get("/en/stripe/").content.decode()
    page = client.get(LIST, {"state": "GIVEN_UP", "sort": "-kind", "q": "INVOICE"})
    assert {row.kind for row in page.context["page_obj"]} == {"invoice_payment.paid", "invoice.paid"}
    assert b"invoice.paid" in client.get(LIST, {"state": "GIVEN_UP", "export": "csv"}).content
    assert not client.get(LIST, {"q": "nothing"}).context["page_obj"].object_list
    client.post(reverse("gateway_messages_retry"))
    hearing.handle_events()
    assert {row.state for row in given_up.all()} == {"DONE"}
    assert balance(sent.invoice).state == "PAID"
    assert AuditEvent.objects.get(verb="gateway.messages_retried").user_id == world.finance.user.pk
    assert client.get(LIST, {"state": "GIVEN_UP"}).context["given_up"] == 0


def test_the_operator_has_all_tried_again_and_others_only_their_own(client, world, given_up):
    client.force_login(world.other_finance.user)
    assert not client.get(LIST).context["page_obj"].object_list
    client.post(reverse("gateway_messages_retry"))
    client.post(reverse("webhooks_retry"))
    assert {row.state for row in given_up.all()} == {"GIVEN_UP"}
    client.force_login(world.operator.user)
    assert "Try again" in client.get("/en/operator/market/webhooks/").content.decode()
    assert client.post(reverse("webhooks_retry")).status_code == 302
    assert {row.state for row in given_up.all()} == {"WAITING"}
    with pytest.raises(NotPermitted):
        hearing.retry_messages(actor=world.officer, organisation=world.uni)


def test_the_list_asks_as_much_for_one_as_for_many(client, world, account, django_assert_num_queries):
    client.force_login(world.finance.user)
    client.get(LIST)
    for rows in (1, 2):
        for _row in range(rows):
            number = WebhookEvent.objects.count()
            WebhookEvent.objects.create(
                account=account, event_id=f"evt_{number}", kind="invoice.paid", payload={}, attempts=12
            )
        with django_assert_num_queries(7):
            assert client.get(LIST).status_code == 200
