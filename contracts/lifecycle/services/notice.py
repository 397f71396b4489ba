"""公示: counted days, frozen text, objections of anybody."""

import hashlib
import secrets
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from contracts.lifecycle.completeness import notice_days, stated_notice_source
from contracts.lifecycle.models import LicenceContract, Objection, PublicNotice
from contracts.lifecycle.notice_text import frozen_text
from contracts.lifecycle.services.amending import end_amendment_notice, object_amendment
from contracts.lifecycle.services.signing import open_signing
from contracts.lifecycle.services.steps import enter, lock, move, tell, words_of
from contracts.lifecycle.states import NoticeState, ObjectionState, Side, State
from contracts.lifecycle.working_days import add_working_days
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.deals.models.offer import sealed
from marketplace.organisations.acting import Acting
from marketplace.refusals import NotPermitted, Refused, TransitionRefused

OBJECTION_WORKING_DAYS = 15
MAX_OPEN_OBJECTIONS = 200
EVERYBODY = (
    (Side.LICENSOR, "contract.read"),
    (Side.LICENSEE, "contract.read"),
    (Side.AGENCY, "contract.read"),
)


def last_notice_day(published_on: date, days: int) -> date:
    """The day of publication is not counted; the notice ends at the end of the last counted day."""
    return published_on + timedelta(days=days)


@transaction.atomic
def open_notice(contract: LicenceContract, *, actor: Acting) -> PublicNotice:
    """Publish an approved contract's frozen text. Raises TransitionRefused unless it is approved and needs a
    notice, Refused where the text is not the one that was approved."""
    contract, _side = enter(contract, actor=actor, permission="notice.open", sides=(Side.LICENSOR,))
    if contract.state != State.INTERNAL_REVIEW or contract.approved_at is None:
        raise TransitionRefused(_("A notice is opened once, after the internal review has approved."))
    review = contract.reviews.first()
    if review is None or review.terms_hash != contract.current_terms_row.terms_hash:
        raise Refused(_("The terms are not the ones that were approved; return the contract to the draft."))
    days, _source = notice_days(contract)
    content = frozen_text(contract)
    published = today()
    notice = PublicNotice.objects.create(
        contract=contract,
        number=f"N-{contract.number[2:]}-{contract.notices.count() + 1}",
        content=content,
        hash=sealed(content),
        days=days,
        days_source=stated_notice_source(contract)[:300],
        published_on=published,
        ends_on=last_notice_day(published, days),
        published_by=actor.user,
    )
    move(
        contract,
        State.PUBLIC_NOTICE,
        actor=actor,
        act_by=notice.ends_on,
        notice=notice.number,
        text=notice.hash,
    )
    tell(contract, "notice_opened", *EVERYBODY, until=notice.ends_on)
    return notice


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _secret_of(form: UUID | None) -> str:
    """The secret of the link to an objection. A form gives the same one each time: whoever sends it twice is led to the
    one objection, and nobody else can know it."""
    if form is None:
        return secrets.token_urlsafe(24)
    return salted_hmac("objection", str(form), algorithm="sha256").hexdigest()


@transaction.atomic
def lodge_objection(
    notice: PublicNotice, *, name: str, contact: str, text: str, token: UUID | None = None
) -> tuple[Objection, str]:
    """Anybody objects inside the window. Returns the objection and the secret of the link by which the objector
    follows it (stored only as a hash).

    `token` identifies the form that was sent: the same words in it again return the first objection. Several at once
    are possible; each blocks the exit, the days run on. Raises Refused outside the window.
    """
    name = words_of(name, needed=_("Your name is missing."))
    contact = words_of(contact, needed=_("Say how you can be reached."))
    text = words_of(text, needed=_("Say what you object to and why."))
    contract = lock(notice.contract)
    notice = PublicNotice.objects.select_for_update().get(pk=notice.pk)
    if notice.state != NoticeState.RUNNING or today() > notice.ends_on:
        raise Refused(
            _("The time for objections is over: this notice ended on %(day)s.") % {"day": notice.ends_on}
        )
    secret = _secret_of(token)
    if (sent := find_objection(secret)) is not None:
        if (sent.notice_id, sent.text) == (notice.pk, text):
            return sent, secret
        secret = _secret_of(None)  # the form was gone back to and filled in anew
    if notice.objections.filter(state=ObjectionState.OPEN).count() >= MAX_OPEN_OBJECTIONS:
        raise Refused(_("Too many objections wait already; write to the institution directly."))
    objection = Objection.objects.create(
        notice=notice,
        name=name[:120],
        contact=contact[:200],
        text=text,
        token_hash=_token_hash(secret),
        lodged_at=now(),
        decide_by=add_working_days(today(), OBJECTION_WORKING_DAYS),
    )
    record(None, "objection.lodged", objection, notice=notice.number)
    if contract.state == State.PUBLIC_NOTICE:
        move(contract, State.OBJECTION, actor=None, act_by=objection.decide_by, objection=objection.pk)
    tell(
        contract, "objection_lodged", (Side.LICENSOR, "objection.decide"), (Side.LICENSOR, "notice.open"),
        until=objection.decide_by,
    )  # fmt: skip
    return objection, secret


