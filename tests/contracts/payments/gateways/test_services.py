import pytest
from django.db import connection

from contracts.payments.gateways import sending, services
from contracts.payments.gateways.models import GatewayAccount
from marketplace.refusals import NotPermitted, Refused
from tests.contracts.payments.world import invoice


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
