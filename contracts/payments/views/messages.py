"""What a licensor's payment provider told us: every message, what became of it, and another try for what was given up."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from contracts.payments.gateways.hearing import retry_messages
from contracts.payments.gateways.models import WebhookEvent
from marketplace import tables
from marketplace.organisations.acting import permit
from marketplace.organisations.pages import member_page

PER_PAGE = 20
SORTS = {"received_at", "kind", "attempts", "handled_at"}
State = WebhookEvent.State


@never_cache
@require_safe
@member_page
def gateway_messages(request):
    permit(request.acting, "account.edit", request.acting.organisation)
    found = WebhookEvent.objects.visible_to(request.acting).select_related("account").defer("payload")
    query = request.GET.get("q", "").strip()
    if query:
        found = found.filter(
            Q(kind__icontains=query) | Q(object_id__icontains=query) | Q(event_id__icontains=query)
        )
    counts = found.aggregate(
        **{state: Count("pk", filter=WebhookEvent.objects.condition(state)) for state in State.values}
    )
    state = request.GET.get("state", "")
    if state in State.values:
        found = found.in_state(state)
    sort = request.GET.get("sort", "")
    found = found.order_by(sort if sort.lstrip("-") in SORTS else "-received_at", "-pk")
    if request.GET.get("export"):
        columns = [
            (_("Received"), "received_at"),
            (_("Kind"), "kind"),
            (_("About"), "object_id"),
            (_("Number at Stripe"), "event_id"),
            (_("State"), "state.label"),
            (_("Attempts"), "attempts"),
            (_("Handled"), "handled_at"),
            (_("What went wrong"), "problem_words"),
        ]
        return tables.export(request, "stripe-messages", columns, found)
    context = {
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "states": [(each.value, each.label, counts[each.value]) for each in State],
        "all": sum(counts.values()),
        "given_up": counts[State.GIVEN_UP],
        "state": state,
        "query": query,
    }
    return render(request, "contracts/payments/gateway_messages.html", context)


@require_POST
@member_page
def gateway_messages_retry(request):
    number = retry_messages(actor=request.acting, organisation=request.acting.organisation)
    messages.success(request, retried(number))
    return redirect("gateway_messages")


def retried(number: int) -> str:
    return ngettext("%(count)s message is tried again.", "%(count)s messages are tried again.", number) % {
        "count": number
    }
