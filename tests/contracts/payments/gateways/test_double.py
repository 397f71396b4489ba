"""The double itself: it refuses what the documentation says that Stripe refuses."""

import pytest
import stripe

from contracts.payments.gateways import stripe as gateway
from contracts.payments.gateways.errors import GatewayError


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
