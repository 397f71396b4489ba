"""补充协议: other terms for a running contract. Proposed by one side, agreed by the other, put on public notice where
price, parties or exclusivity change and the price was negotiated, signed by all; then rated by versions."""

import hashlib
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contracts.lifecycle import rights
from contracts.lifecycle.amendment_document import amendment_text, make_amendment_pdf
from contracts.lifecycle.completeness import (
    SIGNING_DAYS,
    conflict_words,
    notice_days,
    patents_end_on,
    stated_notice_source,
)
from contracts.lifecycle.models import (
    Amendment,
    ComplianceTask,
    ContractDocument,
    ContractTerms,
    LicenceContract,
    PublicNotice,
    Signature,
)
from contracts.lifecycle.notice_text import frozen_text, touched
from contracts.lifecycle.services.effect import RECORDAL_MONTHS, store_sealed
from contracts.lifecycle.services.steps import enter, lock, tell, words_of
from contracts.lifecycle.states import (
    AMENDMENT_NEXT,
    AMENDMENT_OPEN,
    RUNNING,
    AmendmentState,
    NoticeState,
    Side,
)
from marketplace import terms as language
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.deals.models.offer import sealed
from marketplace.organisations.acting import Acting, permit
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused, check
from marketplace.terms.dates import DAY, add_months

PARTIES = (Side.LICENSOR, Side.LICENSEE)
READERS = tuple((side, "contract.read") for side in Side)
ANSWER_DAYS = 30  # no rule prescribes it; the proposal lapses afterwards
NOTICE_WORTHY = ("price", "parties", "exclusivity")


@transaction.atomic
def propose_amendment(
    contract: LicenceContract, *, actor: Acting, terms: language.Terms, effective_on: date, reason: str
) -> Amendment:
    """Propose other terms from a day on; the other side answers within 30 days.

    The new terms hold from `effective_on`, at the earliest from the last signature; periods before stay rated by the
    terms of their time, cumulative sums run on. Raises Incomplete for terms that contradict themselves or the old
    ones (currency, kind of an element, a trial that has begun), Refused where nothing changes, the day cannot be, or
    another amendment is open, TransitionRefused unless the licence runs.
    """
    contract, side = enter(contract, actor=actor, permission="offer.make", sides=PARTIES)
    if contract.state not in RUNNING:
        raise TransitionRefused(_("Terms are amended while the licence runs."))
    reason = words_of(reason, needed=_("Say why the terms change: the other side reads it."))
    if contract.amendments.filter(state__in=AMENDMENT_OPEN).exists():
        raise Refused(_("Another amendment is open; it is answered, signed or withdrawn first."))
    _refuse_day(contract, effective_on)
    before = newest_terms(contract)
    _refuse_terms(contract, before, terms, effective_on)
    changes = touched(before.agreed_terms, terms)
    amendment = Amendment.objects.create(
        contract=contract,
        number=contract.amendments.count() + 1,
        terms=language.write(terms),
        terms_hash=language.hash_of(terms),
        base_hash=before.terms_hash,
        effective_on=effective_on,
        reason=reason,
        touches=changes,
        needs_notice=bool(notice_days(contract)[0]) and not set(changes).isdisjoint(NOTICE_WORTHY),
        act_by=today() + timedelta(days=ANSWER_DAYS),
        proposed_side=side,
        proposed_by=actor.user,
        proposed_at=now(),
    )
    record(actor, "amendment.proposed", amendment, contract=contract.number, terms=amendment.terms_hash)
    _tell(amendment, "amendment_proposed", (amendment.other_side, "offer.accept"), reason=reason)
    return amendment


def newest_terms(contract: LicenceContract) -> ContractTerms:
    """The version that is in force last, also where its day is still to come."""
    return contract.versions.exclude(effective_on=None).order_by("-effective_on").first()


def _refuse_day(contract: LicenceContract, effective_on: date) -> None:
    last = newest_terms(contract).effective_on
    if effective_on < today():
        raise Refused(_("An amendment cannot hold for days before it is signed; choose a day from today on."))
    if effective_on <= last:
        raise Refused(_("The terms changed on %(day)s already; choose a later day.") % {"day": last})
    if effective_on > contract.term_ends_on:
        raise Refused(
            _("The licence ends on %(day)s; choose an earlier day.") % {"day": contract.term_ends_on}
        )


