import logging

from celery import shared_task

from contracts.billing import documents
from contracts.billing.charging import charge_contract
from contracts.billing.closing import drafts, month_end
from contracts.billing.closing.models import MonthEndRun
from contracts.billing.models import BILLABLE, BillingPolicy
from contracts.billing.trueup import charge_audit, unsettled_audits
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import State
from marketplace.refusals import Refused

logger = logging.getLogger(__name__)
NOTHING_MORE = (State.WITHDRAWN,)


@shared_task
def charge_due() -> None:
    """Charge every contract in effect, and invoice for licensors that bill without a person, at once or after their
    days of grace. One contract that cannot be rated does not stop the others; it is logged and tried again at the
    next run."""
    contracts = LicenceContract.objects.filter(effective_on__isnull=False).exclude(state__in=NOTHING_MORE)
    automatic = dict(
        BillingPolicy.objects.filter(approve_automatically=True).values_list("organisation_id", "grace_days")
    )
    for contract in contracts.order_by("pk").iterator(200):
        try:
            charge_contract(contract)
            if contract.licensor_id in automatic and contract.charges.filter(state__in=BILLABLE).exists():
                if automatic[contract.licensor_id]:
                    drafts.open_drafts([contract.pk])
                else:
                    drafts.issue([contract.pk])
        except (Refused, ValueError):
            logger.exception("Contract %s could not be charged", contract.number)


@shared_task
def finalise_drafts() -> None:
    """Number and issue what has waited for its days of grace."""
    drafts.finalise_due()


@shared_task
def work_month_end(pk: int) -> None:
    month_end.work(MonthEndRun.objects.get(pk=pk))


@shared_task
def resume_month_ends() -> None:
    """Begin the market's run of the last month, and go on with every run that was left or broken off."""
    month_end.resume()


@shared_task
def charge_audits() -> None:
    """The cost of audits that both sides agreed on, where the licensee bears it."""
    for audit in unsettled_audits():
        charge_audit(audit)


@shared_task
def make_billing_documents() -> None:
    """Print and send what is missing, once each, after the numbers are safe."""
    documents.make_missing()
