"""What the operator keeps: words that mean the same, and the health of the pipeline."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.celery import nudge
from marketplace.organisations.acting import permit
from search import services, tasks
from search.engines import breaker, client
from search.forms import SynonymForm
from search.indexing import waiting
from search.models import DocumentState, OutboxRow, SearchDocument, SynonymSet


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def synonyms(request: HttpRequest) -> HttpResponse:
    permit(request.acting, "search.keep", request.acting.organisation)
    form = SynonymForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.add_synonyms(form.cleaned_data["words"], actor=request.acting)
        messages.success(request, _("Added. It holds from the next search on."))
        return redirect("synonyms")
    page = Paginator(SynonymSet.objects.select_related("created_by"), 50).get_page(request.GET.get("page"))
    status = 422 if form.is_bound else 200
    return render(request, "search/synonym_list.html", {"form": form, "page": page}, status=status)


@login_required
@require_POST
def synonyms_remove(request: HttpRequest, pk: int) -> HttpResponse:
    permit(request.acting, "search.keep", request.acting.organisation)
    found = get_object_or_404(SynonymSet, pk=pk)
    services.remove_synonyms(found, actor=request.acting)
    messages.success(request, _("Removed."))
    return redirect("synonyms")


@login_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    permit(request.acting, "search.keep", request.acting.organisation)
    context = {
        "waiting": waiting(),
        "documents": SearchDocument.objects.count(),
        "dead": OutboxRow.objects.filter(is_dead=True).order_by("id")[:50],
        "refused": DocumentState.objects.to_push().exclude(push_error="").order_by("page_id")[:50],
        "elasticsearch": client.configured(),
        "open": client.configured() and breaker.is_open,
    }
    return render(request, "search/health.html", context)


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
