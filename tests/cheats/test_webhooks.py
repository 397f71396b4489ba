"""Messages that the payment provider never sent."""

from django.urls import reverse

from contracts.payments.gateways import stripe as gateway
from contracts.payments.gateways.models import WebhookEvent
from contracts.payments.gateways.services import add_account
from tests.fakes import StripeDouble


def test_forged_webhooks_leave_nothing_behind(made, client, monkeypatch):
    double = StripeDouble()
    monkeypatch.setattr(gateway, "http_client_factory", lambda **options: double)
    account = add_account(
        made.orgs["uni"], actor=made.people["uni"], secret_key=double.key, webhook_secret=double.secret
    )
    url = reverse("stripe_webhook", args=[account.token])
    event = {"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}}
    body, signature = double.signed(event)
    forged = [
        (url, body, ""),
        (url, body, "t=1,v1=00"),
        (
            url,
            body.replace(b"in_1", b"in_2") if isinstance(body, bytes) else body.replace("in_1", "in_2"),
            signature,
        ),
        (url, b"not json", signature),
        (reverse("stripe_webhook", args=["x" * 20]), body, signature),
        (url, b"x" * 600_000, signature),
    ]
    answers = [
        client.post(to, said, content_type="application/json", headers={"Stripe-Signature": by}).status_code
        for to, said, by in forged
    ]
    assert answers == [400, 400, 400, 400, 410, 413]
    assert client.get(url).status_code == 405
    assert not WebhookEvent.objects.exists()
    good = client.post(url, body, content_type="application/json", headers={"Stripe-Signature": signature})
    assert (good.status_code, WebhookEvent.objects.count()) == (200, 1)
