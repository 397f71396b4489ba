"""The health of the pipeline, for the operator."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.celery import nudge
from marketplace.organisations.acting import permit
from search import services, tasks
from search.engines import breaker, client
from search.models import DocumentState, OutboxRow
from search.status import status


@login_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    permit(request.acting, "search.keep", request.acting.organisation)
    context = {
        "status": status(),
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
