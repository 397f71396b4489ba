"""Keys for programs: list, make, revoke. For the organisation's administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from marketplace.organisations import api_keys as services
from marketplace.organisations.forms import ApiKeyForm
from marketplace.organisations.models import ApiKey
from marketplace.organisations.pages import member_page
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from marketplace.tables import export

PER_PAGE = 20
SORTS = {"name": "name", "made": "created_at", "used": "last_used_at", "revoked": "revoked_at"}
COLUMNS = [
    (lambda: _("Name"), "name"),
    (lambda: _("Begins with"), "hint"),
    (lambda: _("May do"), "scope_labels"),
    (lambda: _("Made on"), "created_at"),
    (lambda: _("Made by"), "created_by.email"),
    (lambda: _("Last used"), "last_used_at"),
    (lambda: _("Revoked"), "revoked_at"),
]


def _visible(request):
    if not request.acting.can("api_key.manage"):
        raise NotPermitted
    return ApiKey.objects.visible_to(request.acting).select_related("organisation", "created_by")


@member_page
def keys(request):
    rows = _visible(request)
    if (state := request.GET.get("state", "")) in ("in_force", "revoked"):
        rows = rows.filter(revoked_at__isnull=state == "in_force")
    sort = request.GET.get("sort", "-made")
    column = F(SORTS.get(sort.lstrip("-"), "created_at"))
    down = sort.startswith("-")
    rows = rows.order_by(column.desc(nulls_last=True) if down else column.asc(nulls_first=True), "pk")
    if "export" in request.GET:
        return export(request, "api-keys", [(head(), getter) for head, getter in COLUMNS], rows)
    context = {"page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")), "state": state}
    return render(request, "organisations/api_key_list.html", context)


@never_cache
@member_page
@sensitive_variables("key")
def create(request):
    """The answer to the form is the one page that ever shows the key; loading it again leads to the list."""
    _visible(request)
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, key = services.create_key(
                request.acting.organisation, actor=request.acting, **form.cleaned_data
            )
        except TransitionRefused as refusal:
            messages.warning(request, refusal.message)
            return redirect("api_keys")
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return render(
                request,
                "organisations/api_key_made.html",
                {"row": row, "key": key, "header": f"Authorization: Bearer {row.hint}…"},
            )
    return render(request, "organisations/api_key_new.html", {"form": form})


@require_POST
@member_page
def revoke(request, pk):
    services.revoke_key(get_object_or_404(_visible(request), pk=pk), actor=request.acting)
    messages.success(request, _("The key was revoked; programs that use it are refused from now on."))
    return redirect("api_keys")
