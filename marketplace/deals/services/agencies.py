from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.deals.models import AgencyInvitation, Deal
from marketplace.deals.services.turns import tell, touch
from marketplace.deals.standing import enter
from marketplace.deals.states import INVITATION_NEXT, PARTIES, InvitationState
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members, permit
from marketplace.organisations.models import Mandate, Organisation
from marketplace.organisations.roles import Kind
from marketplace.refusals import NotPermitted, Refused, TransitionRefused, check


@transaction.atomic
def invite_agency(deal: Deal, *, actor: Acting, agency: Organisation) -> AgencyInvitation:
    """Propose an agency as third party (三方). The other side has to agree, because the agency will read the
    whole room; then the agency is asked and joins.

    Raises Refused when an agency takes part or is invited already, and for one that is not verified.
    """
    deal, stands = enter(deal, actor=actor, permission="deal.write")
    if not stands.is_party:
        raise NotPermitted(_("Only licensor and licensee can invite an agency."))
    if not deal.is_open:
        raise TransitionRefused(current=deal.state, target="")
    if deal.agency_id is not None:
        raise Refused(_("An agency takes part in this deal already."))
    if agency.kind != Kind.AGENCY or not agency.is_verified:
        raise Refused(_("Choose a verified technology transfer agency."))
    if deal.agency_invitations.filter(state__in=AgencyInvitation.OPEN).exists():
        raise Refused(_("An invitation is open already. Withdraw it first."))
    invitation = AgencyInvitation.objects.create(
        deal=deal, agency=agency, proposed_for=stands.side, proposed_by=actor.user, proposed_at=now()
    )
    touch(deal)
    record(actor, "deal.agency_proposed", deal, agency=agency.pk)
    tell(deal, "agency_proposed", actor=actor, agency=agency)
    return invitation


@transaction.atomic
def answer_agency(invitation: AgencyInvitation, *, actor: Acting, accepted: bool) -> AgencyInvitation:
    """The other side agrees to an invitation or declines it; after that the agency joins or declines.

    Joining, the agency speaks for the inviting side when it holds that side's mandate in force, otherwise for
    nobody. Raises TransitionRefused in a wrong state, NotPermitted for people of another party.
    """
    deal = Deal.objects.with_parties().select_for_update(of=("self",)).get(pk=invitation.deal_id)
    invitation = (
        AgencyInvitation.objects.select_related("agency")
        .select_for_update(of=("self",))
        .get(pk=invitation.pk)
    )
    if not deal.is_open:
        raise TransitionRefused(current=deal.state, target="")
    joining = actor.is_for(invitation.agency)
    if joining:
        for side in PARTIES:
            permit(actor, "deal.write", invitation.agency, against=deal.party(side))
    else:
        _deal, stands = enter(deal, actor=actor, permission="deal.write")
        if not stands.is_party or stands.side == invitation.proposed_for:
            raise NotPermitted(_("The other side answers this invitation."))
    agreed_state = InvitationState.JOINED if joining else InvitationState.AGREED
    target = agreed_state if accepted else InvitationState.DECLINED
    if not accepted and (invitation.state == InvitationState.AGREED) != joining:
        raise TransitionRefused(current=invitation.state, target=target)
    check(invitation.state, target, INVITATION_NEXT)
    invitation.state, invitation.answered_at, invitation.answered_by = target, now(), actor.user
    invitation.save(update_fields=["state", "answered_at", "answered_by"])
    if target == InvitationState.JOINED:
        deal.agency = invitation.agency
        deal.mandate = (
            Mandate.objects.in_force()
            .filter(agency=invitation.agency, client=deal.party(invitation.proposed_for))
            .first()
        )
        deal.save(update_fields=["agency", "mandate"])
    touch(deal)
    record(actor, f"deal.agency_{target.lower()}", deal, agency=invitation.agency_id)
    if target == InvitationState.AGREED:
        notify(
            members(invitation.agency, "deal.write"),
            "deals/agency_asked",
            path=deal.agency_url(),
            deal=deal,
        )
    tell(deal, "agency_answered", actor=actor, agency=invitation.agency, state=str(target))
    return invitation


@transaction.atomic
def withdraw_agency_invitation(invitation: AgencyInvitation, *, actor: Acting) -> AgencyInvitation:
    """The side that proposed an agency takes the invitation back before the agency joins."""
    deal, stands = enter(invitation.deal, actor=actor, permission="deal.write")
    invitation = AgencyInvitation.objects.select_for_update().get(pk=invitation.pk)
    if stands.side != invitation.proposed_for:
        raise NotPermitted(_("Only the side that invited can withdraw the invitation."))
    check(invitation.state, InvitationState.WITHDRAWN, INVITATION_NEXT)
    invitation.state, invitation.answered_at = InvitationState.WITHDRAWN, now()
    invitation.answered_by = actor.user
    invitation.save(update_fields=["state", "answered_at", "answered_by"])
    touch(deal)
    record(actor, "deal.agency_withdrawn", deal, agency=invitation.agency_id)
    return invitation
