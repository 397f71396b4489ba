"""How an issuer bills."""

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contracts.billing.models import BillingPolicy, IssuerVat
from marketplace.audit.services import record
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Refused


def bills_automatically(organisation: Organisation) -> bool:
    return BillingPolicy.objects.filter(organisation=organisation, approve_automatically=True).exists()


@transaction.atomic
def set_policy(*, actor: Acting, automatic: bool) -> BillingPolicy:
    """Switch approval and invoicing without a person on or off for the acting organisation."""
    permit(actor, "charge.approve", actor.organisation)
    policy, _made = BillingPolicy.objects.update_or_create(
        organisation=actor.organisation, defaults={"approve_automatically": automatic}
    )
    record(actor, "billing.policy_changed", policy, automatic=automatic)
    return policy


@transaction.atomic
def record_vat_rate(*, actor: Acting, rate: Decimal, valid_from: date, source: str) -> IssuerVat:
    """Record the acting organisation's VAT rate from a day on, with the source of the rule."""
    permit(actor, "invoice.issue", actor.organisation)
    try:
        with transaction.atomic():
            row = IssuerVat.objects.create(
                organisation=actor.organisation,
                rate=rate,
                valid_from=valid_from,
                source=source.strip(),
                recorded_by=actor.user,
            )
    except IntegrityError as error:
        raise Refused(_("A rate from this day on is recorded already.")) from error
    record(actor, "billing.vat_recorded", row, rate=str(rate))
    return row