def _refuse_terms(contract: LicenceContract, before: ContractTerms, terms: language.Terms, on: date) -> None:
    if language.hash_of(terms) == before.terms_hash:
        raise Refused(_("These are the terms as they stand; nothing would change."))
    lang = get_language() or "zh-hans"
    found = language.check(
        terms, effective_on=contract.effective_on, patents_end_on=patents_end_on(contract)
    ) + language.check_amendment(before.agreed_terms, terms)
    wrong = [problem.message(lang) for problem in found if problem.severity == language.ERROR]
    if terms.trial != before.agreed_terms.trial:
        wrong.append(_("Free use has its own steps (extension, decision); an amendment leaves it as it is."))
    if add_months(contract.effective_on, terms.term_months) - DAY < on:
        wrong.append(_("By these terms the licence would have ended before they begin to hold."))
    if wrong:
        raise Incomplete(wrong, _("These terms cannot follow the present ones."))


def _enter(
    amendment: Amendment, *, actor: Acting, permission: str, sides
) -> tuple[LicenceContract, Amendment, Side]:
    """Lock contract and amendment; an amendment of a contract that does not run any more is closed to every step."""
    contract, side = enter(amendment.contract, actor=actor, permission=permission, sides=sides)
    amendment = Amendment.objects.select_for_update(of=("self",)).get(pk=amendment.pk)
    amendment.contract = contract
    if not amendment.is_open or contract.state not in RUNNING:
        raise TransitionRefused(_("This amendment is closed, or its contract does not run any more."))
    return contract, amendment, side


def _move(
    amendment: Amendment, target: AmendmentState, *, actor, act_by: date | None = None, words=""
) -> None:
    check(amendment.state, target, AMENDMENT_NEXT)
    before, amendment.state, amendment.act_by = amendment.state, target, act_by
    if target not in AMENDMENT_OPEN:
        amendment.closed_at, amendment.closed_words = now(), words
    amendment.save()
    record(actor, "amendment.state", amendment, before=str(before), after=str(target))


def _tell(amendment: Amendment, letter: str, *to, **params) -> None:
    tell(amendment.contract, letter, *to, path=amendment.get_absolute_url(), place=amendment.number, **params)


@transaction.atomic
def answer_amendment(amendment: Amendment, *, actor: Acting, agreed: bool, words: str = "") -> Amendment:
    """The side that did not propose agrees or declines, with words. Agreed, the public notice comes next where one is
    needed, else signing opens."""
    contract, amendment, side = _enter(amendment, actor=actor, permission="offer.accept", sides=PARTIES)
    if side != amendment.other_side:
        raise NotPermitted(_("The other side answers what your side has proposed."))
    if amendment.state != AmendmentState.PROPOSED:
        raise TransitionRefused()
    if today() > amendment.act_by:
        raise Refused(_("The time for an answer ended on %(day)s.") % {"day": amendment.act_by})
    amendment.answered_at, amendment.answered_by = now(), actor.user
    if not agreed:
        words = words_of(words, needed=_("Say why: the other side reads it."))
        _move(amendment, AmendmentState.DECLINED, actor=actor, words=words)
        _tell(amendment, "amendment_declined", *READERS, reason=words)
        return amendment
    if amendment.needs_notice:
        _move(amendment, AmendmentState.AGREED, actor=actor)
        _tell(amendment, "amendment_agreed", (Side.LICENSOR, "notice.open"), (Side.LICENSEE, "contract.read"))
    else:
        _open_signing(contract, amendment, actor)
    return amendment


@transaction.atomic
def withdraw_amendment(amendment: Amendment, *, actor: Acting, reason: str) -> Amendment:
    """Either party withdraws from an amendment that is not signed by all; the terms stay as they are. Raises NotPermitted
    for those who may only propose, unless it is their side's proposal and still waits for an answer."""
    _contract, amendment, side = _enter(amendment, actor=actor, permission="offer.make", sides=PARTIES)
    permit(actor, amendment.withdrawing_asks(side), actor.organisation)
    reason = words_of(reason, needed=_("Say why: the other side reads it."))
    _close(amendment, AmendmentState.WITHDRAWN, actor=actor, words=reason)
    _tell(amendment, "amendment_withdrawn", *READERS, reason=reason)
    return amendment


def _close(amendment: Amendment, target: AmendmentState, *, actor, words: str) -> None:
    """End a locked amendment with everything that hangs open on it."""
    for notice in amendment.notices.select_for_update().running():
        notice.state, notice.ended_at = NoticeState.WITHDRAWN, now()
        notice.save(update_fields=["state", "ended_at"])
        notice.objections.filter(state="OPEN").update(state="MOOT", decided_at=now(), reason=words)
    Signature.objects.filter(document=amendment.document_id, void_at=None).exclude(document=None).update(
        void_at=now(), void_reason=words
    )
    _move(amendment, target, actor=actor, words=words)


