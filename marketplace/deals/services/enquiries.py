from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from cms.models import ListingPage
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.deals.models import Deal, DealSeries, RoomMessage
from marketplace.deals.services.room import MAX_MESSAGE, cleaned, say
from marketplace.deals.services.turns import tell, turn
from marketplace.deals.standing import enter
from marketplace.deals.states import DealState, Purpose, Side, Step, WaitsFor
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import Mandate, Organisation
from marketplace.organisations.roles import Kind
from marketplace.refusals import NotPermitted, Refused


def may_enquire(listing: ListingPage, acting: Acting) -> bool:
    """Whether the panel of a listing offers the form: kind, role and verification fit, and it is not one's own."""
    return (
        acting.can("enquiry.open")
        and acting.organisation.kind in (Kind.ENTERPRISE, Kind.AGENCY)
        and not acting.is_for(listing.organisation)
    )


def find_open_deal(listing: ListingPage, licensee: Organisation) -> Deal | None:
    """The deal in which this pair already negotiates about this listing."""
    return (
        Deal.objects.with_parties()
        .filter(listing=listing, licensor=listing.organisation_id, licensee=licensee.pk, state=DealState.OPEN)
        .first()
    )


@transaction.atomic
def open_enquiry(
    listing: ListingPage,
    *,
    actor: Acting,
    message: str,
    on_behalf_of: Organisation | None = None,
    purpose: str = Purpose.QUESTION,
    token: UUID | None = None,
    was_proposed: bool = False,
) -> Deal:
    """An enterprise, or a broker for a client with a mandate in force, asks about a listing or for a trial.

    Opens a deal with its room; where the pair already negotiates about this listing, the message goes into that
    deal. `token` identifies the form that was sent: sent twice, the message stands once.
    `was_proposed`: the licensor proposed the listing in answer to a need; its letter says so.
    Raises NotPermitted for the wrong kind, role or mandate and for people of both sides; Refused for a listing
    that is not published and for an empty message.
    """
    text = cleaned(message, MAX_MESSAGE)
    licensee, mandate = _asking_party(listing, actor, on_behalf_of)
    if not ListingPage.objects.visible_to(actor).filter(pk=listing.pk, live=True).exists():
        raise Refused(_("This listing is not published any more, so nobody can be asked about it."))
    if not listing.organisation.is_verified:
        raise Refused(_("The institution behind this listing is not verified at present."))
    deal = find_open_deal(listing, licensee)
    if deal is None:
        # All openings of a year queue here, so two of the same pair cannot both find nothing.
        DealSeries.objects.get_or_create(year=today().year)
        series = DealSeries.objects.select_for_update().get(year=today().year)
        deal = find_open_deal(listing, licensee) or _open(listing, licensee, mandate, actor, series)
    deal, stands = enter(_with_agent(deal, mandate, actor), actor=actor, permission="enquiry.open")
    if token and RoomMessage.objects.filter(deal=deal, token=token).exists():
        return deal
    if purpose == Purpose.TRIAL and deal.trial_requested_at is None:
        deal.trial_requested_at = now()
        deal.save(update_fields=["trial_requested_at"])
    said = say(deal, stands, actor=actor, text=text, purpose=purpose, token=token or uuid4())
    if deal.waits_for != WaitsFor.LICENSOR and not deal.offers.exists():
        turn(deal, WaitsFor.LICENSOR, Step.ANSWER)
    wants_trial = purpose == Purpose.TRIAL
    tell(deal, "enquiry", actor=actor, message=said, wants_trial=wants_trial, was_proposed=was_proposed)
    return deal


def _asking_party(
    listing: ListingPage, actor: Acting, on_behalf_of: Organisation | None
) -> tuple[Organisation, Mandate | None]:
    """Who would become licensee, and by which mandate."""
    organisation = actor.organisation
    if organisation is None or organisation.kind not in (Kind.ENTERPRISE, Kind.AGENCY):
        raise NotPermitted(_("Enterprises ask about listings, or agencies for an enterprise."))
    permit(actor, "enquiry.open", organisation, against=listing.organisation)
    if organisation.kind == Kind.ENTERPRISE:
        return organisation, None
    if on_behalf_of is None:
        raise Refused(_("Choose the client for whom you ask."))
    mandate = Mandate.objects.in_force().filter(agency=organisation, client=on_behalf_of).first()
    if mandate is None:
        raise NotPermitted(_("Your agency has no mandate in force from this client."))
    if on_behalf_of.kind != Kind.ENTERPRISE or not on_behalf_of.is_verified:
        raise NotPermitted(_("Only a verified enterprise can become licensee."))
    if Mandate.objects.in_force().filter(agency=organisation, client=listing.organisation).exists():
        raise NotPermitted(
            _("Your agency holds a mandate of the licensor as well; it cannot speak for both sides.")
        )
    return on_behalf_of, mandate


def _open(
    listing: ListingPage,
    licensee: Organisation,
    mandate: Mandate | None,
    actor: Acting,
    series: DealSeries,
) -> Deal:
    series.last += 1
    series.save(update_fields=["last"])
    deal = Deal.objects.create(
        number=f"D-{series.year}-{series.last:06d}",
        listing=listing,
        title_zh=listing.title_zh,
        title_en=listing.title_en,
        licensor=listing.organisation,
        licensee=licensee,
        agency=mandate.agency if mandate else None,
        mandate=mandate,
        opened_by=actor.user,
        opened_at=now(),
        waiting_since=now(),
        last_activity_at=now(),
    )
    record(actor, "deal.opened", deal, listing=listing.pk, licensee=licensee.pk)
    return deal


def _with_agent(deal: Deal, mandate: Mandate | None, actor: Acting) -> Deal:
    """A broker who asks for a client that negotiates already steps in at the client's side."""
    if mandate is None or deal.agency_id == mandate.agency_id:
        return deal
    deal = Deal.objects.with_parties().select_for_update(of=("self",)).get(pk=deal.pk)
    if deal.agency_id is not None:
        raise Refused(_("Your client already negotiates about this listing together with another agency."))
    deal.agency, deal.mandate = mandate.agency, mandate
    deal.save(update_fields=["agency", "mandate"])
    record(actor, "deal.agency_joined", deal, agency=mandate.agency_id, side=str(Side.LICENSEE))
    return deal
