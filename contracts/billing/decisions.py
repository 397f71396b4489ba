"""What people decide about charges: approve, release, refuse, dispute, waive. Each covers everything of one element and
period that is not invoiced yet, so that a charge and its corrections never part."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.billing.charge_steps import ChargeStep
from contracts.billing.charging import approve_one
from contracts.billing.models import CHARGE_NEXT, SETTLED, WATCHED, BillingPolicy, Charge, ChargeState
from contracts.billing.planning import key_of
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import Side
from marketplace.audit.services import record
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members, permit
from marketplace.refusals import Refused, TransitionRefused, check

Step = ChargeStep.Step


@transaction.atomic
def approve_charges(contract: LicenceContract, *, actor: Acting, ids: list[int]) -> list[Charge]:
    """The licensor's finance approves accrued charges; from here on they can be invoiced.

    Raises TransitionRefused when one of them is not accrued any more: nothing is approved then.
    """
    permit(actor, "charge.approve", contract.licensor, against=contract.licensee)
    LicenceContract.objects.select_for_update().get(pk=contract.pk)
    charges = list(contract.charges.select_for_update().filter(pk__in=ids).order_by("pk"))
    for charge in charges:
        approve_one(charge, user=actor.user)
    if charges:
        record(actor, "charges.approved", contract, charges=[c.pk for c in charges])
    return charges


def _open(charge: Charge) -> tuple[LicenceContract, list[Charge]]:
    """The locked contract and the charge's key as far as it is not invoiced or waived."""
    contract = LicenceContract.objects.select_for_update().get(pk=charge.contract_id)
    rows = contract.charges.select_for_update().filter(**key_of(charge)).exclude(state__in=SETTLED)
    found = list(rows.order_by("sequence"))
    if all(row.pk != charge.pk for row in found):
        raise TransitionRefused()
    return contract, found


def _move(rows: Sequence[Charge], target: ChargeState, step: Step, *, actor: Acting, side, words="") -> None:
    for row in rows:
        check(row.state, target, CHARGE_NEXT)
        row.state = target
        row.save(update_fields=["state"])
        ChargeStep.objects.create(charge=row, step=step, words=words, side=side, by=actor.user)
        record(actor, f"charge.{step.lower()}", row, amount_minor=row.amount_minor)


def _go_on(
    contract: LicenceContract, rows: Sequence[Charge], step: Step, *, actor: Acting, side: Side, words=""
) -> None:
    """Back among what is accrued, and approved at once where the licensor bills without a person."""
    _move(rows, ChargeState.ACCRUED, step, actor=actor, side=side, words=words)
    if BillingPolicy.objects.filter(organisation=contract.licensor_id, approve_automatically=True).exists():
        for row in rows:
            approve_one(row, user=actor.user if side == Side.LICENSOR else None)


def _reason(words: str) -> str:
    words = words.replace("\x00", "").strip()
    if not words:
        raise Refused(_("Say why: the other side reads it."))
    return words[:2000]


def _total(rows: Sequence[Charge]) -> int:
    return sum(row.amount_minor for row in rows)


def _tell(
    contract: LicenceContract, side: Side, permission: str, template: str, charge: Charge, rows, **more
):
    notify(
        members(contract.licensee if side == Side.LICENSEE else contract.licensor, permission),
        template,
        contract=contract,
        charge=charge,
        total=Money(_total(rows), charge.currency).format(),
        path=charge.get_absolute_url(),
        **more,
    )


def _watched(charge: Charge, actor: Acting, allowed) -> tuple[LicenceContract, list[Charge]]:
    permit(actor, "charge.approve", charge.contract.licensor, against=charge.contract.licensee)
    contract, rows = _open(charge)
    rows = [row for row in rows if row.state in WATCHED]
    if not any(row.pk == charge.pk and row.state in allowed for row in rows):
        raise TransitionRefused()
    return contract, rows


@transaction.atomic
def release_charge(charge: Charge, *, actor: Acting) -> Charge:
    """A person of the licensor's finance has looked at a held charge: it goes on as accrued, or as approved
    where the licensor bills without a person."""
    contract, rows = _watched(charge, actor, WATCHED)
    _go_on(contract, rows, Step.RELEASED, actor=actor, side=Side.LICENSOR)
    return next(row for row in rows if row.pk == charge.pk)


