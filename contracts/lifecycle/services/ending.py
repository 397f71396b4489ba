"""停用退出 and the end: certificate, confirmation, closing; paid up and back."""

from datetime import date, timedelta

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.document import store_upload
from contracts.lifecycle.guards import open_ends
from contracts.lifecycle.models import Breach, ContractDocument, LicenceContract, WindDown
from contracts.lifecycle.services.steps import enter, lock, move, tell, words_of
from contracts.lifecycle.states import RUNNING, BreachState, ExitKind, ExtensionState, Side, State
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.organisations.acting import Acting
from marketplace.refusals import Refused, TransitionRefused
from marketplace.terms.dates import add_months

MATERIAL = ("RETURNED", "DESTROYED", "NONE")


def begin_wind_down(
    contract: LicenceContract, kind: ExitKind, *, ended_on: date, actor: Acting | None, words: str = ""
) -> WindDown:
    """End the use of a locked contract's subject on `ended_on` (its last day) and start the exit's clocks."""
    terms = contract.terms
    sell_off = terms.exit.sell_off_months if kind != ExitKind.DECLINED else 0
    wind_down = WindDown.objects.create(
        contract=contract,
        certificate_due_on=ended_on + timedelta(days=terms.exit.certificate_days),
        final_report_due_on=ended_on + timedelta(days=terms.report.final_days),
        sell_off_until=add_months(ended_on, sell_off) if sell_off else None,
    )
    contract.exit_kind, contract.closed_words, contract.resume_state = kind, words, ""
    if ended_on < contract.term_ends_on:
        contract.licence_ended_on = ended_on
    contract.save(update_fields=["exit_kind", "closed_words", "licence_ended_on", "resume_state"])
    contract.breaches.filter(state__in=[BreachState.OPEN, BreachState.UNCURED]).update(
        state=BreachState.ENDED
    )
    contract.extensions.filter(state=ExtensionState.ASKED).update(
        state=ExtensionState.LAPSED, answered_at=now()
    )
    move(contract, State.WIND_DOWN, actor=actor, act_by=wind_down.certificate_due_on, kind=str(kind))
    tell(
        contract, "wind_down", (Side.LICENSEE, "wind_down.confirm"), (Side.LICENSOR, "wind_down.confirm"),
        (Side.AGENCY, "contract.read"), until=wind_down.certificate_due_on,
    )  # fmt: skip
    return wind_down


@transaction.atomic
def certify_stop(
    contract: LicenceContract, *, actor: Acting, material: str, file: UploadedFile, words: str = ""
) -> WindDown:
    """The licensee certifies that use has stopped and what happened to the material; `file` is the signed
    certificate, checked by `clean_upload`. A returned certificate is replaced by a new one."""
    contract, side = enter(contract, actor=actor, permission="wind_down.confirm", sides=(Side.LICENSEE,))
    wind_down = _winding_down(contract)
    if material not in MATERIAL:
        raise Refused(_("Say what happened to the material."))
    wind_down.certificate = store_upload(
        contract, ContractDocument.Kind.CERTIFICATE, file, side=side, by=actor.user
    )
    wind_down.material, wind_down.words = material, words_of(words)
    wind_down.certified_at, wind_down.certified_by = now(), actor.user
    wind_down.save(update_fields=["certificate", "material", "words", "certified_at", "certified_by"])
    record(actor, "contract.stop_certified", contract, certificate=wind_down.certificate.sha256)
    tell(contract, "certificate", (Side.LICENSOR, "wind_down.confirm"))
    return wind_down


def _winding_down(contract: LicenceContract) -> WindDown:
    wind_down = WindDown.objects.select_for_update().filter(contract=contract).first()
    if contract.state != State.WIND_DOWN or wind_down is None:
        raise TransitionRefused(_("This contract is not winding down."))
    if wind_down.confirmed_at is not None:
        raise TransitionRefused(_("The stop-use certificate was confirmed already."))
    return wind_down


@transaction.atomic
def confirm_wind_down(
    contract: LicenceContract, *, actor: Acting, accepted: bool = True, reason: str = ""
) -> WindDown:
    """The licensor confirms the stop-use certificate, or returns it with words. Confirmed, the contract closes
    as soon as everything owed is settled and the final report is accepted."""
    contract, _side = enter(contract, actor=actor, permission="wind_down.confirm", sides=(Side.LICENSOR,))
    wind_down = _winding_down(contract)
    if wind_down.certified_at is None:
        raise Refused(_("The licensee has not sent the stop-use certificate yet."))
    if not accepted:
        reason = words_of(reason, needed=_("Say what is missing: the licensee reads it."))
        wind_down.certified_at, wind_down.certified_by, wind_down.certificate = None, None, None
        wind_down.save(update_fields=["certified_at", "certified_by", "certificate"])
        record(actor, "contract.certificate_returned", contract)
        tell(contract, "certificate_returned", (Side.LICENSEE, "wind_down.confirm"), reason=reason)
        return wind_down
    wind_down.confirmed_at, wind_down.confirmed_by = now(), actor.user
    wind_down.save(update_fields=["confirmed_at", "confirmed_by"])
    contract.act_by = wind_down.final_report_due_on
    contract.save(update_fields=["act_by"])
    record(actor, "contract.wind_down_confirmed", contract)
    close_locked(contract)
    return wind_down


