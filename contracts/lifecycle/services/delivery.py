"""成果交付: the licensor states what it handed over, the licensee accepts or says what is missing."""

from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.document import store_upload
from contracts.lifecycle.models import ContractDocument, Delivery, LicenceContract
from contracts.lifecycle.services.advance import advance
from contracts.lifecycle.services.effect import start_trial
from contracts.lifecycle.services.steps import enter, move, tell, words_of
from contracts.lifecycle.states import DeliveryState, Side, State
from contracts.lifecycle.words import trigger_words
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.organisations.acting import Acting
from marketplace.refusals import Refused, TransitionRefused

MAX_FILES = 20


@transaction.atomic
def deliver(
    contract: LicenceContract, *, actor: Acting, items: str, files: Iterable[UploadedFile] = ()
) -> Delivery:
    """The licensor lists what it delivered, one item per line, with files that `clean_upload` has checked.

    Raises TransitionRefused outside DELIVERY and while an earlier delivery waits for an answer.
    """
    contract, side = enter(contract, actor=actor, permission="contract.deliver", sides=(Side.LICENSOR,))
    if contract.state != State.DELIVERY:
        raise TransitionRefused(_("Nothing is to be delivered in this state."))
    if contract.deliveries.filter(state=DeliveryState.STATED).exists():
        raise TransitionRefused(_("A delivery waits for the licensee's answer already."))
    files = list(files)
    if len(files) > MAX_FILES:
        raise Refused(_("Send at most %(limit)s files at once.") % {"limit": MAX_FILES})
    delivery = Delivery.objects.create(
        contract=contract,
        items=words_of(items, needed=_("List what was delivered.")),
        stated_on=today(),
        stated_by=actor.user,
    )
    kept = [
        store_upload(contract, ContractDocument.Kind.DELIVERY, file, side=side, by=actor.user)
        for file in files
    ]
    delivery.documents.set(kept)
    record(actor, "contract.delivered", contract, files=[document.sha256 for document in kept])
    tell(contract, "delivered", (Side.LICENSEE, "delivery.accept"))
    return delivery


def _answering(contract: LicenceContract, actor: Acting) -> tuple[LicenceContract, Delivery]:
    contract, _side = enter(contract, actor=actor, permission="delivery.accept", sides=(Side.LICENSEE,))
    delivery = contract.deliveries.select_for_update().filter(state=DeliveryState.STATED).first()
    if contract.state != State.DELIVERY or delivery is None:
        raise TransitionRefused(_("No delivery waits for an answer."))
    delivery.answered_on, delivery.answered_by = today(), actor.user
    return contract, delivery


@transaction.atomic
def accept_delivery(contract: LicenceContract, *, actor: Acting) -> Delivery:
    """The licensee accepts the delivery; today is the day of delivery. Free use begins, or goes on where it
    began with effect; without a free-use period the contract is in force."""
    contract, delivery = _answering(contract, actor)
    delivery.state = DeliveryState.ACCEPTED
    delivery.save(update_fields=["state", "answered_on", "answered_by"])
    contract.delivered_on = today()
    contract.save(update_fields=["delivered_on"])
    record(actor, "contract.delivery_accepted", contract)
    tell(contract, "delivery_accepted", (Side.LICENSOR, "contract.read"), (Side.AGENCY, "contract.read"))
    if contract.terms.trial is None:
        contract.activated_on = today()
        contract.save(update_fields=["activated_on"])
        move(contract, State.ACTIVE, actor=actor)
        tell(
            contract, "activated", *((side, "contract.read") for side in Side), on=today(),
            why=trigger_words("no_trial"),
        )  # fmt: skip
    else:
        if contract.trial_starts_on is None:
            start_trial(contract, max(today(), contract.effective_on))
        move(contract, State.TRIAL, actor=actor, act_by=contract.trial_ends_on)
        tell(
            contract, "trial_begun", *((side, "contract.read") for side in Side),
            until=contract.trial_ends_on,
        )  # fmt: skip
    advance(contract)
    return delivery


@transaction.atomic
def reject_delivery(contract: LicenceContract, *, actor: Acting, reason: str) -> Delivery:
    """The licensee says what is missing; the licensor delivers again."""
    contract, delivery = _answering(contract, actor)
    delivery.state = DeliveryState.REJECTED
    delivery.reason = words_of(reason, needed=_("Say what is missing: the licensor reads it."))
    delivery.save(update_fields=["state", "reason", "answered_on", "answered_by"])
    record(actor, "contract.delivery_rejected", contract)
    tell(contract, "delivery_rejected", (Side.LICENSOR, "contract.deliver"), reason=delivery.reason)
    return delivery