@transaction.atomic
def open_amendment_notice(amendment: Amendment, *, actor: Acting) -> PublicNotice:
    """Publish the text of an agreed amendment for the same number of days as a contract's; anybody may object."""
    contract, amendment, _side = _enter(
        amendment, actor=actor, permission="notice.open", sides=(Side.LICENSOR,)
    )
    if amendment.state != AmendmentState.AGREED:
        raise TransitionRefused(_("A notice is opened once, after both sides have agreed."))
    days, _source = notice_days(contract)
    content = frozen_text(contract, amendment=amendment)
    notice = PublicNotice.objects.create(
        contract=contract,
        amendment=amendment,
        number=f"N-{contract.number[2:]}-{contract.notices.count() + 1}",
        content=content,
        hash=sealed(content),
        days=days,
        days_source=stated_notice_source(contract)[:300],
        published_on=today(),
        ends_on=today() + timedelta(days=days),  # the day of publication is not counted
        published_by=actor.user,
    )
    _move(amendment, AmendmentState.NOTICE, actor=actor, act_by=notice.ends_on)
    record(actor, "amendment.notice", amendment, notice=notice.number, text=notice.hash)
    _tell(amendment, "amendment_notice", *READERS, until=notice.ends_on)
    return notice


def end_amendment_notice(contract: LicenceContract, notice: PublicNotice, *, actor: Acting | None) -> bool:
    """End a locked contract's notice about an amendment when its last day has passed and nobody's objection is open:
    signing opens."""
    if today() <= notice.ends_on or notice.objections.filter(state="OPEN").exists():
        return False
    amendment = Amendment.objects.select_for_update(of=("self",)).get(pk=notice.amendment_id)
    amendment.contract = contract
    notice.state, notice.ended_at = NoticeState.COMPLETED, now()
    notice.save(update_fields=["state", "ended_at"])
    if amendment.state == AmendmentState.NOTICE:
        _open_signing(contract, amendment, actor)
    return True


def object_amendment(contract: LicenceContract, notice: PublicNotice, *, actor: Acting, reason: str) -> None:
    """An objection was upheld: the amendment ends, the contract goes on under its terms."""
    amendment = Amendment.objects.select_for_update(of=("self",)).get(pk=notice.amendment_id)
    amendment.contract = contract
    _move(amendment, AmendmentState.OBJECTED, actor=actor, words=reason)
    _tell(amendment, "amendment_objected", *READERS, reason=reason)


def _open_signing(contract: LicenceContract, amendment: Amendment, actor: Acting | None) -> None:
    amendment.document = make_amendment_pdf(contract, amendment)
    until = today() + timedelta(days=SIGNING_DAYS)
    _move(amendment, AmendmentState.SIGNING, actor=actor, act_by=until)
    _tell(amendment, "amendment_signing", *((side, "contract.sign") for side in Side), until=until)


def amendment_signatures(amendment: Amendment):
    found = Signature.objects.filter(document=amendment.document_id, void_at=None).exclude(document=None)
    return found.select_related("organisation", "user").order_by("id")


@transaction.atomic
def sign_amendment(amendment: Amendment, *, actor: Acting, document_hash: str, proof: str) -> Signature:
    """Consent to the amendment's document with this SHA-256; the last signature sets the new terms in force from their
    day, at the earliest today. `proof` says how the person has just proved who they are.

    Raises Refused for another or a changed file, after the 30 days, and where a wider grant collides with a running
    contract.
    """
    contract, amendment, side = _enter(amendment, actor=actor, permission="contract.sign", sides=tuple(Side))
    if amendment.state != AmendmentState.SIGNING:
        raise TransitionRefused(_("Nothing is to be signed any more: it was signed already, or lapsed."))
    if today() > amendment.act_by:
        raise Refused(_("The time for signing ended on %(day)s.") % {"day": amendment.act_by})
    document = amendment.document
    if document.sha256 != document_hash:
        raise Refused(_("The text was replaced meanwhile. Read the new one first; you have signed nothing."))
    with document.file.open("rb") as file:
        stored = hashlib.sha256(file.read()).hexdigest()
    if stored != document.sha256 or document.text_hash != sealed(amendment_text(contract, amendment)):
        raise Refused(_("The stored file is not what was made; nobody can sign it. Tell the operator."))
    if amendment_signatures(amendment).filter(side=side).exists():
        raise TransitionRefused(_("Your side has signed already."))
    if not proof:
        raise NotPermitted(_("Prove again who you are before you sign: it binds your organisation."))
    signature = Signature.objects.create(
        contract=contract, document=document, document_hash=document.sha256, side=side,
        organisation=actor.organisation, user=actor.user, method=Signature.Method.CONSENT, proof=proof[:40], at=now(),
        confirmed_at=now(), confirmed_by=actor.user,
    )  # fmt: skip
    record(actor, "amendment.signed", amendment, side=str(side), document=document.sha256, proof=proof[:40])
    signed = set(amendment_signatures(amendment).values_list("side", flat=True))
    if signed == {str(one) for one, _party in contract.parties}:
        _take_effect(contract, amendment, actor)
    else:
        _tell(
            amendment, "amendment_signed_by", *(to for to in READERS if to[0] != side), who=actor.organisation
        )
    return signature