def find_objection(token: str) -> Objection | None:
    """The objection that a secret link leads to, or None."""
    found = Objection.objects.select_related("notice__contract").filter(token_hash=_token_hash(token))
    return found.first()


@transaction.atomic
def decide_objection(objection: Objection, *, actor: Acting, upheld: bool, reason: str) -> Objection:
    """The licensor's approver decides an objection with a reason.

    Upheld: the contract is a draft again and the notice is over; objections still open are settled with it.
    Rejected: when none is open any more the notice goes on, or, when its days have run out meanwhile, signing
    opens. Raises NotPermitted for whoever drafted the contract.
    """
    contract, _side = enter(
        objection.notice.contract, actor=actor, permission="objection.decide", sides=(Side.LICENSOR,)
    )
    objection = (
        Objection.objects.select_for_update(of=("self",)).select_related("notice").get(pk=objection.pk)
    )
    if objection.state != ObjectionState.OPEN:
        raise TransitionRefused(_("This objection was decided already."))
    if contract.was_drafted_by(actor.user):
        raise NotPermitted(_("You drafted this contract or sent it to review; somebody else decides."))
    reason = words_of(reason, needed=_("Say why: the objector reads the reason."))
    _decide(objection, ObjectionState.UPHELD if upheld else ObjectionState.REJECTED, reason, actor)
    record(actor, "objection.upheld" if upheld else "objection.rejected", objection)
    notice = objection.notice
    waiting = notice.objections.filter(state=ObjectionState.OPEN).order_by("decide_by")
    if upheld:
        for other in waiting.select_for_update():
            _decide(
                other, ObjectionState.MOOT, _("Another objection was upheld; the contract is changed."), actor
            )
        notice.state, notice.ended_at = NoticeState.UPHELD, now()
        notice.save(update_fields=["state", "ended_at"])
        if notice.amendment_id:
            object_amendment(contract, notice, actor=actor, reason=reason)
            return objection
        contract.approved_at, contract.approved_by = None, None
        contract.save(update_fields=["approved_at", "approved_by"])
        move(contract, State.DRAFT, actor=actor, objection=objection.pk)
        tell(contract, "objection_upheld", *EVERYBODY, reason=reason)
        return objection
    tell(contract, "objection_rejected", *EVERYBODY)
    following = waiting.first()
    if notice.amendment_id:
        end_amendment_notice(contract, notice, actor=actor)
        return objection
    if following is not None:
        contract.act_by = following.decide_by
        contract.save(update_fields=["act_by"])
    else:
        move(contract, State.PUBLIC_NOTICE, actor=actor, act_by=notice.ends_on, objection=objection.pk)
        close_if_over(contract, notice, actor=actor)
    return objection


def _decide(objection: Objection, state: ObjectionState, reason: str, actor: Acting) -> None:
    objection.state, objection.reason = state, reason
    objection.decided_at, objection.decided_by = now(), actor.user
    objection.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def close_if_over(contract: LicenceContract, notice: PublicNotice, *, actor: Acting | None) -> bool:
    """End a locked contract's notice when its last day has passed and no objection is open; opens signing."""
    if notice.amendment_id:
        return end_amendment_notice(contract, notice, actor=actor)
    if contract.state != State.PUBLIC_NOTICE or today() <= notice.ends_on:
        return False
    notice.state, notice.ended_at = NoticeState.COMPLETED, now()
    notice.save(update_fields=["state", "ended_at"])
    open_signing(contract, actor=actor)
    return True


def close_due_notices() -> int:
    """End every notice whose days are over; may run any number of times. Returns how many ended."""
    ended = 0
    due = PublicNotice.objects.running().filter(ends_on__lt=today()).order_by("pk")
    for notice in due.select_related("contract"):
        with transaction.atomic():
            contract = lock(notice.contract)
            current = PublicNotice.objects.select_for_update().get(pk=notice.pk)
            if current.state == NoticeState.RUNNING:
                ended += close_if_over(contract, current, actor=None)
    return ended
