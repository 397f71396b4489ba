from datetime import date

import pytest
import stripe
from django.urls import reverse

from contracts.payments.gateways import sending, services
from contracts.payments.gateways import stripe as gateway
from contracts.payments.gateways.models import GatewayInvoice
from marketplace.clock import at
from tests.contracts.payments.world import invoice
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
    sending.request_gateway_invoice(bill, actor=world.finance)
    sending.send_waiting()
    return GatewayInvoice.objects.select_related("invoice", "account").get(invoice=bill)


def deliver(client, account, double, event, **options):
    body, signature = double.signed(event, **options)
    url = reverse("stripe_webhook", args=[account.token])
    return client.post(url, body, content_type="application/json", headers={"Stripe-Signature": signature})
