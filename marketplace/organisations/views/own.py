"""An organisation looks after itself: registration, facts, and whom a person acts for."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.fields import row_number
from marketplace.organisations import services
from marketplace.organisations.forms import RegisterForm, SettingsForm
from marketplace.organisations.middleware import SESSION_KEY
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.pages import member_page
from marketplace.organisations.regions import region_name
from marketplace.refusals import NotPermitted, Refused


@login_required
def register(request):
    form = RegisterForm(request.POST or None, initial={"contact_email": request.user.email})
    if request.method == "POST" and form.is_valid():
        try:
            organisation = services.register_organisation(user=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("credit_code", refusal.message)
        else:
            request.session[SESSION_KEY] = organisation.pk
            messages.success(
                request, _("Registered. The operator verifies it; you can prepare drafts meanwhile.")
            )
            return redirect("organisation_settings")
    return render(request, "organisations/organisation_register.html", {"form": form})


@require_safe
def detail(request, slug):
    organisation = get_object_or_404(Organisation.objects.visible_to(request.acting), slug=slug)
    context = {
        "organisation": organisation,
        "region": region_name(organisation.region),
        "other_name": organisation.name_en if organisation.name == organisation.name_zh else organisation.name_zh,
    }  # fmt: skip
    return render(request, "organisations/organisation_detail.html", context)


@member_page
def edit(request):
    organisation = Organisation.objects.get(pk=request.acting.organisation.pk)
    may_manage = request.acting.can("organisation.manage")
    form = SettingsForm(request.POST or None, instance=organisation) if may_manage else None
    if request.method == "POST":
        if form is None:
            raise NotPermitted
        if form.is_valid():
            try:
                services.update_organisation(organisation, actor=request.acting, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Saved."))
                return redirect("organisation_settings")
    shown = request.acting.organisation
    context = {"organisation": shown, "form": form, "region": region_name(shown.region)}
    return render(request, "organisations/organisation_edit.html", context)


@require_POST
@member_page
def resubmit(request):
    services.resubmit_organisation(request.acting.organisation, actor=request.acting)
    messages.success(request, _("Asked again. The operator looks at your organisation once more."))
    return redirect("organisation_settings")


@require_POST
@login_required
def act_for(request):
    """Choose the organisation to act for; back to `next` where it is an address of ours."""
    wanted = row_number(request.POST.get("organisation", ""))
    membership = get_object_or_404(Membership, user=request.user, organisation_id=wanted)
    request.session[SESSION_KEY] = membership.organisation_id
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = resolve_url(settings.LOGIN_REDIRECT_URL)
    return redirect(target)
