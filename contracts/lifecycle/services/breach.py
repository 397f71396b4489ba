"""违约整改: notice with what happened, time to cure, cured or not. And disputes, which freeze charges."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.models import Breach, LicenceContract
from contracts.lifecycle.services.advance import advance
from contracts.lifecycle.services.steps import enter, lock, move, tell, words_of
from contracts.lifecycle.states import RUNNING, BreachState, Side, State
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.organisations.acting import Acting
from marketplace.refusals import NotPermitted, Refused, TransitionRefused

PARTIES = (Side.LICENSOR, Side.LICENSEE)
READERS = tuple((side, "contract.read") for side in Side)


def cure_days(contract: LicenceContract, kind: str) -> int:
    """Days to cure by the terms: payment 30, report 15, other 60 where nothing else is agreed."""
    cure = contract.terms.cure
    return {
        Breach.Kind.PAYMENT: cure.payment_days,
        Breach.Kind.REPORT: cure.report_days,
        Breach.Kind.OTHER: cure.other_days,
    }[Breach.Kind(kind)]


@transaction.atomic
def notify_breach(
    contract: LicenceContract,
    *,
    actor: Acting | None,
    kind: str,
    words: str,
    clause: str = "",
    amount_minor: int | None = None,
    key: str = "",
) -> Breach | None:
    """Notify a breach of the other side; without an actor the system notifies one of the licensee's, once for each
    `key` (a missing report). The contract is in breach until it is cured; its clocks run on.

    Returns the breach that is there for a repeated `key`, and None where the system finds no running licence.
    Raises TransitionRefused for a person in that case, and for the same words again on the same day: a form that was
    sent twice.
    """
    if actor is not None:
        contract, side = enter(contract, actor=actor, permission="breach.notify", sides=PARTIES)
        against = Side.LICENSEE if side == Side.LICENSOR else Side.LICENSOR
    else:
        contract, against = lock(contract), Side.LICENSEE
        there = contract.breaches.filter(key=key).first() if key else None
        if there is not None:
            return there
    if contract.state not in RUNNING:
        if actor is None:
            return None
        raise TransitionRefused(_("A breach is notified while the contract runs."))
    if amount_minor is not None and amount_minor <= 0:
        raise Refused(_("The amount must be above zero."))
    words = words_of(words, needed=_("Say what happened: the other side has to know what to cure."))
    same = contract.breaches.filter(kind=kind, against=against, words=words, amount_minor=amount_minor)
    if actor is not None and same.filter(state=BreachState.OPEN, notified_on=today()).exists():
        raise TransitionRefused(_("This breach was notified today already."))
    breach = Breach.objects.create(
        contract=contract,
        kind=Breach.Kind(kind),
        key=key,
        clause=clause.strip()[:120],
        words=words,
        amount_minor=amount_minor,
        currency=contract.terms.currency,
        against=against,
        notified_on=today(),
        notified_by=actor.user if actor else None,
        cure_until=today() + timedelta(days=cure_days(contract, kind)),
    )
    record(actor, "breach.notified", breach, contract=contract.number, kind=str(breach.kind))
    if contract.state != State.IN_BREACH:
        contract.resume_state = contract.state
        contract.save(update_fields=["resume_state"])
        move(contract, State.IN_BREACH, actor=actor, act_by=breach.cure_until, breach=breach.pk)
    else:
        _next_cure(contract)
    tell(contract, "breach_notified", *READERS, until=breach.cure_until, reason=breach.words)
    return breach


def _next_cure(contract: LicenceContract) -> None:
    waiting = contract.breaches.filter(state=BreachState.OPEN).order_by("cure_until").first()
    contract.act_by = waiting.cure_until if waiting else None
    contract.save(update_fields=["act_by"])


@transaction.atomic
def cure_breach(breach: Breach, *, actor: Acting | None, words: str = "") -> Breach:
    """The side that notified a breach confirms its cure; without an actor, a later step saw it cured (the report
    came, the invoice was paid). When none is left the contract goes back to where it was, then on."""
    if actor is not None:
        contract, side = enter(breach.contract, actor=actor, permission="breach.notify", sides=PARTIES)
        if side == breach.against:
            raise NotPermitted(_("The side that notified the breach says when it is cured."))
    else:
        contract = lock(breach.contract)
    breach = Breach.objects.select_for_update().get(pk=breach.pk)
    if breach.state not in (BreachState.OPEN, BreachState.UNCURED):
        if actor is None:
            return breach
        raise TransitionRefused(_("This breach was settled already."))
    breach.state, breach.cured_on, breach.ended_words = BreachState.CURED, today(), words_of(words)
    breach.save(update_fields=["state", "cured_on", "ended_words"])
    record(actor, "breach.cured", breach, contract=contract.number)
    if contract.state != State.IN_BREACH:
        return breach
    if contract.breaches.filter(state__in=[BreachState.OPEN, BreachState.UNCURED]).exists():
        _next_cure(contract)
        return breach
    back = State(contract.resume_state)
    contract.resume_state = ""
    contract.save(update_fields=["resume_state"])
    move(contract, back, actor=actor, act_by=_deadline(contract, back), breach=breach.pk)
    tell(contract, "breach_cured", *READERS)
    advance(contract)
    return breach


def _deadline(contract: LicenceContract, state: State) -> date | None:
    if state == State.PAID_UP:
        return contract.term_ends_on
    if state == State.ACTIVE and not contract.option_is_open:
        return None
    return contract.trial_ends_on


def end_cure_periods(contract: LicenceContract, open_breaches: Iterable[Breach]) -> int:
    """Mark those of a locked contract's open breaches whose time to cure is over, and say that termination is possible
    now: a person decides about that, not the clock."""
    count = 0
    for breach in open_breaches:
        if breach.cure_until >= today():
            continue
        breach.state = BreachState.UNCURED
        breach.save(update_fields=["state"])
        record(None, "breach.uncured", breach, contract=contract.number)
        tell(contract, "breach_uncured", (Side.LICENSOR, "breach.notify"), (Side.LICENSEE, "breach.notify"))
        count += 1
    if count:
        _next_cure(contract)
    return count


@transaction.atomic
def raise_dispute(contract: LicenceContract, *, actor: Acting, reason: str) -> LicenceContract:
    """Either party marks the contract as disputed: no charges are made until it is settled; clocks run on."""
    contract, side = enter(contract, actor=actor, permission="breach.notify", sides=PARTIES)
    if contract.state not in (*RUNNING, State.WIND_DOWN):
        raise TransitionRefused(_("A running contract can be disputed."))
    if contract.disputed:
        raise TransitionRefused(_("This contract is marked as disputed already."))
    contract.dispute_words = words_of(reason, needed=_("Say what is disputed: the other side reads it."))
    contract.disputed, contract.dispute_side = True, side
    contract.save(update_fields=["disputed", "dispute_words", "dispute_side"])
    record(actor, "contract.disputed", contract, side=str(side))
    tell(contract, "disputed", *READERS, reason=contract.dispute_words)
    return contract


@transaction.atomic
def settle_dispute(contract: LicenceContract, *, actor: Acting) -> LicenceContract:
    """The side that raised a dispute says that it is settled; charges are made again."""
    contract, side = enter(contract, actor=actor, permission="breach.notify", sides=PARTIES)
    if not contract.disputed:
        raise TransitionRefused(_("This contract is not disputed."))
    if side != contract.dispute_side:
        raise NotPermitted(_("The side that raised the dispute says when it is settled."))
    contract.disputed, contract.dispute_words, contract.dispute_side = False, "", ""
    contract.save(update_fields=["disputed", "dispute_words", "dispute_side"])
    record(actor, "contract.dispute_settled", contract)
    tell(contract, "settled", *READERS)
    return contract
