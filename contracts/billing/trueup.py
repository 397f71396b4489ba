"""审计补缴: what follows from an audit that both agreed on, besides the corrections of what was rated: the audit's cost,
where the gap is large enough for the licensee to bear it (D25)."""

from django.db import transaction

from contracts.billing.charging import approve_one
from contracts.billing.models import BillingPolicy, Charge
from contracts.lifecycle.facts import terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.rating import working_json
from contracts.rating.audit import true_up
from contracts.usage.audits.models import AuditState, UsageAudit
from marketplace.audit.services import record
from marketplace.clock import ZONE
from marketplace.money import Money
from marketplace.terms import hash_of
from marketplace.terms.codec import write
from marketplace.terms.elements import AfterInvoice


def unsettled_audits() -> list[UsageAudit]:
    """Agreed audits with a cost that is not charged: `charge_audit` decides whether the licensee bears it."""
    charged = set(Charge.objects.filter(kind=Charge.Kind.AUDIT).values_list("element_id", flat=True))
    agreed = UsageAudit.objects.filter(state=AuditState.AGREED, cost_minor__gt=0)
    return [audit for audit in agreed.order_by("pk") if element_of(audit) not in charged]


def element_of(audit: UsageAudit) -> str:
    return f"audit:{audit.pk}"


@transaction.atomic
def charge_audit(audit: UsageAudit) -> Charge | None:
    """Charge the audit's cost to the licensee, once, where the gap reaches the agreed share of what was due; the
    gap itself is charged as the difference between the ratings. None where the cost stays with the licensor."""
    contract = LicenceContract.objects.select_for_update().get(pk=audit.contract_id)
    if contract.disputed or contract.charges.filter(element_id=element_of(audit)).exists():
        return None
    day = audit.answered_at.astimezone(ZONE).date()
    versions = sorted(terms_versions(contract), key=lambda version: version.effective_on)
    number, terms = [(n, v.terms) for n, v in enumerate(versions, 1) if v.effective_on <= day or n == 1][-1]
    if terms.audit is None:
        return None
    currency = terms.currency
    result = true_up(
        terms.audit,
        reported=Money(audit.reported_minor, currency),
        found=Money(audit.found_minor, currency),
        cost=Money(audit.cost_minor, currency),
    )
    if not result.cost_borne.minor:
        return None
    charge = Charge.objects.create(
        contract=contract,
        kind=Charge.Kind.AUDIT,
        element_id=element_of(audit),
        period_start=audit.period_start,
        period_end=audit.period_end,
        dated_on=day,
        amount_minor=result.cost_borne.minor,
        currency=currency,
        exact=str(result.cost_borne.minor),
        version_number=number,
        terms_hash=hash_of(terms),
        due=write(AfterInvoice()),
        working=working_json(result.working),
    )
    record(None, "audit.charged", charge, amount_minor=charge.amount_minor)
    if BillingPolicy.objects.filter(organisation=contract.licensor, approve_automatically=True).exists():
        approve_one(charge, user=None)
    return charge
