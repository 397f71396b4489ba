"""The agency as third party, and what it is paid: pages that only those see whom they concern."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace.deals import services
from marketplace.deals.forms.room import AgencyForm, CommissionForm
from marketplace.deals.models import AgencyInvitation, CommissionTerm, Deal
from marketplace.deals.standing import standing
from marketplace.deals.states import DealState
from marketplace.deals.views.finding import find
from marketplace.refusals import Refused


def _find_invitation(request: HttpRequest, number: str) -> AgencyInvitation:
    """An open invitation: for both parties, and for the invited agency once both agree."""
    acting = request.acting
    invitation = get_object_or_404(
        AgencyInvitation.objects.filter(state__in=AgencyInvitation.OPEN).select_related(
            "agency", "deal__listing", "deal__licensor", "deal__licensee"
        ),
        deal__number=number,
    )
    if not acting.can("deal.read"):
        raise Http404
    invited = acting.is_for(invitation.agency) and invitation.state == "AGREED"
    if not invited and standing(invitation.deal, acting) is None:
        raise Http404
    return invitation


@login_required
def agency(request: HttpRequest, number: str) -> HttpResponse:
    """Invite an agency; or see the invitation that is open, with what one can answer."""
    deal = Deal.objects.visible_to(request.acting).with_parties().filter(number=number).first()
    open_invitations = AgencyInvitation.objects.filter(deal__number=number, state__in=AgencyInvitation.OPEN)
    if deal is None or open_invitations.exists():
        invitation = _find_invitation(request, number)
        acting = request.acting
        stands = standing(invitation.deal, acting)
        context = {
            "deal": invitation.deal,
            "invitation": invitation,
            "invited": acting.is_for(invitation.agency),
            "proposer": stands is not None and stands.side == invitation.proposed_for,
            "may_write": acting.can("deal.write"),
        }
        return render(request, "deals/agency_invitation.html", context)
    stands = standing(deal, request.acting)
    if not stands.is_party or not deal.is_open or deal.agency_id or not request.acting.can("deal.write"):
        raise Http404
    form = AgencyForm(request.POST or None, deal=deal)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite_agency(deal, actor=request.acting, agency=form.cleaned_data["agency"])
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The other side is asked whether it agrees."))
            return redirect(deal)
    return render(request, "deals/agency_invite.html", {"deal": deal, "form": form})


@login_required
@require_POST
def agency_answer(request: HttpRequest, number: str) -> HttpResponse:
    invitation = _find_invitation(request, number)
    accepted = request.POST.get("accepted") == "1"
    services.answer_agency(invitation, actor=request.acting, accepted=accepted)
    messages.success(request, _("Your answer is noted, and the others are told."))
    if request.acting.is_for(invitation.agency) and not accepted:
        return redirect("deals")
    return redirect(invitation.deal)


@login_required
@require_POST
def agency_withdraw(request: HttpRequest, number: str) -> HttpResponse:
    invitation = _find_invitation(request, number)
    services.withdraw_agency_invitation(invitation, actor=request.acting)
    messages.success(request, _("The invitation is withdrawn."))
    return redirect(invitation.deal)


@login_required
def commission(request: HttpRequest, number: str) -> HttpResponse:
    """Propose a commission, as agency or as the side that pays."""
    deal, stands = find(request, number)
    allowed = request.acting.can("deal.write") and (stands.is_agency or request.acting.can("offer.make"))
    if deal.agency_id is None or deal.state == DealState.CLOSED or not allowed:
        raise Http404
    form = CommissionForm(request.POST or None, side=stands.side)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose_commission(deal, actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The commission is proposed. Only agency and payer can read it."))
            return redirect(deal)
    return render(request, "deals/commission_form.html", {"deal": deal, "form": form, "stands": stands})


@login_required
@require_POST
def commission_answer(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    deal, _stands = find(request, number)
    term = get_object_or_404(CommissionTerm.objects.visible_to(request.acting), deal=deal, pk=pk)
    if request.POST.get("accepted") == "1":
        services.agree_commission(term, actor=request.acting)
        messages.success(request, _("The commission is agreed."))
    else:
        services.decline_commission(term, actor=request.acting)
        messages.success(request, _("The proposal is declined."))
    return redirect(deal)