@transaction.atomic
def refuse_charge(charge: Charge, *, actor: Acting, reason: str) -> Charge:
    """A held charge is wrong: it is not billed, and waits until the figures behind it are corrected, it is released
    after all, or waived. Both sides are told why."""
    contract, rows = _watched(charge, actor, (ChargeState.HELD,))
    reason = _reason(reason)
    rows = [row for row in rows if row.state == ChargeState.HELD]
    _move(rows, ChargeState.REFUSED, Step.REFUSED, actor=actor, side=Side.LICENSOR, words=reason)
    _tell(contract, Side.LICENSEE, "report.submit", "billing/charge_refused", charge, rows, reason=reason)
    return next(row for row in rows if row.pk == charge.pk)


@transaction.atomic
def dispute_charge(charge: Charge, *, actor: Acting, reason: str) -> Charge:
    """The licensee disputes what is not invoiced yet of one element and period, with a reason: it is neither approved
    nor invoiced until that is settled. (An invoice is answered by other means; a whole contract by a dispute.)

    Raises TransitionRefused for a charge that waits for the licensor's look anyway, is invoiced or waived.
    """
    permit(actor, "charge.dispute", charge.contract.licensee, against=charge.contract.licensor)
    contract, rows = _open(charge)
    reason = _reason(reason)
    if _total(rows) <= 0:
        raise Refused(_("Nothing is asked for here that could be disputed."))
    rows = [row for row in rows if row.state != ChargeState.DISPUTED]
    _move(rows, ChargeState.DISPUTED, Step.DISPUTED, actor=actor, side=Side.LICENSEE, words=reason)
    _tell(contract, Side.LICENSOR, "charge.approve", "billing/charge_disputed", charge, rows, reason=reason)
    return next((row for row in rows if row.pk == charge.pk), charge)


def _disputed(charge: Charge) -> tuple[LicenceContract, list[Charge]]:
    contract, rows = _open(charge)
    rows = [row for row in rows if row.state == ChargeState.DISPUTED]
    if not rows:
        raise TransitionRefused()
    return contract, rows


@transaction.atomic
def withdraw_charge_dispute(charge: Charge, *, actor: Acting) -> Charge:
    """The licensee withdraws its dispute; the charge goes on as accrued."""
    permit(actor, "charge.dispute", charge.contract.licensee, against=charge.contract.licensor)
    contract, rows = _disputed(charge)
    _go_on(contract, rows, Step.WITHDRAWN, actor=actor, side=Side.LICENSEE)
    _tell(contract, Side.LICENSOR, "charge.approve", "billing/dispute_withdrawn", charge, rows)
    return next((row for row in rows if row.pk == charge.pk), charge)


@transaction.atomic
def uphold_charge(charge: Charge, *, actor: Acting, reason: str) -> Charge:
    """The licensor's finance answers a dispute: the charge stands, with a reason, and goes on as accrued. (To give
    way, waive it, or have the report amended.)"""
    permit(actor, "charge.approve", charge.contract.licensor, against=charge.contract.licensee)
    contract, rows = _disputed(charge)
    reason = _reason(reason)
    _go_on(contract, rows, Step.UPHELD, actor=actor, side=Side.LICENSOR, words=reason)
    _tell(contract, Side.LICENSEE, "charge.dispute", "billing/charge_upheld", charge, rows, reason=reason)
    return next((row for row in rows if row.pk == charge.pk), charge)


@transaction.atomic
def waive_charge(charge: Charge, *, actor: Acting, reason: str) -> Charge:
    """The licensor's finance waives what is not invoiced yet of one element and period, with a reason: it is written
    off for good. A later correction that lowers the period shrinks the waiver, one that raises it is charged.

    Raises Refused where nothing is asked for; what is invoiced is answered by a credit note.
    """
    permit(actor, "charge.waive", charge.contract.licensor, against=charge.contract.licensee)
    contract, rows = _open(charge)
    reason = _reason(reason)
    if _total(rows) <= 0:
        raise Refused(_("Nothing is asked for here that could be waived."))
    _move(rows, ChargeState.WAIVED, Step.WAIVED, actor=actor, side=Side.LICENSOR, words=reason)
    _tell(contract, Side.LICENSEE, "charge.read", "billing/charge_waived", charge, rows, reason=reason)
    return next(row for row in rows if row.pk == charge.pk)
