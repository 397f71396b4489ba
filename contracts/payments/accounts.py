"""收款账户 of a licensor."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contracts.payments.models import (
    BankAccount,
)
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.organisations.acting import permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Refused


@transaction.atomic
def save_account(
    organisation: Organisation,
    *,
    actor,
    holder: str,
    bank_name: str,
    number: str,
    layout: str,
    currency: str = "CNY",
    columns: dict | None = None,
    confirm_by_code: bool = False,
) -> BankAccount:
    """Add the account into which payers pay. The newest one of a currency is shown on invoices. Raises Refused for one
    that is there already: what the bank writes of it would be read twice."""
    permit(actor, "account.edit", organisation)
    digits = "".join(number.split())
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    siblings = BankAccount.objects.usable().filter(organisation=organisation, currency=currency)
    if any(account.number == digits for account in siblings.filter(tail=digits[-4:])):
        raise Refused(_("This account is there already."))
    siblings.update(is_default=False)
    try:
        account = BankAccount.objects.create(
            organisation=organisation,
            holder=holder,
            bank_name=bank_name,
            number=digits,
            tail=digits[-4:],
            layout=layout,
            currency=currency,
            columns=columns or {},
            confirm_by_code=confirm_by_code,
            created_by=actor.user,
        )
    except IntegrityError as error:
        raise Refused(_("Somebody changed the accounts at this moment; try again.")) from error
    record(actor, "bank_account.added", account)
    return account


@transaction.atomic
def change_account(
    account: BankAccount,
    *,
    actor,
    layout: str,
    columns: dict | None,
    confirm_by_code: bool,
    is_default: bool,
) -> BankAccount:
    """Change how an account is read and used; its number and holder stay (another number is another account)."""
    permit(actor, "account.edit", account.organisation)
    Organisation.objects.select_for_update().get(pk=account.organisation_id)
    if is_default:
        siblings = BankAccount.objects.usable().filter(
            organisation=account.organisation, currency=account.currency
        )
        siblings.exclude(pk=account.pk).update(is_default=False)
    account.layout, account.columns = layout, columns or {}
    account.confirm_by_code, account.is_default = confirm_by_code, is_default
    account.save(update_fields=["layout", "columns", "confirm_by_code", "is_default"])
    record(actor, "bank_account.changed", account)
    return account


@transaction.atomic
def close_account(account: BankAccount, *, actor) -> BankAccount:
    permit(actor, "account.edit", account.organisation)
    if account.closed_on is None:
        account.closed_on, account.is_default = today(), False
        account.save(update_fields=["closed_on", "is_default"])
        record(actor, "bank_account.closed", account)
    return account
