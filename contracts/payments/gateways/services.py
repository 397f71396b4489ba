"""A licensor's own account at a payment provider: connected, tested, removed. Network calls happen outside
transactions."""

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.payments.gateways import stripe
from contracts.payments.gateways.errors import GatewayError
from contracts.payments.gateways.models import GatewayAccount, GatewayInvoice
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused


@transaction.atomic
def add_account(organisation, *, actor, secret_key: str, webhook_secret: str = "") -> GatewayAccount:
    """Connect a licensor's own key; an earlier one is removed. Raises Refused for what cannot be a key."""
    permit(actor, "account.edit", organisation)
    secret_key, webhook_secret = secret_key.strip(), webhook_secret.strip()
    if not secret_key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise Refused(_("A secret or restricted key of Stripe starts with sk_ or rk_."))
    if webhook_secret and not webhook_secret.startswith("whsec_"):
        raise Refused(_("The signing secret of a webhook starts with whsec_."))
    type(organisation).objects.select_for_update().get(pk=organisation.pk)
    for earlier in GatewayAccount.objects.usable().filter(organisation=organisation):
        _remove(earlier, actor)
    account = GatewayAccount.objects.create(
        organisation=organisation,
        secret_key=secret_key,
        webhook_secret=webhook_secret,
        key_tail=secret_key[-4:],
        is_live="_live_" in secret_key[:9],
        created_by=actor.user,
    )
    record(actor, "gateway.added", account, live=account.is_live)
    return account


@transaction.atomic
def set_webhook_secret(account: GatewayAccount, *, actor, webhook_secret: str) -> GatewayAccount:
    permit(actor, "account.edit", account.organisation)
    if not webhook_secret.strip().startswith("whsec_"):
        raise Refused(_("The signing secret of a webhook starts with whsec_."))
    account = GatewayAccount.objects.select_for_update().get(pk=account.pk)
    account.webhook_secret = webhook_secret.strip()
    account.save(update_fields=["webhook_secret"])
    record(actor, "gateway.webhook_set", account)
    return account


@transaction.atomic
def remove_account(account: GatewayAccount, *, actor) -> None:
    """Forget the key; invoices that were sent through it stay as they are at the gateway."""
    permit(actor, "account.edit", account.organisation)
    _remove(GatewayAccount.objects.select_for_update().get(pk=account.pk), actor)


def _remove(account: GatewayAccount, actor) -> None:
    account.removed_at, account.secret_key, account.webhook_secret = now(), "", ""
    account.save(update_fields=["removed_at", "secret_key", "webhook_secret"])
    record(actor, "gateway.removed", account)


def check_account(account: GatewayAccount, *, actor) -> GatewayAccount:
    """Ask the gateway whether the key works; the answer is kept with its time. What was sent with an earlier key of the same
    account there is looked after with this one from now on."""
    permit(actor, "account.edit", account.organisation)
    problem, facts = "", None
    try:
        facts = stripe.read_account(account)
    except GatewayError as error:
        problem = error.message
    with transaction.atomic():
        account = GatewayAccount.objects.select_for_update().get(pk=account.pk)
        account.tested_at, account.test_problem = now(), problem[:300]
        if facts is not None:
            account.external_id, account.country = facts.external_id, facts.country
        account.save(update_fields=["tested_at", "test_problem", "external_id", "country"])
        if facts is not None:
            earlier = GatewayInvoice.objects.filter(account__organisation=account.organisation)
            earlier.filter(account__external_id=facts.external_id).exclude(account=account).update(
                account=account
            )
        record(actor, "gateway.tested", account, works=not problem)
    return account
