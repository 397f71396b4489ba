"""Saved searches of a person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, F
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.tables import Column, export
from search import services
from search.facets import Names, chips
from search.forms import SaveForm
from search.models import Frequency, SavedSearch
from search.params import SearchParams

SORTS = {"name": "name", "saved": "id", "found": "found", "last": "last_hit_at"}


@login_required
@require_safe
def saved_searches(request: HttpRequest) -> HttpResponse:
    searches = SavedSearch.objects.visible_to(request.acting).annotate(found=Count("hits"))
    typed, frequency = request.GET.get("q", ""), request.GET.get("frequency", "")
    if typed:
        searches = searches.filter(name__icontains=typed)
    if frequency in Frequency.values:
        searches = searches.filter(frequency=frequency)
    sort = request.GET.get("sort", "-saved")
    column = F(SORTS.get(sort.removeprefix("-"), "id"))
    down = sort.startswith("-")
    searches = searches.order_by(column.desc(nulls_last=True) if down else column.asc(), "-id")
    if "export" in request.GET:
        return export(request, "saved-searches", _columns(request), searches)
    page = Paginator(searches, 20).get_page(request.GET.get("page"))
    params = {search.pk: SearchParams.from_query(QueryDict(search.query)) for search in page}
    wanted = {name: {v: 0 for p in params.values() for v in p.chosen(name)} for name in ("field", "institution", "programme")}  # fmt: skip
    names = Names.read(wanted, SearchParams())
    rows = [(search, params[search.pk], chips(params[search.pk], names)) for search in page]
    context = {"page": page, "rows": rows, "frequencies": Frequency.choices, "filtered": typed or frequency}
    return render(request, "search/saved_list.html", context)


def _columns(request: HttpRequest) -> list[Column]:
    return [
        (_("Name"), "name"),
        (_("Tell me about new hits"), "get_frequency_display"),
        (_("Saved on"), "created_at"),
        (_("Hits so far"), "found"),
        (_("Last new hit on"), "last_hit_at"),
        (_("Address"), lambda row: request.build_absolute_uri(row.get_absolute_url())),
    ]


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    form = SaveForm(request.POST)
    if not form.is_valid():
        return render(request, "search/saved_form.html", {"form": form}, status=422)
    data = form.cleaned_data
    services.save_search(
        actor=request.acting, query=data["query"], name=data["name"], frequency=data["frequency"]
    )
    messages.success(request, _("The search is saved."))
    return redirect("saved_searches")


@login_required
@require_POST
def frequency(request: HttpRequest, pk: int) -> HttpResponse:
    search = get_object_or_404(SavedSearch.objects.visible_to(request.acting), pk=pk)
    wanted = request.POST.get("frequency")
    if wanted not in Frequency.values:
        messages.error(request, _("Choose when you want to be told."))
    else:
        services.set_frequency(search, actor=request.acting, frequency=wanted)
        messages.success(request, _("Saved."))
    return redirect("saved_searches")


@csrf_exempt  # mail programs post here by themselves (RFC 8058); whoever holds the signed link may
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The way out of a letter, without signing in. Opening the link changes nothing: programs open links, too."""
    try:
        search = services.stopped_by(token)
        if request.method == "POST":
            search = services.stop_alerts(token)
    except SavedSearch.DoesNotExist:
        raise Http404 from None
    response = render(
        request, "search/saved_stop.html", {"search": search, "is_off": search.frequency == Frequency.NEVER}
    )
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    search = get_object_or_404(SavedSearch.objects.visible_to(request.acting), pk=pk)
    services.delete_search(search, actor=request.acting)
    messages.success(request, _("The saved search is deleted."))
    return redirect("saved_searches")
