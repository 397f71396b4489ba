from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from wagtail.models import Page

from cms.models import ListingPage, NeedPage
from cms.models.market import MarketQuerySet, Visibility
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.deals.models import Deal, Proposal
from marketplace.deals.services.enquiries import open_enquiry
from marketplace.deals.services.room import cleaned
from marketplace.deals.states import PROPOSAL_NEXT, Lapse, ProposalState, Purpose
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members, permit
from marketplace.organisations.models import Organisation
from marketplace.organisations.roles import RESEARCH
from marketplace.refusals import NotPermitted, Refused, check

MAX_MESSAGE = 2_000
MAX_REASON = 1_000
MOST = 10  # of one organisation to one need, withdrawn ones counted: each is a letter to the enterprise


def is_over(need: NeedPage) -> bool:
    """Whether the last day for proposals has passed; on that day they are still welcome."""
    return need.deadline_on is not None and today() > need.deadline_on


def proposable(organisation: Organisation) -> MarketQuerySet:
    """Listings that an organisation may propose: published, without secrets, and not for invited ones only. Whether
    an enterprise is invited must not decide, or a proposal would tell who stands behind an anonymous need."""
    listings = ListingPage.objects.live().of(organisation)
    return listings.filter(is_secret=False).exclude(visibility=Visibility.INVITED)


@transaction.atomic
def propose_listing(
    need: NeedPage, listing: ListingPage, *, actor: Acting, message: str, token: UUID | None = None
) -> Proposal:
    """A research organisation proposes one of its published listings in answer to a need.

    `token` identifies the form that was sent: sent twice, the first proposal is returned. Raises NotPermitted for
    other kinds, roles and people of both sides; Refused when the need is off the market or its last day has passed,
    for a listing that cannot be proposed, for one that was proposed before, and for the eleventh.
    """
    text = cleaned(message, MAX_MESSAGE)
    house = actor.organisation
    if house is None or house.kind not in RESEARCH:
        raise NotPermitted(_("Research organisations propose their published results."))
    permit(actor, "proposal.make", house, against=need.organisation)
    # Proposals to one need queue here, behind its unpublishing too, so that the limit holds.
    Page.objects.select_for_update(no_key=True).get(pk=need.pk)
    asked = (
        NeedPage.objects.visible_to(actor).live().filter(pk=need.pk).select_related("organisation").first()
    )
    if asked is None:
        raise Refused(_("This need is not published any more."))
    sent = Proposal.objects.filter(licensor=house, token=token).first() if token else None
    if sent is not None:
        if (sent.need_id, sent.listing_id) == (
            asked.pk,
            listing.pk,
        ) and sent.state != ProposalState.WITHDRAWN:
            return sent
        token = None  # the form was gone back to and filled in anew
    if is_over(asked):
        raise Refused(_("The last day for proposals has passed."))
    chosen = proposable(house).filter(pk=listing.pk).first()
    if chosen is None:
        raise Refused(
            _("Choose a published listing of your own organisation that is not for invited ones only.")
        )
    if Proposal.objects.filter(licensor=house, need=asked).count() >= MOST:
        raise Refused(
            _("Your organisation has proposed %(limit)s results for this need already.") % {"limit": MOST}
        )
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                need=asked,
                listing=chosen,
                licensor=house,
                licensee=asked.organisation,
                message=text,
                token=token or uuid4(),
                made_at=now(),
                made_by=actor.user,
            )
    except IntegrityError as error:
        raise Refused(_("This listing has been proposed for this need already.")) from error
    record(actor, "proposal.made", proposal, need=asked.pk, listing=chosen.pk)
    _tell(proposal, "made", asked.organisation, "proposal.answer")
    return proposal


