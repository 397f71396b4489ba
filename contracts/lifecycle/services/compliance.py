"""Parallel tracks: recordal, registration (they decide VAT), the VAT filing, the inventors' reward."""

import re
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.models import ComplianceTask, LicenceContract
from contracts.lifecycle.services.steps import enter
from contracts.lifecycle.states import Side
from marketplace.audit.services import record
from marketplace.clock import ZONE, today
from marketplace.organisations.acting import Acting
from marketplace.refusals import Refused, TransitionRefused

REGISTRATION_NUMBER = re.compile(r"[0-9]{16}")


def _check_day(contract: LicenceContract, on: date) -> None:
    if contract.effective_on is None:
        raise TransitionRefused(_("The contract is not signed yet."))
    if not contract.signed_at.astimezone(ZONE).date() <= on <= today():
        raise Refused(_("The day must lie between the signature and today."))


@transaction.atomic
def record_registration(
    contract: LicenceContract, *, actor: Acting, number: str, on: date, details: dict | None = None
) -> LicenceContract:
    """Put the registration certificate (认定登记证明) on record: number of 16 digits and its day. With the VAT
    filing it decides the exemption. `details`: category, amounts. A wrong entry is corrected by entering again."""
    contract, _side = enter(contract, actor=actor, permission="registration.record", sides=(Side.LICENSOR,))
    _check_day(contract, on)
    number = re.sub(r"\s", "", number or "")
    if not REGISTRATION_NUMBER.fullmatch(number):
        raise Refused(_("A registration number has 16 digits."))
    contract.registration_number, contract.registered_on = number, on
    contract.save(update_fields=["registration_number", "registered_on"])
    contract.compliance.filter(track=ComplianceTask.Track.REGISTRATION, amendment=None).update(
        done_on=on, reference=number, details=details or {}, done_by=actor.user
    )
    record(actor, "contract.registered", contract, number=number, on=on.isoformat())
    return contract


@transaction.atomic
def complete_track(task: ComplianceTask, *, actor: Acting, reference: str, on: date) -> ComplianceTask:
    """The licensor notes that a track is done, with its reference and day; entering again corrects it. The
    registration goes through `record_registration`; the VAT filing needs the registration first."""
    contract, _side = enter(
        task.contract, actor=actor, permission="registration.record", sides=(Side.LICENSOR,)
    )
    _check_day(contract, on)
    reference = (reference or "").strip()[:80]
    if not reference:
        raise Refused(_("Enter the number or reference of the certificate or filing."))
    track = ComplianceTask.Track
    if task.track == track.REGISTRATION:
        record_registration(contract, actor=actor, number=reference, on=on)
        task.refresh_from_db()
        return task
    if task.track == track.VAT and (contract.registered_on is None or on < contract.registered_on):
        raise Refused(_("The VAT exemption is filed after the contract was registered."))
    task = ComplianceTask.objects.select_for_update().get(pk=task.pk)
    task.done_on, task.reference, task.done_by = on, reference, actor.user
    task.save(update_fields=["done_on", "reference", "done_by"])
    record(actor, "compliance.done", task, contract=contract.number, track=task.track)
    return task


def is_vat_exempt(contract: LicenceContract, on: date) -> bool:
    """Whether an invoice of a day may claim the exemption (财税〔2016〕36号): registered and filed by then."""
    if contract.registered_on is None or contract.registered_on > on:
        return False
    return ComplianceTask.objects.filter(
        contract=contract, track=ComplianceTask.Track.VAT, done_on__lte=on
    ).exists()
