"""Pages that somebody saved to find them again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.bilingual import language
from marketplace.refusals import Refused
from marketplace.tables import export
from search import services
from search.analysis import clean
from search.facets import KINDS
from search.finding import hits
from search.models import SavedPage, SearchDocument
from search.viewer import viewer_of
from search.views.results import columns
from search.words import Query

PER_PAGE = 20
SORTS = {"saved": "saved_at", "title": "said", "free": "free_months", "trl": "trl"}


@login_required
@require_safe
def saved_pages(request: HttpRequest) -> HttpResponse:
    own = SavedPage.objects.visible_to(request.acting)
    viewer = viewer_of(request.acting)
    there = SearchDocument.objects.visible_to(viewer).filter(pk__in=own.values("page_id"))
    typed, kind = clean(request.GET.get("q", "")), request.GET.get("kind", "")
    rows = _sorted(request, _filtered(there, typed, kind), own)
    if "export" in request.GET:
        saved_on = (_("Saved on"), lambda document: document.saved_at.date())
        return export(request, "saved-pages", [*columns(request), saved_on], rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    on_page = list(page.object_list)
    found = {hit.document.pk: hit for hit in hits([(row.pk, 0.0) for row in on_page], Query(), viewer)}
    context = {
        "page": page,
        "rows": [(found[row.pk], row.saved_at) for row in on_page if row.pk in found],
        "gone": own.count() - there.count(),
        "q": typed,
        "kind": kind,
        "kinds": KINDS.items(),
        "filtered": typed or kind in KINDS,
    }
    return render(request, "search/saved_pages.html", context)


def _filtered(rows: QuerySet, typed: str, kind: str) -> QuerySet:
    if typed:
        names = ("title_zh", "title_en", "organisation_zh", "organisation_en", "code")
        rows = rows.filter(Q(*((f"{name}__icontains", typed) for name in names), _connector=Q.OR))
    return rows.filter(kind=kind) if kind in KINDS else rows


def _sorted(request: HttpRequest, rows: QuerySet, own: QuerySet) -> QuerySet:
    """The last saved first, unless asked otherwise; titles as the reader reads them."""
    first, second = ("title_en", "title_zh") if language() == "en" else ("title_zh", "title_en")
    since = own.filter(page_id=OuterRef("pk")).values("saved_at")[:1]
    rows = rows.annotate(
        saved_at=Subquery(since), said=Coalesce(NullIf(F(first), Value("", TextField())), F(second))
    )
    asked = request.GET.get("sort", "")
    sort = asked if asked.removeprefix("-") in SORTS else "-saved"
    column = F(SORTS[sort.removeprefix("-")])
    ordered = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return rows.defer("words", "characters", "source").order_by(ordered, "-pk")


@login_required
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    document = get_object_or_404(SearchDocument.objects.visible_to(viewer_of(request.acting)), pk=pk)
    try:
        services.save_page(document, actor=request.acting)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Saved. You find it again under Saved pages."))
    return redirect(document)


@login_required
@require_POST
def take_out(request: HttpRequest, pk: int) -> HttpResponse:
    services.take_out_page(pk, actor=request.acting)
    messages.success(request, _("Taken out of your saved pages."))
    return redirect("saved_pages")
