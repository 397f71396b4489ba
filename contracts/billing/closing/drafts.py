"""Days of grace: approved charges wait as a draft, to be looked at and corrected, before they get a number."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.batches import batches, work_off
from contracts.billing.closing.models import DRAFT_NEXT, DraftState, InvoiceDraft
from contracts.billing.finalising import Prepared, finalise, lock_contracts, prepare
from contracts.billing.models import BILLABLE, BillingPolicy, Charge, ChargeState, Invoice
from contracts.lifecycle.models import LicenceContract
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused, check

logger = logging.getLogger(__name__)
BATCH = 100


def grace_days(issuer_id: int) -> int:
    policy = BillingPolicy.objects.filter(organisation=issuer_id).first()
    return policy.grace_days if policy else 0


@transaction.atomic
def open_draft(contract: LicenceContract, *, actor) -> InvoiceDraft:
    """Let the approved charges of a contract wait for the issuer's days of grace. Raises Refused when there are
    none, or when a draft waits already."""
    permit(actor, "invoice.issue", contract.licensor, against=contract.licensee)
    LicenceContract.objects.select_for_update().get(pk=contract.pk)
    if InvoiceDraft.objects.filter(contract=contract, state=DraftState.OPEN).exists():
        raise Refused(_("A draft of this contract waits already; it takes up what is approved meanwhile."))
    if not contract.charges.filter(state__in=BILLABLE).exclude(amount_minor=0).exists():
        raise Refused(_("There is nothing to invoice."))
    return _open([contract.pk], user=actor.user, actor=actor)[0]


def open_drafts(contracts: Sequence[int], *, user=None, actor=None) -> list[InvoiceDraft]:
    """Drafts for those of the locked contracts that have something to invoice and no draft yet."""
    waiting = Charge.objects.filter(contract__in=contracts, state=ChargeState.APPROVED)
    wanted = set(waiting.exclude(amount_minor=0).values_list("contract", flat=True))
    there = InvoiceDraft.objects.filter(contract__in=wanted, state=DraftState.OPEN)
    return _open(sorted(wanted - set(there.values_list("contract", flat=True))), user=user, actor=actor)


def _open(contracts: Sequence[int], *, user, actor) -> list[InvoiceDraft]:
    days: dict[int, int] = {}
    rows = []
    for pk, licensor in LicenceContract.objects.filter(pk__in=contracts).values_list("pk", "licensor"):
        if licensor not in days:
            days[licensor] = grace_days(licensor)
        rows.append(
            InvoiceDraft(contract_id=pk, opened_by=user, finalise_on=today() + timedelta(days=days[licensor]))
        )
    made = InvoiceDraft.objects.bulk_create(rows)
    for draft in made:
        record(actor, "invoice_draft.opened", draft, finalise_on=draft.finalise_on.isoformat())
    return made


@transaction.atomic
def drop_draft(draft: InvoiceDraft, *, actor) -> InvoiceDraft:
    """Stop the clock of a draft: its charges stay approved and wait for a person."""
    contract = draft.contract
    permit(actor, "invoice.issue", contract.licensor, against=contract.licensee)
    LicenceContract.objects.select_for_update().get(pk=contract.pk)
    draft = InvoiceDraft.objects.select_for_update().get(pk=draft.pk)
    check(draft.state, DraftState.DROPPED, DRAFT_NEXT)
    draft.state, draft.closed_at = DraftState.DROPPED, now()
    draft.save(update_fields=["state", "closed_at"])
    record(actor, "invoice_draft.dropped", draft)
    return draft


def issue(
    contracts: Sequence[int], *, actor=None, ids: Sequence[int] | None = None, with_carried: bool = False
) -> list[Invoice]:
    """Finalise, and close the drafts of these contracts. The caller has checked the right."""
    with transaction.atomic():
        invoices = finalise(contracts, actor=actor, ids=ids, with_carried=with_carried)
        if ids is None:
            open_ = InvoiceDraft.objects.filter(contract__in=contracts, state=DraftState.OPEN)
            open_.update(state=DraftState.FINALISED, closed_at=now())
        return invoices


def finalise_due() -> int:
    """Number and issue the drafts whose days of grace are over, in batches; a contract in dispute keeps waiting.
    Running it twice, or two at once, issues each once. Returns how many invoices were issued."""
    due = InvoiceDraft.objects.filter(
        state=DraftState.OPEN, finalise_on__lte=today(), contract__disputed=False
    )
    made: list[Invoice] = []

    def work(batch: Sequence[int]) -> None:
        lock_contracts(batch)
        still = due.filter(contract__in=batch).values_list("contract", flat=True)
        made.extend(issue(list(still)))

    for batch in batches(due.order_by("contract").values_list("contract", flat=True).iterator(2000), BATCH):
        work_off(batch, work)
    return len(made)


def preview(contract: LicenceContract) -> list[Prepared]:
    """The invoices that finalising now would write, worked out by the same code, without a number or a lock."""
    return prepare(contract)
