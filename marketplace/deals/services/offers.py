from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from wagtail.models import Page

from marketplace import terms as language
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.deals.models import (
    Acceptance,
    ContributorAnnex,
    Deal,
    Offer,
    OfferWithdrawal,
    TermSheet,
)
from marketplace.deals.models.offer import sealed
from marketplace.deals.services.turns import tell, turn
from marketplace.deals.snapshot import contributors_of, snapshot_of
from marketplace.deals.standing import Standing, enter
from marketplace.deals.states import NEXT, DealState, Side, Step, WaitsFor
from marketplace.organisations.acting import Acting
from marketplace.organisations.roles import allowed
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused, check

MAX_NOTE = 2_000


def standing_offer(deal: Deal) -> Offer | None:
    """The version on the table: the last one, unless it was withdrawn. Every older version is superseded."""
    last = deal.offers.select_related("withdrawal").order_by("number").last()
    return None if last is None or last.is_withdrawn else last


def read_terms(document: object) -> language.Terms:
    """Terms that may be offered. Raises Incomplete with each wrong field and each contradiction in words."""
    lang = get_language() or "zh-hans"
    try:
        terms = document if isinstance(document, language.Terms) else language.read(document)
        problems = [p for p in language.check(terms) if p.severity == language.ERROR]
    except language.TermsError as error:
        problems = error.problems
    if problems:
        raise Incomplete(
            [f"{problem.path}: {problem.message(lang)}".removeprefix(": ") for problem in problems],
            _("These terms cannot be offered yet."),
        )
    return terms


@transaction.atomic
def make_offer(
    deal: Deal, *, actor: Acting, terms: language.Terms | dict, note: str = "", seen: int | None = None
) -> Offer:
    """Put a new version of the terms on the table; it supersedes the version before.

    `seen`: number of the newest version that the maker had before them (0 for none); when there is a newer one
    by now (a double click, another tab, the other side) the offer is refused and nothing is lost in silence.
    Whoever may also accept for the side binds it by making the offer; an offer of a scout or a broker must
    still be confirmed by the side itself. Raises Incomplete for terms that contradict themselves, Refused for
    a deal that is not open and for terms that stand on the table already, NotPermitted for an agency without a
    mandate in force.
    """
    deal, stands = enter(deal, actor=actor, permission="offer.make")
    side = _speaking(stands)
    if not deal.is_open:
        raise TransitionRefused(current=deal.state, target="")
    terms = read_terms(terms)
    note = (note or "").strip()
    if len(note) > MAX_NOTE:
        raise Refused(_("The note is too long: at most %(limit)s characters.") % {"limit": MAX_NOTE})
    last = deal.offers.select_related("withdrawal").order_by("number").last()
    number = last.number if last else 0
    if seen is not None and seen != number:
        raise Refused(
            _("Version %(number)s was made meanwhile. Look at it first; your offer was not sent.")
            % {"number": number}
        )
    terms_hash = language.hash_of(terms)
    if last is not None and not last.is_withdrawn and last.terms_hash == terms_hash:
        raise Refused(
            _("These are exactly the terms of version %(number)s. Accept it, or change something.")
            % {"number": number}
        )
    offer = Offer.objects.create(
        deal=deal,
        number=number + 1,
        made_for=side,
        made_by=actor.user,
        organisation=actor.organisation,
        terms=language.write(terms),
        terms_hash=terms_hash,
        note=note,
        created_at=now(),
    )
    bound = stands.is_party and allowed("offer.accept", actor.roles)
    if bound:
        _accept(offer, side, actor)
        turn(deal, side.other, Step.DECIDE)
    else:
        turn(deal, WaitsFor.BOTH, Step.DECIDE)
    record(actor, "offer.made", offer, number=offer.number, side=str(side), terms=terms_hash)
    tell(deal, "offer_made", actor=actor, offer=offer, bound=bound)
    return offer


def _speaking(stands: Standing) -> Side:
    if stands.speaks_for is None:
        raise NotPermitted(_("Your agency speaks for neither side: there is no mandate in force."))
    return stands.speaks_for


def _accept(offer: Offer, side: Side, actor: Acting) -> Acceptance:
    return Acceptance.objects.create(
        offer=offer,
        side=side,
        organisation=actor.organisation,
        accepted_by=actor.user,
        accepted_at=now(),
    )


