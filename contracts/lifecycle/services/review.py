"""校内审批: complete first, then a look by another person than the drafter."""

from django.db import transaction
from django.utils.functional import lazy
from django.utils.translation import gettext as _

from contracts.lifecycle import rights
from contracts.lifecycle.completeness import (
    conflict_words,
    find_missing,
    latest_effect,
    notice_days,
)
from contracts.lifecycle.models import LicenceContract, PublicNotice, Review
from contracts.lifecycle.notice_text import frozen_text
from contracts.lifecycle.services.drafting import DRAFTERS
from contracts.lifecycle.services.signing import open_signing
from contracts.lifecycle.services.steps import enter, move, tell, words_of
from contracts.lifecycle.states import NoticeState, Side, State
from contracts.lifecycle.working_days import add_working_days
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.deals.models.offer import sealed
from marketplace.organisations.acting import Acting
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused
from marketplace.terms.dates import DAY, add_months

REVIEW_WORKING_DAYS = 10


@transaction.atomic
def submit_review(contract: LicenceContract, *, actor: Acting) -> LicenceContract:
    """Send a draft to internal review. Raises Incomplete with every blocking finding of `find_missing`."""
    contract, _side = enter(contract, actor=actor, permission="contract.draft", sides=DRAFTERS)
    if contract.state != State.DRAFT:
        raise TransitionRefused(current=contract.state, target=State.INTERNAL_REVIEW)
    missing = [str(finding.words) for finding in find_missing(contract) if finding.blocking]
    if missing:
        raise Incomplete(missing, _("The contract is not complete yet; it stays a draft."))
    until = add_working_days(today(), REVIEW_WORKING_DAYS)
    contract.submitted_by, contract.approved_at, contract.approved_by = actor.user, None, None
    contract.save(update_fields=["submitted_by", "approved_at", "approved_by"])
    move(
        contract,
        State.INTERNAL_REVIEW,
        actor=actor,
        act_by=until,
        terms=contract.current_terms_row.terms_hash,
    )
    tell(contract, "review_wanted", (Side.LICENSOR, "contract.review"), until=until)
    return contract


def _reviewing(contract: LicenceContract, actor: Acting) -> LicenceContract:
    contract, _side = enter(contract, actor=actor, permission="contract.review", sides=(Side.LICENSOR,))
    if contract.state != State.INTERNAL_REVIEW:
        raise TransitionRefused()
    if contract.was_drafted_by(actor.user):
        raise NotPermitted(
            _("You drafted this contract or sent it to review; somebody else has to look at it.")
        )
    return contract


@transaction.atomic
def approve(contract: LicenceContract, *, actor: Acting, words: str = "") -> LicenceContract:
    """Approve a contract. Where the price was negotiated and this very text has not been on notice, the public
    notice comes next (`open_notice`); else signing opens.

    Raises NotPermitted for the drafter, Refused where the grant collides with a running contract, Incomplete
    where something has become incomplete since it was sent.
    """
    contract = _reviewing(contract, actor)
    if contract.approved_at is not None:
        raise TransitionRefused(_("This contract was approved already."))
    _refuse_conflicts(contract)
    missing = [str(finding.words) for finding in find_missing(contract) if finding.blocking]
    if missing:
        raise Incomplete(missing, _("Something has changed since this was sent to review; return it."))
    Review.objects.create(
        contract=contract,
        approved=True,
        words=words_of(words),
        terms_hash=contract.current_terms_row.terms_hash,
        reviewed_by=actor.user,
        reviewed_at=now(),
    )
    contract.approved_at, contract.approved_by = now(), actor.user
    contract.save(update_fields=["approved_at", "approved_by"])
    record(actor, "contract.approved", contract)
    wanted = needs_notice(contract)
    following = lazy(lambda: _("the public notice.") if wanted else _("signing."), str)()
    tell(
        contract, "approved", (Side.LICENSOR, "notice.open"), (Side.LICENSEE, "contract.read"),
        (Side.AGENCY, "contract.read"), next=following,
    )  # fmt: skip
    if not wanted:
        open_signing(contract, actor=actor)
    return contract


@transaction.atomic
def return_draft(contract: LicenceContract, *, actor: Acting, words: str) -> LicenceContract:
    """Send a contract back to the drafter with words that say what to change, also after an approval as long as
    no notice was opened."""
    contract = _reviewing(contract, actor)
    words = words_of(words, needed=_("Say what has to change: the drafter reads it."))
    Review.objects.create(
        contract=contract,
        approved=False,
        words=words,
        terms_hash=contract.current_terms_row.terms_hash,
        reviewed_by=actor.user,
        reviewed_at=now(),
    )
    contract.approved_at, contract.approved_by = None, None
    contract.save(update_fields=["approved_at", "approved_by"])
    move(contract, State.DRAFT, actor=actor)
    tell(contract, "returned", (contract.drafter_side, "contract.draft"), reason=words)
    return contract


def needs_notice(contract: LicenceContract) -> bool:
    """Whether the text as it stands must still be put on public notice."""
    if not notice_days(contract)[0]:
        return False
    text_hash = sealed(frozen_text(contract))
    return not PublicNotice.objects.filter(
        contract=contract, state=NoticeState.COMPLETED, hash=text_hash
    ).exists()


def _refuse_conflicts(contract: LicenceContract) -> None:
    """Under a lock on the rights themselves, so that two grants cannot pass each other."""
    rights.lock_rights(contract.right_numbers)
    end = add_months(latest_effect(contract), contract.terms.term_months) - DAY
    found = rights.conflicts(contract, starts_on=today(), ends_on=end)
    if found:
        raise Refused(str(conflict_words(found[0])))
