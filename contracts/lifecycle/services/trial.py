"""免费使用期: extension and decision. Time and triggers are in advance.py."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.guards import extension_hindrances
from contracts.lifecycle.models import Decision, Extension, LicenceContract
from contracts.lifecycle.services.advance import advance, put_decision
from contracts.lifecycle.services.effect import start_trial
from contracts.lifecycle.services.steps import enter, lock, move, tell, words_of
from contracts.lifecycle.states import TRYING, ExtensionState, Side, State
from contracts.rating import Fired
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.organisations.acting import Acting
from marketplace.refusals import NotPermitted, Refused, TransitionRefused

DECIDING = (*TRYING, State.ACTIVE, State.IN_BREACH)


def extension_left(contract: LicenceContract) -> int:
    """How many extensions the terms still allow."""
    trial = contract.terms.trial
    granted = contract.extensions.filter(state=ExtensionState.GRANTED).count()
    return max(trial.extensions - granted, 0) if trial else 0


@transaction.atomic
def ask_extension(contract: LicenceContract, *, actor: Acting, months: int, reason: str) -> Extension:
    """The licensee asks for more free use, with a reason, until the last free day.

    Raises Refused above the agreed number or length, after the last day, and where a later step says no (a
    report is missing); TransitionRefused in another state and while one is asked already.
    """
    contract, _side = enter(contract, actor=actor, permission="extension.ask", sides=(Side.LICENSEE,))
    if contract.state not in TRYING:
        raise TransitionRefused(_("Free use can only be extended while it runs."))
    if contract.extensions.filter(state=ExtensionState.ASKED).exists():
        raise TransitionRefused(_("An extension was asked for already; the licensor has still to answer."))
    if today() > contract.trial_ends_on:
        raise Refused(_("Free use ended on %(day)s.") % {"day": contract.trial_ends_on})
    trial = contract.terms.trial
    if not extension_left(contract):
        raise Refused(_("The contract allows no further extension."))
    if not 1 <= months <= trial.extension_months:
        raise Refused(_("An extension is of 1 to %(months)s months.") % {"months": trial.extension_months})
    hindrances = extension_hindrances(contract)
    if hindrances:
        raise Refused(" ".join(hindrances))
    extension = Extension.objects.create(
        contract=contract,
        months=months,
        reason=words_of(reason, needed=_("Say why more time is needed: the licensor decides by it.")),
        asked_at=now(),
        asked_by=actor.user,
    )
    record(actor, "contract.extension_asked", contract, months=months)
    tell(
        contract, "extension_asked", (Side.LICENSOR, "extension.answer"), months=months,
        reason=extension.reason, until=contract.trial_ends_on,
    )  # fmt: skip
    return extension


@transaction.atomic
def answer_extension(extension: Extension, *, actor: Acting, granted: bool, words: str = "") -> Extension:
    """The licensor grants or refuses. Granted, the trial's end moves: all months count from the original start.

    An extension moves the trial's end and nothing else. Raises TransitionRefused once it was answered or lapsed.
    """
    contract, _side = enter(
        extension.contract, actor=actor, permission="extension.answer", sides=(Side.LICENSOR,)
    )
    extension = Extension.objects.select_for_update().get(pk=extension.pk)
    if extension.state != ExtensionState.ASKED or contract.state not in TRYING:
        raise TransitionRefused()
    if today() > contract.trial_ends_on:
        raise Refused(_("Free use ended on %(day)s.") % {"day": contract.trial_ends_on})
    extension.words = words_of(words, needed="" if granted else _("Say why: the licensee reads it."))
    extension.state = ExtensionState.GRANTED if granted else ExtensionState.REFUSED
    extension.answered_at, extension.answered_by = now(), actor.user
    extension.save(update_fields=["words", "state", "answered_at", "answered_by"])
    if not granted:
        record(actor, "contract.extension_refused", contract)
        tell(
            contract, "extension_refused", (Side.LICENSEE, "contract.read"), reason=extension.words,
            until=contract.trial_ends_on,
        )  # fmt: skip
        return extension
    contract.extension_months += extension.months
    contract.save(update_fields=["extension_months"])
    start_trial(contract, contract.trial_starts_on)
    move(contract, State.EXTENDED, actor=actor, act_by=contract.trial_ends_on, months=extension.months)
    tell(
        contract, "extension_granted", (Side.LICENSEE, "contract.read"), (Side.AGENCY, "contract.read"),
        until=contract.trial_ends_on,
    )  # fmt: skip
    advance(contract)
    return extension


@transaction.atomic
def decide(
    contract: LicenceContract, *, actor: Acting, choice: str, proof: str = "", words: str = ""
) -> Decision:
    """The licensee's signatory decides: CONVERT or DECLINE, until the end of the last free day.

    `proof` says how the person has just proved again who they are; converting needs it. Declining ends the
    options only; where nothing else is agreed the contract winds down. Raises TransitionRefused when it was
    decided already, Refused after the last day and where there is nothing to decide.
    """
    contract, _side = enter(contract, actor=actor, permission="decision.make", sides=(Side.LICENSEE,))
    if contract.converted_on or contract.declined_on:
        raise TransitionRefused(_("The decision was made already."))
    if not contract.terms.has_option:
        raise Refused(_("There is nothing to decide: no part of these terms is an option."))
    if contract.state not in DECIDING:
        raise TransitionRefused(_("The decision is made while free use runs."))
    if not contract.option_is_open:
        raise Refused(_("The last day for the decision was %(day)s.") % {"day": contract.trial_ends_on})
    if choice not in Decision.Choice.values:
        raise Refused(_("Choose whether to convert."))
    converts = choice == Decision.Choice.CONVERT
    if converts and not proof:
        raise NotPermitted(_("Prove again who you are before you convert: it binds your organisation."))
    decision = put_decision(contract, converts=converts, on=today(), actor=actor, words=words_of(words))
    contract.extensions.filter(state=ExtensionState.ASKED).update(
        state=ExtensionState.LAPSED, answered_at=now()
    )
    if contract.state == State.ACTIVE:
        contract.act_by = None
        contract.save(update_fields=["act_by"])
    letter = "converted" if converts else "declined"
    tell(
        contract, letter, (Side.LICENSOR, "contract.read"), (Side.LICENSEE, "contract.read"),
        (Side.AGENCY, "contract.read"), on=today(),
    )  # fmt: skip
    advance(contract)
    return decision


@transaction.atomic
def activate_due(contract: LicenceContract, *, triggers: Mapping[str, Fired | None] | None = None) -> bool:
    """Do everything that time and triggers ask for today, even if nobody decides; True if anything changed.

    Later steps pass the `triggers` of a rating that knows the accepted reports: thresholds fire only so.
    """
    contract = lock(contract)
    if contract.effective_on is None:
        return False
    return advance(contract, triggers=triggers)