def _on_the_table(deal: Deal, offer: Offer) -> Offer:
    """The same offer read under the deal's lock; raises Refused unless it is the version on the table."""
    standing = standing_offer(deal)
    if standing is None or standing.pk != offer.pk:
        raise Refused(_("This version is not on the table any more: it was withdrawn or replaced."))
    return standing


@transaction.atomic
def withdraw_offer(offer: Offer, *, actor: Acting) -> OfferWithdrawal:
    """Take an offer back while the other side has not accepted it; only for the side it was made for.

    Raises Refused when it is not on the table, TransitionRefused when the other side has accepted.
    """
    deal, stands = enter(offer.deal, actor=actor, permission="offer.make")
    if _speaking(stands) != offer.made_for:
        raise NotPermitted(_("Only the side that made an offer can withdraw it."))
    if not deal.is_open:
        raise TransitionRefused(current=deal.state, target="")
    offer = _on_the_table(deal, offer)
    side = Side(offer.made_for)
    if offer.acceptances.filter(side=side.other).exists():
        raise TransitionRefused(
            _("The other side has accepted this version; it can only be replaced by a new one.")
        )
    withdrawal = OfferWithdrawal.objects.create(offer=offer, withdrawn_by=actor.user, withdrawn_at=now())
    turn(deal, side, Step.OFFER)
    record(actor, "offer.withdrawn", offer, number=offer.number)
    tell(deal, "offer_withdrawn", actor=actor, offer=offer)
    return withdrawal


@transaction.atomic
def accept_offer(offer: Offer, *, actor: Acting) -> TermSheet | None:
    """Accept the version on the table for one's own side. The second acceptance makes the term sheet, which is
    returned; None while the other side has still to confirm its own offer.

    Only the parties accept, never an agency for its client. Raises Refused for a version that is superseded or
    withdrawn and while the listing is off the market: the term sheet copies what is published, and no contract can be
    drafted without. TransitionRefused for a second click and for a deal that is agreed or closed.
    """
    deal, stands = enter(offer.deal, actor=actor, permission="offer.accept")
    if not stands.is_party:
        raise NotPermitted(_("An agency cannot accept; its client does that itself."))
    check(deal.state, DealState.AGREED, NEXT)
    offer = _on_the_table(deal, offer)
    # Under the row's lock, so that it is not withdrawn while the term sheet copies it.
    if not Page.objects.select_for_update(no_key=True).get(pk=deal.listing_id).live:
        raise Refused(
            _("The listing is off the market. Terms can be accepted when the institution publishes it again.")
        )
    accepted = set(offer.acceptances.values_list("side", flat=True))
    if stands.side in accepted:
        raise TransitionRefused(_("Your side has accepted this version already."))
    _accept(offer, stands.side, actor)
    record(actor, "offer.accepted", offer, number=offer.number, side=str(stands.side))
    if accepted:
        return _agree(deal, offer, actor)
    waiting = stands.side.other
    turn(deal, waiting, Step.CONFIRM if waiting == offer.made_for else Step.DECIDE)
    tell(deal, "offer_accepted", actor=actor, offer=offer)
    return None


def _agree(deal: Deal, offer: Offer, actor: Acting) -> TermSheet:
    """Both sides have accepted one version: copy and seal what was agreed."""
    moment = now()
    snapshot = snapshot_of(deal)
    sheet = TermSheet.objects.create(
        deal=deal,
        offer=offer,
        terms=offer.terms,
        terms_hash=offer.terms_hash,
        snapshot=snapshot,
        hash=TermSheet.hash_of(number=deal.number, terms_hash=offer.terms_hash, snapshot=snapshot),
        agreed_at=moment,
    )
    contributors = contributors_of(deal.listing)
    ContributorAnnex.objects.create(
        term_sheet=sheet, content=contributors, hash=sealed(contributors), created_at=moment
    )
    deal.state, deal.agreed_at = DealState.AGREED, moment
    deal.save(update_fields=["state", "agreed_at"])
    turn(deal, WaitsFor.NOBODY, Step.CONTRACT)
    record(actor, "deal.agreed", deal, offer=offer.number, terms=offer.terms_hash, sheet=sheet.hash)
    tell(deal, "agreed", actor=actor, everybody=True, offer=offer)
    return sheet
