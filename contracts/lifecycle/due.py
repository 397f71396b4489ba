"""Everything of the lifecycle that falls due on a day, as one run that may be repeated any number of times."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import Breach, ComplianceTask, LicenceContract, Reminder
from contracts.lifecycle.models.looks import Task
from contracts.lifecycle.services.advance import advance
from contracts.lifecycle.services.amending import lapse_due_amendments
from contracts.lifecycle.services.breach import end_cure_periods
from contracts.lifecycle.services.notice import close_due_notices
from contracts.lifecycle.services.signing import lapse_due_signings
from contracts.lifecycle.services.steps import tell
from contracts.lifecycle.states import RUNNING, TRYING, BreachState, Side, State
from contracts.lifecycle.words import silence_words
from marketplace import clock
from marketplace.clock import today

DECISION_REMINDERS = (60, 30, 7)
OTHER_REMINDERS = (7, 1)
COMPLIANCE_REMINDERS = (30, 7)

WAITING = {
    State.INTERNAL_REVIEW: ((Side.LICENSOR, "contract.review"), _("the internal review.")),
    State.OBJECTION: ((Side.LICENSOR, "objection.decide"), _("the decision about an objection.")),
    State.SIGNING: ((None, "contract.sign"), _("the signature.")),
    State.DELIVERY: ((Side.LICENSOR, "contract.deliver"), _("the delivery of the result.")),
    State.WIND_DOWN: ((Side.LICENSEE, "wind_down.confirm"), _("the stop-use certificate.")),
}


def run_due(on: date | None = None) -> dict[str, int]:
    """Close notices, lapse signings, end cure periods, let decisions fall due, silence count, triggers fire and
    terms end; send each reminder once. Returns how many of each. `on` sets the day (default: today).

    Looks at those contracts alone at which there is something to look (see `looks`); one that fails is logged and does
    not stop the others.
    """
    if on is not None and on != today():
        with clock.at(on):
            return run_due()
    done = {
        "notices": close_due_notices(),
        "lapsed": lapse_due_signings() + lapse_due_amendments(),
    }
    found: dict[int, tuple[int, int]] = {}

    def look(contracts: Sequence[LicenceContract]) -> dict[int, date]:
        days = {}
        for contract in _with_what_is_open(contracts):
            with clock.watching() as watch:
                changed = end_cure_periods(contract, contract.open_breaches) + int(advance(contract))
                found[contract.pk] = changed, _remind(contract, contract.open_tracks)
                if not _waits_for_later_steps(contract):
                    days[contract.pk] = watch.until
        return days

    alive = LicenceContract.objects.with_parties().filter(state__in=[*RUNNING, State.WIND_DOWN, *WAITING])
    look_after(Task.DUE, alive, look)
    done["changed"] = sum(changed for changed, _sent in found.values())
    done["reminders"] = sum(sent for _changed, sent in found.values())
    return done


def _with_what_is_open(contracts: Sequence[LicenceContract]) -> Sequence[LicenceContract]:
    """Everything that is looked at, read for all of them together."""
    prefetch_related_objects(
        contracts,
        "versions",
        "facts",
        "wind_down",
        Prefetch("breaches", Breach.objects.filter(state=BreachState.OPEN), to_attr="open_breaches"),
        Prefetch(
            "compliance",
            ComplianceTask.objects.filter(done_on=None, due_on__isnull=False),
            to_attr="open_tracks",
        ),
    )
    return contracts


def _waits_for_later_steps(contract: LicenceContract) -> bool:
    """Whether it closes as soon as its invoices are paid and its reports accepted: that is asked at each run."""
    if contract.state == State.WIND_DOWN:
        wind_down = getattr(contract, "wind_down", None)
        return wind_down is None or wind_down.confirmed_at is not None
    return contract.state == State.PAID_UP and today() > contract.term_ends_on


def remind_once(contract: LicenceContract, key: str) -> bool:
    """Whether a letter with this key is to be sent now: it never was. For later steps, too."""
    try:
        with transaction.atomic():
            Reminder.objects.create(contract=contract, key=key[:80])
    except IntegrityError:
        return False
    return True


def _distance(due: date, steps: tuple[int, ...]) -> int | None:
    """The nearest reminder that has come: with 20 days left of (60, 30, 7) it is 30; None before and after."""
    if due < today():
        return None
    return min((step for step in steps if due - timedelta(days=step) <= today()), default=None)


def _remind(contract: LicenceContract, open_tracks: Iterable[ComplianceTask]) -> int:
    sent = 0
    if contract.trial_ends_on and contract.state in (*TRYING, State.ACTIVE, State.IN_BREACH):
        sent += _remind_trial(contract)
    if contract.state in WAITING and contract.act_by:
        sent += _remind_deadline(contract)
    for task in open_tracks:
        sent += _remind_track(contract, task)
    return sent


def _remind_trial(contract: LicenceContract) -> int:
    step = _distance(contract.trial_ends_on, DECISION_REMINDERS)
    decides = contract.option_is_open
    if step is None or not (decides or contract.state in TRYING):
        return 0
    if contract.terms.has_option and not decides:
        return 0
    if not remind_once(contract, f"trial:{contract.trial_ends_on}:{step}"):
        return 0
    days = (contract.trial_ends_on - today()).days
    if decides:
        tell(
            contract, "decision_reminder", (Side.LICENSEE, "decision.make"), days=days,
            until=contract.trial_ends_on, silence=silence_words(contract.terms.trial.on_silence),
        )  # fmt: skip
    else:
        tell(
            contract,
            "trial_reminder",
            (Side.LICENSEE, "contract.read"),
            days=days,
            until=contract.trial_ends_on,
        )
    return 1


def _remind_deadline(contract: LicenceContract) -> int:
    step = _distance(contract.act_by, OTHER_REMINDERS)
    if step is None or not remind_once(contract, f"{contract.state}:{contract.act_by}:{step}"):
        return 0
    (side, permission), what = WAITING[State(contract.state)]
    sides = [side] if side else [one for one, _party in contract.parties]
    if side is None:
        signed = set(contract.signatures.filter(void_at=None).values_list("side", flat=True))
        sides = [one for one in sides if one not in signed]
    tell(
        contract, "deadline", *((one, permission) for one in sides), until=contract.act_by, what=what
    )  # fmt: skip
    return 1


def _remind_track(contract: LicenceContract, task: ComplianceTask) -> int:
    step = _distance(task.due_on, COMPLIANCE_REMINDERS)
    if step is None or not remind_once(contract, f"track:{task.track}:{step}"):
        return 0
    tell(
        contract,
        "compliance_due",
        (Side.LICENSOR, "registration.record"),
        track=ComplianceTask.Track(task.track).label,
        until=task.due_on,
    )
    return 1


def days_left(until: date | None) -> int | None:
    """Days from today to a deadline; negative when it has passed."""
    return None if until is None else (until - today()) // timedelta(days=1)
