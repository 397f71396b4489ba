"""Asking about a listing. A visitor who has to sign in first, or whose organisation is not verified yet, finds
the text again afterwards: it waits in the session."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from cms.models import ListingPage
from marketplace.deals import services
from marketplace.deals.forms.room import EnquiryForm
from marketplace.deals.states import Purpose
from marketplace.organisations.models import Mandate, Organisation
from marketplace.organisations.roles import Kind
from marketplace.refusals import Refused

KEPT = "kept_enquiries"
MOST_KEPT = 5


def clients_of(agency: Organisation):
    """Enterprises for which an agency may ask today."""
    clients = Mandate.objects.in_force().filter(agency=agency).values("client")
    return Organisation.objects.verified().filter(pk__in=clients, kind=Kind.ENTERPRISE)


def obstacle(listing: ListingPage, acting) -> str:
    """Why this visitor cannot ask yet: a code for the page, or "" when nothing is in the way."""
    organisation = acting.organisation
    if acting.user is None:
        return "anonymous"
    if organisation is None:
        return "no_organisation"
    if acting.is_for(listing.organisation):
        return "own"
    if organisation.kind not in (Kind.ENTERPRISE, Kind.AGENCY):
        return "wrong_kind"
    if not organisation.is_verified:
        return "unverified"
    return "" if services.may_enquire(listing, acting) else "role"


def form_for(request: HttpRequest, listing: ListingPage, why: str, data=None) -> EnquiryForm:
    acting = request.acting
    broker = not why and acting.organisation.kind == Kind.AGENCY
    clients = clients_of(acting.organisation) if broker else None
    kept = request.session.get(KEPT, {}).get(listing.code, {})
    initial = {"purpose": Purpose.TRIAL} if request.GET.get("purpose") == Purpose.TRIAL else {}
    return EnquiryForm(data, clients=clients, initial={**initial, **kept})


def enquire(request: HttpRequest, code: str) -> HttpResponse:
    listing = get_object_or_404(
        ListingPage.objects.visible_to(request.acting).filter(live=True).select_related("organisation"),
        code=code,
    )
    why = obstacle(listing, request.acting)
    form = form_for(request, listing, why, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if why:
            _keep(request, listing, form)
            if why == "anonymous":
                query = urlencode({"next": reverse("enquire", args=[listing.code])})
                return redirect(f"{reverse('account_login')}?{query}")
        else:
            answer = _send(request, listing, form)
            if answer is not None:
                return answer
    context = {"listing": listing, "form": form, "why": why, "deal": None}
    if not why and request.acting.organisation.kind == Kind.ENTERPRISE:
        context["deal"] = services.find_open_deal(listing, request.acting.organisation)
    context["kept"] = bool(why and request.session.get(KEPT, {}).get(listing.code))
    return render(request, "deals/enquiry_form.html", context)


def _keep(request: HttpRequest, listing: ListingPage, form: EnquiryForm) -> None:
    kept = dict(request.session.get(KEPT, {}))
    kept.pop(listing.code, None)
    kept[listing.code] = {
        "message": form.cleaned_data["message"],
        "purpose": form.cleaned_data["purpose"],
    }
    request.session[KEPT] = dict(list(kept.items())[-MOST_KEPT:])


def _send(request: HttpRequest, listing: ListingPage, form: EnquiryForm) -> HttpResponse | None:
    cleaned = form.cleaned_data
    try:
        deal = services.open_enquiry(
            listing,
            actor=request.acting,
            message=cleaned["message"],
            purpose=cleaned["purpose"],
            on_behalf_of=cleaned.get("on_behalf_of"),
            token=cleaned["token"],
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None
    kept = dict(request.session.get(KEPT, {}))
    if kept.pop(listing.code, None) is not None:
        request.session[KEPT] = kept
    messages.success(request, _("Sent. The institution is told, and its answer comes here."))
    return redirect(deal)
