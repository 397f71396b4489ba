"""The people of an organisation: list, roles, invitations."""

from allauth.core import ratelimit
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from marketplace.organisations import services
from marketplace.organisations.forms import InviteForm, RolesForm
from marketplace.organisations.middleware import SESSION_KEY
from marketplace.organisations.models import Invitation, Membership
from marketplace.organisations.pages import member_page
from marketplace.organisations.roles import ROLES_OF_KIND, Role
from marketplace.refusals import NotPermitted, Refused
from marketplace.tables import export

PER_PAGE = 20
SORTS = {"name": "user__name", "email": "user__email", "since": "since"}
COLUMNS = [
    ("user.name", lambda: _("Name")),
    ("user.email", lambda: _("E-mail address")),
    ("role_labels", lambda: _("Roles")),
    ("since", lambda: _("Member since")),
]
INVITATION_IN_SESSION = "invitation"


def _needs_manager(request) -> None:
    if not request.acting.can("organisation.manage"):
        raise NotPermitted


@member_page
def members(request):
    """Every member sees their colleagues; an administrator may change what they see."""
    organisation = request.acting.organisation
    role = request.GET.get("role", "")
    sort = request.GET.get("sort", "name")
    rows = Membership.objects.visible_to(request.acting).select_related("user", "organisation")
    if role in Role.values:
        rows = rows.filter(roles__contains=[role])
    column = SORTS.get(sort.removeprefix("-"), "user__name")
    rows = rows.order_by(("-" if sort.startswith("-") else "") + column, "pk")
    if "export" in request.GET:
        return export(request, "members", [(head(), getter) for getter, head in COLUMNS], rows)
    may_manage = request.acting.can("organisation.manage")
    invitations = Invitation.objects.visible_to(request.acting).filter(accepted_at=None, withdrawn_at=None)
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_manage": may_manage,
        "invitations": invitations.select_related("invited_by") if may_manage else [],
        "roles": [(r.value, r.label) for r in ROLES_OF_KIND[organisation.kind]],
        "role": role,
    }
    return render(request, "organisations/member_list.html", context)


@member_page
def change_roles(request, pk):
    _needs_manager(request)
    queryset = Membership.objects.visible_to(request.acting).select_related("user", "organisation")
    membership = get_object_or_404(queryset, pk=pk)
    form = RolesForm(
        request.POST or None, organisation=membership.organisation, initial={"roles": membership.roles}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change_roles(membership, actor=request.acting, roles=form.cleaned_data["roles"])
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Roles changed."))
            return redirect("members")
    return render(request, "organisations/member_roles.html", {"form": form, "membership": membership})


@require_POST
@member_page
def remove(request, pk):
    membership = get_object_or_404(
        Membership.objects.visible_to(request.acting).select_related("organisation"), pk=pk
    )
    services.remove_member(membership, actor=request.acting)
    messages.success(request, _("Removed. What the person did stays in the history."))
    return redirect("members")


@member_page
def invite(request):
    _needs_manager(request)
    organisation = request.acting.organisation
    form = InviteForm(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="invitation", user=request.user):
            form.add_error(None, _("You sent very many invitations. Try again in an hour."))
            return render(request, "organisations/invitation_new.html", {"form": form}, status=429)
        try:
            services.invite_member(organisation, actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("email", refusal.message)
        else:
            messages.success(
                request, _("Invitation sent to %(email)s.") % {"email": form.cleaned_data["email"]}
            )
            return redirect("members")
    return render(request, "organisations/invitation_new.html", {"form": form})


@require_POST
@member_page
def withdraw(request, pk):
    invitation = get_object_or_404(
        Invitation.objects.visible_to(request.acting).select_related("organisation"), pk=pk
    )
    services.withdraw_invitation(invitation, actor=request.acting)
    messages.success(request, _("Invitation withdrawn; its link no longer works."))
    return redirect("members")


@never_cache
@sensitive_variables("token")
def invitation(request, token):
    """Who invites to what; signs in or up first, then joins."""
    found = services.find_invitation(token)
    if found is None:
        request.session.pop(INVITATION_IN_SESSION, None)
        return render(request, "organisations/invitation_gone.html", status=410)
    user = request.user
    if not user.is_authenticated:
        request.session[INVITATION_IN_SESSION] = token  # sign-in and confirmed e-mail lead back here
    elif request.method == "POST":
        membership = services.accept_invitation(token, user=user)
        request.session.pop(INVITATION_IN_SESSION, None)
        request.session[SESSION_KEY] = membership.organisation_id
        messages.success(request, _("You are a member of %(name)s now.") % {"name": found.organisation.name})
        return redirect("desk")
    else:
        request.session.pop(INVITATION_IN_SESSION, None)
    context = {
        "invitation": found,
        "token": token,
        "is_for_me": user.is_authenticated and user.email.lower() == found.email.lower(),
    }
    return render(request, "organisations/invitation_detail.html", context)
