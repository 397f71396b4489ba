import pytest
from django.db import connection

from contracts.payments.gateways import hearing, sending, services
from contracts.payments.gateways import stripe as gateway
from contracts.payments.gateways.models import GatewayAccount
from contracts.payments.gateways.steps import store_step
from contracts.payments.queries import balance
from marketplace.refusals import NotPermitted, Refused
from tests.contracts.payments.world import invoice
from tests.fakes import StripeDouble


def test_an_account_is_tested_and_its_key_is_kept_encrypted(world, account):
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


def test_a_removed_key_is_forgotten(world, account):
    services.remove_account(account, actor=world.finance)
    account = GatewayAccount.objects.get(pk=account.pk)
    assert (account.secret_key, account.webhook_secret) == ("", "")
    with pytest.raises(Refused):
        sending.request_gateway_invoice(invoice(world.contract, 100), actor=world.finance)


def test_another_key_of_the_same_account_looks_after_what_was_sent_with_the_first(world, double, sent):
    services.check_account(sent.account, actor=world.finance)
    services.remove_account(sent.account, actor=world.finance)
    second = services.add_account(world.uni, actor=world.finance, secret_key=double.key)
    double.pay(sent.external_id)
    hearing.sync_open()
    assert balance(sent.invoice).state == "OPEN"
    services.check_account(second, actor=world.finance)
    hearing.sync_open()
    assert balance(sent.invoice).state == "PAID"


def test_what_stands_at_another_account_is_named_and_left_there(client, world, double, sent, monkeypatch):
    services.remove_account(sent.account, actor=world.finance)
    store_step(sent, state="VOID")
    other, before = StripeDouble(), list(double.calls)
    monkeypatch.setattr(gateway, "http_client_factory", lambda **options: other)
    services.add_account(world.uni, actor=world.finance, secret_key=other.key)
    client.force_login(world.finance.user)
    assert sent.external_id in client.get(sent.invoice.get_absolute_url()).content.decode()
    sending.request_gateway_invoice(sent.invoice, actor=world.finance)
    sending.send_waiting()
    sent.refresh_from_db()
    assert (sent.state, list(other.invoices), double.calls) == ("SENT", [sent.external_id], before)
