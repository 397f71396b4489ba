"""Saved searches of a person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from search import services
from search.facets import Names, chips
from search.forms import SaveForm
from search.models import Frequency, SavedSearch
from search.params import SearchParams


@login_required
@require_safe
def saved_searches(request: HttpRequest) -> HttpResponse:
    searches = SavedSearch.objects.visible_to(request.acting).annotate(found=Count("hits")).order_by("-id")
    page = Paginator(searches, 20).get_page(request.GET.get("page"))
    params = {search.pk: SearchParams.from_query(QueryDict(search.query)) for search in page}
    wanted = {name: {v: 0 for p in params.values() for v in p.chosen(name)} for name in ("field", "institution", "programme")}  # fmt: skip
    names = Names.read(wanted, SearchParams())
    rows = [(search, params[search.pk], chips(params[search.pk], names)) for search in page]
    return render(
        request, "search/saved_list.html", {"page": page, "rows": rows, "frequencies": Frequency.choices}
    )


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