def _take_effect(contract: LicenceContract, amendment: Amendment, actor: Acting) -> None:
    before, terms = newest_terms(contract), amendment.new_terms
    if before.terms_hash != amendment.base_hash:
        raise Refused(_("The terms changed meanwhile; propose the amendment anew."))
    starts_on = max(amendment.effective_on, today(), before.effective_on + DAY)
    ends_on = add_months(contract.effective_on, terms.term_months) - DAY
    if ends_on < starts_on:
        raise Refused(_("By these terms the licence would have ended before they begin to hold."))
    if "exclusivity" in amendment.touches or ends_on > contract.term_ends_on:
        rights.lock_rights(contract.right_numbers)
        found = rights.conflicts(contract, starts_on=starts_on, ends_on=ends_on, terms=terms)
        if found:
            raise Refused(str(conflict_words(found[0])))
    amendment.version = ContractTerms.objects.create(
        contract=contract,
        number=contract.versions.aggregate(last=Max("number"))["last"] + 1,
        effective_on=starts_on,
        terms=amendment.terms,
        terms_hash=amendment.terms_hash,
        reason=amendment.reason,
        made_for=amendment.proposed_side,
        made_by=amendment.proposed_by,
        made_at=amendment.proposed_at,
        agreed_at=now(),
    )
    if terms.term_months != before.agreed_terms.term_months:
        contract.term_ends_on = ends_on
        contract.save(update_fields=["term_ends_on"])
    _raise_tracks(contract, amendment)
    _move(amendment, AmendmentState.EFFECTIVE, actor=actor)
    name = f"{contract.number}-A{amendment.number}-sealed.pdf"
    store_sealed(contract, amendment.document, ContractDocument.Kind.SEALED_AMENDMENT, name)
    _tell(amendment, "amendment_effective", *READERS, on=starts_on)


def _raise_tracks(contract: LicenceContract, amendment: Amendment) -> None:
    """A recorded or registered contract has its change recorded or registered too; within three months for the
    recordal, as for the licence itself."""
    track = ComplianceTask.Track
    tasks = [ComplianceTask(contract=contract, track=track.RECORDAL_CHANGE, amendment=amendment,
                            due_on=add_months(amendment.version.effective_on, RECORDAL_MONTHS))]  # fmt: skip
    if contract.registered_on is not None:
        tasks.append(ComplianceTask(contract=contract, track=track.REGISTRATION_CHANGE, amendment=amendment))
    ComplianceTask.objects.bulk_create(tasks)


def lapse_due_amendments() -> int:
    """Close every open amendment whose time is over, or whose contract does not run any more. Returns how many."""
    lapsed = 0
    open_ = Amendment.objects.filter(state__in=AMENDMENT_OPEN).order_by("pk")
    for pk, contract_id in open_.values_list("pk", "contract_id"):
        with transaction.atomic():
            contract = lock(LicenceContract(pk=contract_id))
            amendment = Amendment.objects.select_for_update(of=("self",)).get(pk=pk)
            amendment.contract = contract
            timed = amendment.state in (AmendmentState.PROPOSED, AmendmentState.SIGNING)
            late = timed and amendment.act_by is not None and amendment.act_by < today()
            if not amendment.is_open or not (late or contract.state not in RUNNING):
                continue
            words = _("Not answered or signed in time.") if late else _("The contract has ended.")
            _close(amendment, AmendmentState.LAPSED, actor=None, words=words)
            _tell(amendment, "amendment_lapsed", *READERS)
            lapsed += 1
    return lapsed