@transaction.atomic
def close_if_settled(contract: LicenceContract) -> bool:
    """Close a contract that has nothing open any more; harmless at any time. True if it was closed now.

    Later steps register with `guards.closing_guard` what keeps it open: unpaid invoices, the final report.
    """
    return close_locked(lock(contract))


def close_locked(contract: LicenceContract) -> bool:
    """`close_if_settled` for a contract that is locked already."""
    if contract.state == State.WIND_DOWN:
        target = ExitKind(contract.exit_kind).closes_as
        ready = WindDown.objects.filter(contract=contract, confirmed_at__isnull=False).exists()
    elif contract.state == State.PAID_UP and today() > contract.term_ends_on:
        target, ready = State.CLOSED_EXPIRED, True
    else:
        return False
    if not ready or open_ends(contract):
        return False
    move(contract, target, actor=None)
    contract.closed_on = today()
    contract.save(update_fields=["closed_on"])
    tell(contract, "closed", *((side, "contract.read") for side in Side))
    return True


@transaction.atomic
def set_paid_up(contract: LicenceContract, *, on: date) -> bool:
    """Billing says that nothing more can arise since `on`: the contract is paid up. Harmless when it is already,
    and where the contract is ending anyway. Under an open breach it becomes the state to go back to."""
    return set_paid_up_locked(lock(contract), on=on)


def set_paid_up_locked(contract: LicenceContract, *, on: date) -> bool:
    """`set_paid_up` for a contract that is locked already."""
    if contract.state not in RUNNING or contract.paid_up_on is not None:
        return False
    if contract.state == State.ACTIVE:
        contract.paid_up_on = on
        move(
            contract, State.PAID_UP, actor=None, act_by=contract.term_ends_on, also=["paid_up_on"],
            on=on.isoformat(),
        )  # fmt: skip
    elif contract.state == State.IN_BREACH and contract.resume_state == State.ACTIVE:
        contract.resume_state, contract.paid_up_on = State.PAID_UP, on
        contract.save(update_fields=["paid_up_on", "resume_state"])
    else:
        return False
    tell(contract, "paid_up", *((side, "contract.read") for side in Side))
    return True


@transaction.atomic
def reopen_paid_up(contract: LicenceContract) -> bool:
    """A correction lifted the contract out of PAID_UP: it is in force again, and both parties are told."""
    contract = lock(contract)
    if contract.paid_up_on is None:
        return False
    if contract.state == State.PAID_UP:
        move(contract, State.ACTIVE, actor=None)
    elif contract.state == State.IN_BREACH and contract.resume_state == State.PAID_UP:
        contract.resume_state = State.ACTIVE
    else:
        return False
    contract.paid_up_on = None
    contract.save(update_fields=["paid_up_on", "resume_state"])
    tell(contract, "reopened", *((side, "contract.read") for side in Side))
    return True


@transaction.atomic
def terminate(
    contract: LicenceContract, *, actor: Acting, reason: str, breach: Breach | None = None
) -> LicenceContract:
    """The side that notified a breach terminates once its cure period has passed without cure. What accrued stays
    due; nothing accrues after today, the last day of the licence.

    Raises Refused while the cure period runs and where there is no such breach.
    """
    contract, side = enter(
        contract, actor=actor, permission="contract.terminate", sides=(Side.LICENSOR, Side.LICENSEE)
    )
    reason = words_of(reason, needed=_("Say why: the other side reads it."))
    uncured = contract.breaches.select_for_update().exclude(against=side)
    uncured = uncured.filter(state__in=[BreachState.OPEN, BreachState.UNCURED], cure_until__lt=today())
    if breach is not None:
        uncured = uncured.filter(pk=breach.pk)
    if contract.state != State.IN_BREACH or not uncured.exists():
        raise Refused(
            _("A contract can be terminated when a breach of the other side was not cured in its time.")
        )
    begin_wind_down(contract, ExitKind.TERMINATED, ended_on=today(), actor=actor, words=reason)
    tell(contract, "terminated", *((one, "contract.read") for one in Side), on=today(), reason=reason)
    return contract


@transaction.atomic
def invalidate(contract: LicenceContract, *, actor: Acting, on: date, reason: str) -> LicenceContract:
    """The right is void, lapsed or expired since `on` (Civil Code art. 865): the contract ends; what accrued before
    stays due. Stated by either party, with a reason that names the decision."""
    contract, _side = enter(
        contract, actor=actor, permission="contract.terminate", sides=(Side.LICENSOR, Side.LICENSEE)
    )
    if contract.state not in RUNNING:
        raise TransitionRefused(current=contract.state, target=State.INVALIDATED)
    if not contract.effective_on <= on <= today():
        raise Refused(_("The day must lie between the contract's effect and today."))
    reason = words_of(reason, needed=_("Name the decision or entry by which the right ended."))
    contract.licence_ended_on, contract.closed_on, contract.closed_words = on, today(), reason
    contract.resume_state = ""
    contract.save(update_fields=["licence_ended_on", "closed_on", "closed_words", "resume_state"])
    contract.breaches.filter(state__in=[BreachState.OPEN, BreachState.UNCURED]).update(
        state=BreachState.ENDED
    )
    move(contract, State.INVALIDATED, actor=actor, on=on.isoformat())
    tell(contract, "invalidated", *((side, "contract.read") for side in Side), on=on, reason=reason)
    return contract
