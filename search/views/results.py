"""The result page, its export, and what the search box offers while somebody types."""

from dataclasses import replace
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from marketplace.tables import FORMATS, Column, export
from search import suggesting
from search.analysis import clean
from search.facets import region_name
from search.finding import Results, find, listed
from search.forms import SaveForm
from search.params import SIZES, WINDOW, SearchParams
from search.viewer import viewer_of

SORTS = {
    "relevance": gettext_lazy("best match"),
    "newest": gettext_lazy("newest"),
    "trl": gettext_lazy("highest readiness"),
    "free": gettext_lazy("longest free period"),
}


class _Known(Paginator):
    """A pager over a list of which only the present page was fetched."""

    def __init__(self, results: Results):
        super().__init__(results.hits, results.params.size)
        self.count = min(results.total, WINDOW)

    def page(self, number) -> Page:
        return Page(self.object_list, number, self)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    params = SearchParams.from_query(request.GET)
    viewer = viewer_of(request.acting)
    if request.GET.get("export") in FORMATS:
        return export(request, "search", columns(request), listed(params, viewer, WINDOW))
    results = find(params, viewer)
    if not results.hits and results.total and params.page > 1:  # behind the last page: show that one
        last = -(-min(results.total, WINDOW) // params.size)
        results = find(replace(params, page=last), viewer)
    context = {
        "results": results,
        "params": results.params,
        "page": _Known(results).page(results.params.page),
        "sorts": SORTS,
        "sizes": SIZES,
        "kinds": results.params.chosen("kind"),
        "canonical": _address(results.params.canonical),
        "save_form": SaveForm(initial={"query": replace(params, page=1).to_query(), "name": _name(results)}),
        "may_post_need": request.acting.can("need.edit"),
        "need_url": f"{reverse('need_new')}?{urlencode({'title': params.q})}",
        "window": WINDOW,
    }
    return render(request, "search/results.html", context)


def _address(params: SearchParams) -> str:
    query = params.to_query()
    return f"{settings.SITE_URL}{reverse('search')}{'?' if query else ''}{query}"


def _name(results: Results) -> str:
    return " · ".join([*([results.params.q] if results.params.q else []), *(c.label for c in results.chips)])[
        :100
    ]


def columns(request: HttpRequest) -> list[Column]:
    """What is exported of documents."""
    return [
        (_("Number"), "code"),
        (_("Kind"), "get_kind_display"),
        (_("Title"), "title"),
        (_("Summary"), "summary"),
        (_("Institution"), "organisation"),
        (_("Technology readiness level"), "trl"),
        (_("Free period in months"), "free_months"),
        (_("Offer"), "offer"),
        (_("Region"), lambda document: region_name(document.region) if document.region else ""),
        (
            pgettext("page", "Published on"),
            lambda document: document.published_at and document.published_at.date(),
        ),
        (_("Address"), lambda document: request.build_absolute_uri(document.get_absolute_url())),
    ]


@require_safe
def suggest(request: HttpRequest) -> JsonResponse:
    """What the search box offers for what was typed so far; of public pages alone, so everybody gets the same."""
    typed = clean(request.GET.get("q", ""))[:60]
    address = reverse("search")
    found = [
        {"text": text, "url": f"{address}?{SearchParams(q=clean(text)).to_query()}"}
        for text in suggesting.suggest(typed)
    ]
    return JsonResponse({"suggestions": found}, headers={"Cache-Control": "public, max-age=60"})
