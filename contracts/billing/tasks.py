from collections.abc import Sequence
from datetime import date

from celery import shared_task

from contracts.batches import batches, one_by_one, work_off
from contracts.billing import documents
from contracts.billing.charging import charge_locked
from contracts.billing.closing import drafts, month_end
from contracts.billing.closing.models import DraftState, InvoiceDraft, MonthEndRun
from contracts.billing.finalising import lock_contracts
from contracts.billing.models import BILLABLE, BillingPolicy, Charge, ChargeState
from contracts.billing.trueup import charge_audit, unsettled_audits
from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.models.looks import Task
from contracts.lifecycle.states import State
from marketplace.celery import nudge

NOTHING_MORE = (State.WITHDRAWN,)


@shared_task
def charge_due() -> None:
    """Charge every contract in effect of which something may have changed (see `lifecycle.looks`), and invoice for
    licensors that bill without a person, at once or after their days of grace. One contract that cannot be rated does
    not stop the others; it is logged and tried again at the next run."""
    contracts = LicenceContract.objects.filter(effective_on__isnull=False).exclude(state__in=NOTHING_MORE)
    look_after(Task.CHARGES, contracts, _charge)
    automatic = BillingPolicy.objects.filter(approve_automatically=True)
    billable = Charge.objects.filter(state__in=BILLABLE).exclude(amount_minor=0).order_by()
    at_once = billable.filter(
        contract__licensor__in=automatic.filter(grace_days=0).values("organisation"), contract__disputed=False
    )
    in_time = billable.filter(
        contract__licensor__in=automatic.exclude(grace_days=0).values("organisation"),
        state=ChargeState.APPROVED,
    ).exclude(contract__in=InvoiceDraft.objects.filter(state=DraftState.OPEN).values("contract"))
    for charges, bill in ((at_once, drafts.issue), (in_time, _open_drafts)):
        found = charges.values_list("contract", flat=True).distinct().order_by("contract")
        for batch in batches(list(found), drafts.BATCH):
            work_off(batch, bill)


def _open_drafts(contracts: Sequence[int]) -> None:
    drafts.open_drafts(lock_contracts(contracts))


def _charge(contracts: Sequence[LicenceContract]) -> dict[int, date]:
    days: dict[int, date] = {}
    charge_locked(contracts, days=days)
    return days


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
    one_by_one(unsettled_audits(), charge_audit)


@shared_task
def make_billing_documents() -> None:
    """Print and send what is missing, once each, after the numbers are safe; what is left when the time of a run is over
    goes behind the tasks that wait by then."""
    if documents.make_missing():
        nudge(make_billing_documents)