@transaction.atomic
def take_up_proposal(
    proposal: Proposal,
    *,
    actor: Acting,
    message: str,
    purpose: str = Purpose.QUESTION,
    token: UUID | None = None,
) -> Deal:
    """The enterprise asks about the proposed listing, as `open_enquiry` does; the proposal remembers the deal. From
    here on the proposer reads who posted the need.

    Raises Refused while need or listing is off the market, TransitionRefused when it is answered or withdrawn.
    """
    proposal = _answering(proposal, actor, ProposalState.TAKEN_UP)
    if words := proposal.lapsed:
        raise Refused(words)
    proposal.deal = open_enquiry(
        proposal.listing, actor=actor, message=message, purpose=purpose, token=token, was_proposed=True
    )
    _settle(proposal, ProposalState.TAKEN_UP, actor)
    record(actor, "proposal.taken_up", proposal, deal=proposal.deal_id)
    # Whoever negotiates is told by the enquiry's letter.
    told = members(proposal.licensor, "deal.write")
    _tell(proposal, "taken_up", proposal.licensor, "proposal.make", but=told)
    return proposal.deal


@transaction.atomic
def decline_proposal(proposal: Proposal, *, actor: Acting, reason: str = "") -> Proposal:
    """The enterprise says no, perhaps why: the proposer reads it. Raises TransitionRefused when that is done."""
    reason = cleaned(reason, MAX_REASON) if (reason or "").strip() else ""
    proposal = _answering(proposal, actor, ProposalState.DECLINED)
    proposal.reason = reason
    _settle(proposal, ProposalState.DECLINED, actor)
    record(actor, "proposal.declined", proposal)
    _tell(proposal, "declined", proposal.licensor, "proposal.make")
    return proposal


@transaction.atomic
def withdraw_proposal(proposal: Proposal, *, actor: Acting) -> Proposal:
    """The proposer takes an open proposal back. Raises TransitionRefused when it is answered."""
    permit(actor, "proposal.make", proposal.licensor)
    proposal = _locked(proposal)
    check(proposal.state, ProposalState.WITHDRAWN, PROPOSAL_NEXT)
    _settle(proposal, ProposalState.WITHDRAWN, actor)
    record(actor, "proposal.withdrawn", proposal)
    _tell(proposal, "withdrawn", proposal.licensee, "proposal.answer")
    return proposal


def tell_lapses() -> None:
    """Tell the side that did not do it that an open proposal has lapsed, or that it can be taken up again, once each."""
    for found in Proposal.objects.to_be_told().order_by("pk"):
        with transaction.atomic():
            proposal = _locked(found)
            if proposal.state != ProposalState.OPEN or proposal.lapse == proposal.lapse_told:
                continue
            fact = "lapsed" if proposal.lapse else "back"
            of_listing = (proposal.lapse or proposal.lapse_told) == Lapse.LISTING
            proposal.lapse_told = proposal.lapse
            proposal.save(update_fields=["lapse_told"])
            if of_listing:
                _tell(proposal, fact, proposal.licensee, "proposal.answer")
            else:
                _tell(proposal, fact, proposal.licensor, "proposal.make")


def _locked(proposal: Proposal) -> Proposal:
    return Proposal.objects.with_pages().select_for_update(of=("self",)).get(pk=proposal.pk)


def _answering(proposal: Proposal, actor: Acting, target: ProposalState) -> Proposal:
    permit(actor, "proposal.answer", proposal.licensee, against=proposal.licensor)
    proposal = _locked(proposal)
    check(proposal.state, target, PROPOSAL_NEXT)
    return proposal


def _settle(proposal: Proposal, state: ProposalState, actor: Acting) -> None:
    proposal.state, proposal.settled_at, proposal.settled_by = state, now(), actor.user
    proposal.save(update_fields=["state", "settled_at", "settled_by", "reason", "deal"])


def _tell(proposal: Proposal, fact: str, house: Organisation, permission: str, *, but=()) -> None:
    told = {user.pk for user in but}
    notify(
        [user for user in members(house, permission) if user.pk not in told],
        f"deals/proposal_{fact}",
        path=proposal.get_absolute_url(),
        proposal=proposal,
    )
