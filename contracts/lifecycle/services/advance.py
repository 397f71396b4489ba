"""What time and facts make of a running contract, nobody asked: the decision falls due, silence counts, a trigger
puts the contract in force, the term ends. Every rule looks at dates on record, so running late or twice changes
nothing."""

from collections.abc import Mapping
from datetime import date, timedelta

from contracts.lifecycle.facts import facts_of, terms_versions
from contracts.lifecycle.models import Decision, LicenceContract
from contracts.lifecycle.services.ending import begin_wind_down, close_locked
from contracts.lifecycle.services.steps import move, tell
from contracts.lifecycle.states import RUNNING, TRYING, ExitKind, ExtensionState, Side, State
from contracts.lifecycle.words import silence_words, trigger_words
from contracts.rating import Fired, rate
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.terms import Commitment, Silence
from marketplace.terms.dates import DAY

EVERYBODY = tuple((side, "contract.read") for side in Side)


def advance(contract: LicenceContract, *, triggers: Mapping[str, Fired | None] | None = None) -> bool:
    """Do everything that is due for a locked contract; True if anything changed.

    `triggers` are those of a rating that knows the accepted reports; without them dates and facts alone count,
    which leaves out thresholds.
    """
    changed = False
    while contract.state in (*RUNNING, State.WIND_DOWN) and _one(contract, triggers):
        changed = True
    return changed


def _one(contract: LicenceContract, triggers) -> bool:
    """The first thing that is due, if any."""
    return (
        _silence(contract)
        or _expire(contract)
        or (contract.state in TRYING and (_decided(contract) or _fire(contract, triggers) or _over(contract)))
        or _decision_due(contract)
        or _paid_up_over(contract)
    )


def binding_elements(contract: LicenceContract) -> list:
    """The elements that are no option: they live on when the licensee declines."""
    return [element for element in contract.terms.elements if element.commitment is not Commitment.OPTION]


def _silence(contract: LicenceContract) -> bool:
    """The day after the last free day: silence stands for what was agreed, dated that day."""
    if contract.trial_ends_on is None or today() <= contract.trial_ends_on or not contract.terms.has_option:
        return False
    if contract.converted_on or contract.declined_on or contract.licence_ended_on:
        return False
    converts = contract.terms.trial.on_silence is Silence.CONVERT
    on = contract.trial_ends_on + DAY
    contract.extensions.filter(state=ExtensionState.ASKED).update(
        state=ExtensionState.LAPSED, answered_at=now()
    )
    put_decision(contract, converts=converts, on=on, actor=None)
    tell(
        contract, "silent", *EVERYBODY, until=contract.trial_ends_on, silence=silence_words(contract.terms.trial.on_silence)
    )  # fmt: skip
    return True


def put_decision(contract: LicenceContract, *, converts: bool, on: date, actor, words: str = "") -> Decision:
    """Put a decision (or, without an actor, what silence stood for) on record."""
    decision = Decision.objects.create(
        contract=contract,
        choice=Decision.Choice.CONVERT if converts else Decision.Choice.DECLINE,
        by_silence=actor is None,
        on=on,
        words=words,
        decided_at=now(),
        decided_by=actor.user if actor else None,
    )
    if converts:
        contract.converted_on = on
    else:
        contract.declined_on = on
    contract.save(update_fields=["converted_on", "declined_on"])
    record(actor, "contract.decided", contract, choice=decision.choice, silence=actor is None)
    return decision


def _expire(contract: LicenceContract) -> bool:
    if contract.state in (State.WIND_DOWN, State.PAID_UP) or today() <= contract.term_ends_on:
        return False
    begin_wind_down(contract, ExitKind.EXPIRED, ended_on=contract.term_ends_on, actor=None)
    return True


def _paid_up_over(contract: LicenceContract) -> bool:
    over = contract.state == State.PAID_UP and today() > contract.term_ends_on
    return (over or contract.state == State.WIND_DOWN) and close_locked(contract)


def _decided(contract: LicenceContract) -> bool:
    """A decision moves the contract, also one that was made while a breach was open."""
    if contract.converted_on and contract.converted_on <= today():
        _activate(contract, contract.converted_on, trigger_words("converted"))
        return True
    if not contract.declined_on or contract.declined_on > today():
        return False
    if binding_elements(contract):
        _activate(contract, contract.declined_on, trigger_words("declined"))
    else:
        silent = contract.decision.by_silence
        ended_on = contract.trial_ends_on if silent else contract.declined_on
        begin_wind_down(contract, ExitKind.DECLINED, ended_on=ended_on, actor=None)
    return True


def _fire(contract: LicenceContract, triggers) -> bool:
    """A trigger of an element that is no option puts the contract in force, even if nobody decides."""
    if triggers is None:
        triggers = rate(terms_versions(contract), facts_of(contract), [], today(), working=False).triggers
    binding = {element.id for element in binding_elements(contract)}
    fired = [
        found
        for name, found in triggers.items()
        if found is not None and name.split("#")[0] in binding and found.on <= today()
    ]
    if not fired:
        return False
    first = min(fired, key=lambda found: found.on)
    _activate(contract, first.on, trigger_words(first.by))
    return True


def _over(contract: LicenceContract) -> bool:
    """Free use has ended and nothing is to be decided: the licence goes on in force."""
    if contract.trial_ends_on is None or today() <= contract.trial_ends_on or contract.option_is_open:
        return False
    if contract.terms.has_option and not (contract.converted_on or contract.declined_on):
        return False
    _activate(contract, contract.trial_ends_on + DAY, trigger_words("trial_end"))
    return True


def _activate(contract: LicenceContract, on: date, why) -> None:
    contract.activated_on = on
    contract.save(update_fields=["activated_on"])
    move(contract, State.ACTIVE, actor=None, act_by=_decision_day(contract), on=on.isoformat())
    tell(contract, "activated", *EVERYBODY, on=on, why=why)


def _decision_day(contract: LicenceContract) -> date | None:
    """In force by a trigger while an option is still open: the decision stays due."""
    return contract.trial_ends_on if contract.option_is_open else None


def _decision_due(contract: LicenceContract) -> bool:
    if contract.state not in (State.TRIAL, State.EXTENDED) or not contract.option_is_open:
        return False
    begins = contract.trial_ends_on - timedelta(days=contract.terms.trial.decision_days)
    if today() < begins:
        return False
    move(contract, State.DECISION_DUE, actor=None, act_by=contract.trial_ends_on)
    tell(
        contract, "decision_due", (Side.LICENSEE, "decision.make"), (Side.LICENSOR, "contract.read"),
        until=contract.trial_ends_on, silence=silence_words(contract.terms.trial.on_silence),
    )  # fmt: skip
    return True
