"""How an issuer bills."""

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contracts.billing.charge_steps import ContractBilling
from contracts.billing.models import BillingPolicy, IssuerVat
from contracts.lifecycle.models import LicenceContract
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.organisations.acting import Acting, permit
from marketplace.refusals import Refused


@transaction.atomic
def set_policy(
    *, actor: Acting, automatic: bool, carry_below_minor: int = 0, grace_days: int = 0
) -> BillingPolicy:
    """How the acting organisation bills: approval and invoicing without a person, the sum (fen) below which
    corrections are carried to the next invoice, and how many days a draft waits. Drafts that wait keep their day."""
    permit(actor, "charge.approve", actor.organisation)
    wanted = {
        "approve_automatically": automatic,
        "carry_below_minor": carry_below_minor,
        "grace_days": grace_days,
    }
    policy, _made = BillingPolicy.objects.update_or_create(organisation=actor.organisation, defaults=wanted)
    record(actor, "billing.policy_changed", policy, **wanted)
    return policy


@transaction.atomic
def set_carrying(
    contract: LicenceContract, *, actor: Acting, carry_below_minor: int | None
) -> ContractBilling | None:
    """Set for one contract the sum (minor units of its currency) below which corrections are carried to the next
    invoice; None goes back to the licensor's own policy."""
    permit(actor, "charge.approve", contract.licensor, against=contract.licensee)
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    record(actor, "billing.carrying_set", contract, carry_below=carry_below_minor)
    if carry_below_minor is None:
        ContractBilling.objects.filter(contract=contract).delete()
        return None
    found, _made = ContractBilling.objects.update_or_create(
        contract=contract,
        defaults={"carry_below_minor": carry_below_minor, "set_by": actor.user, "set_at": now()},
    )
    return found


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
