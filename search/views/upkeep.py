"""The health of the pipeline, for the operator."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from cms.models import ListingPage, NeedPage, ServicePage
from marketplace.celery import nudge
from marketplace.organisations.acting import permit
from search import services, tasks
from search.engines import breaker, client
from search.models import DocumentState, OutboxRow
from search.status import status

PER_PAGE = 50


@login_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    permit(request.acting, "search.keep", request.acting.organisation)
    dead = _page(request, "dead", OutboxRow.objects.filter(is_dead=True).order_by("id"))
    refused = _page(
        request, "refused", DocumentState.objects.to_push().exclude(push_error="").order_by("page_id")
    )
    _name([*dead, *refused], request.acting)
    context = {
        "status": status(),
        "dead": dead,
        "refused": refused,
        "elasticsearch": client.configured(),
        "open": client.configured() and breaker.is_open,
    }
    return render(request, "search/health.html", context)


def _page(request: HttpRequest, key: str, rows: QuerySet) -> Page:
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get(key))
    page.object_list = list(page.object_list)
    return page


def _name(rows, acting) -> None:
    """Give rows of pages what a person can read: title and address where they may see the page, else its number."""
    ids = {row.page_id for row in rows}
    found: dict[int, tuple[str, str]] = {}
    for model in (ListingPage, NeedPage, ServicePage):
        pages = model.objects.filter(pk__in=ids)
        found |= {pk: (code, "") for pk, code in pages.values_list("pk", "code")}
        found |= {page.pk: (page.name, page.get_absolute_url()) for page in pages.visible_to(acting)}
    for row in rows:
        row.title, row.url = found.get(row.page_id, (_("no longer there"), ""))


@login_required
@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    permit(request.acting, "search.keep", request.acting.organisation)
    number = services.retry_dead(actor=request.acting)
    nudge(tasks.drain_outbox)
    messages.success(
        request,
        ngettext("%(count)s change is tried again.", "%(count)s changes are tried again.", number)
        % {"count": number},
    )
    return redirect("search_health")
