"""The result page, its export, and what the search box offers while somebody types."""

from dataclasses import replace

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from marketplace.tables import FORMATS, export
from search import suggesting
from search.analysis import clean
from search.facets import region_name
from search.finding import Hit, Results, find
from search.forms import SaveForm
from search.params import SIZES, WINDOW, SearchParams
from search.viewer import viewer_of

EXPORTED = 1_000
SORTS = {
    "relevance": gettext_lazy("best match"),
    "newest": gettext_lazy("newest"),
    "trl": gettext_lazy("highest readiness"),
    "free": gettext_lazy("longest free period"),
}
PARTS = {
    "title": gettext_lazy("title"),
    "summary": gettext_lazy("summary"),
    "keywords": gettext_lazy("keywords"),
    "description": gettext_lazy("description"),
    "institution": gettext_lazy("institution"),
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
        return _export(request, find(replace(params, page=1, size=EXPORTED), viewer))
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
        "parts": PARTS,
        "save_form": SaveForm(initial={"query": replace(params, page=1).to_query(), "name": _name(results)}),
        "may_post_need": request.acting.can("need.edit"),
        "window": WINDOW,
    }
    return render(request, "search/results.html", context)


def _name(results: Results) -> str:
    return " · ".join([*([results.params.q] if results.params.q else []), *(c.label for c in results.chips)])[
        :100
    ]


def _export(request: HttpRequest, results: Results) -> HttpResponse:
    columns = [
        (_("Number"), "document.code"),
        (_("Kind"), "document.get_kind_display"),
        (_("Title"), "document.title"),
        (_("Summary"), "document.summary"),
        (_("Institution"), "document.organisation"),
        (_("Technology readiness level"), "document.trl"),
        (_("Free period in months"), "document.free_months"),
        (_("Offer"), "document.offer"),
        (_("Region"), lambda hit: region_name(hit.document.region) if hit.document.region else ""),
        (_("Published on"), lambda hit: hit.document.published_at and hit.document.published_at.date()),
        (_("Address"), lambda hit: request.build_absolute_uri(hit.document.get_absolute_url())),
    ]
    rows: list[Hit] = list(results.hits)
    return export(request, "search", columns, rows)


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
