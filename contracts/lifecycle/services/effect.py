"""What the last signature sets going: dates, clocks, annexes, the compliance tracks, the sealed copy."""

from datetime import date, timedelta

from contracts.lifecycle.document import store
from contracts.lifecycle.models import (
    ComplianceTask,
    ContractAnnex,
    ContractDocument,
    LicenceContract,
    Signature,
)
from contracts.lifecycle.seal import seal
from contracts.lifecycle.services.steps import move, tell
from contracts.lifecycle.states import Side, State
from marketplace.clock import now
from marketplace.deals.models import CommissionTerm
from marketplace.deals.models.offer import sealed
from marketplace.organisations.acting import Acting
from marketplace.terms import TrialStart
from marketplace.terms.dates import add_months

DELIVERY_DAYS = 30  # our default where nothing is agreed: shown as a date to be kept, without consequence
RECORDAL_MONTHS = 3  # recordal of patent licence contracts: within three months of effect
REWARD_MONTHS = 36  # inventors' tax relief asks for payment within 36 months


def take_effect(
    contract: LicenceContract, document: ContractDocument, *, actor: Acting, starts_on: date, ends_on: date
) -> None:
    """Set a locked, fully signed contract in force from `starts_on` to `ends_on`, and seal its text."""
    contract.signed_at, contract.effective_on, contract.term_ends_on = now(), starts_on, ends_on
    contract.save(update_fields=["signed_at", "effective_on", "term_ends_on"])
    row = contract.current_terms_row
    row.effective_on = starts_on
    row.save(update_fields=["effective_on"])
    _copy_commissions(contract)
    _open_tracks(contract)
    if contract.terms.trial is not None and contract.terms.trial.starts is TrialStart.EFFECT:
        start_trial(contract, starts_on)
    move(
        contract,
        State.DELIVERY,
        actor=actor,
        act_by=starts_on + timedelta(days=DELIVERY_DAYS),
        effective_on=starts_on.isoformat(),
    )
    _store_sealed(contract, document)
    tell(contract, "effective", *((side, "contract.read") for side in Side), on=starts_on)


def start_trial(contract: LicenceContract, starts_on: date) -> None:
    """Set the trial's dates of a locked contract; its end counts from the original start, extensions included."""
    months = contract.terms.trial.months + contract.extension_months
    contract.trial_starts_on = starts_on
    contract.trial_ends_on = add_months(starts_on, months) - timedelta(days=1)
    contract.decision_due_on = contract.trial_ends_on if contract.terms.has_option else None
    contract.save(update_fields=["trial_starts_on", "trial_ends_on", "decision_due_on"])


def _copy_commissions(contract: LicenceContract) -> None:
    """The agreed commissions become annexes that only agency and payer read."""
    for term in CommissionTerm.objects.filter(deal=contract.term_sheet.deal_id).agreed():
        content = term.content()
        ContractAnnex.objects.create(
            contract=contract,
            kind=ContractAnnex.Kind.COMMISSION,
            owner=term.payer,
            readers=[term.agency_id, term.payer_id],
            content=content,
            hash=sealed(content),
            created_at=now(),
        )


def _open_tracks(contract: LicenceContract) -> None:
    track = ComplianceTask.Track
    due = {
        track.RECORDAL: add_months(contract.effective_on, RECORDAL_MONTHS),
        track.REGISTRATION: None,
        track.VAT: None,
        track.REWARD: None,
    }
    ComplianceTask.objects.bulk_create(
        ComplianceTask(contract=contract, track=name, due_on=on) for name, on in due.items()
    )


def _store_sealed(contract: LicenceContract, document: ContractDocument) -> None:
    store_sealed(contract, document, ContractDocument.Kind.SEALED, f"{contract.number}-sealed.pdf")


def store_sealed(contract: LicenceContract, document: ContractDocument, kind: str, name: str) -> None:
    """A copy with the platform's seal, which states who consented to exactly this file."""
    signatures = Signature.objects.filter(document=document, void_at=None).select_related("organisation")
    consents = "; ".join(
        f"{row.side} {row.organisation.credit_code} {row.method} {row.at:%Y-%m-%dT%H:%M:%S%z}"
        for row in signatures.order_by("id")
    )
    with document.file.open("rb") as file:
        content = seal(file.read(), reason=f"{contract.number} sha256={document.sha256}: {consents}")
    store(contract, kind, name, content, text_hash=document.text_hash)
