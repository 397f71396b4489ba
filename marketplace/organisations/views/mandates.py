from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from marketplace.clock import today
from marketplace.organisations import mandates as services
from marketplace.organisations.forms import MandateForm
from marketplace.organisations.models import Mandate, MandateState
from marketplace.organisations.pages import member_page
from marketplace.organisations.roles import Kind
from marketplace.refusals import NotPermitted, Refused
from marketplace.tables import export

PER_PAGE = 20
SORTS = {"from": "valid_from", "to": "valid_to", "state": "state"}


@member_page
def mandates(request):
    acting = request.acting
    rows = Mandate.objects.visible_to(acting).select_related("agency", "client", "proposed_by")
    state = request.GET.get("state", "")
    if state in MandateState.values:
        rows = rows.filter(state=state)
    sort = request.GET.get("sort", "")
    column = SORTS.get(sort.removeprefix("-"))
    rows = rows.order_by(("-" if sort.startswith("-") else "") + column, "-pk") if column else rows
    if "export" in request.GET:
        columns = [
            (_("Agency"), "agency.name"),
            (_("Client"), "client.name"),
            (_("State"), "get_state_display"),
            (_("Purpose"), "purpose"),
            (_("Valid from"), "valid_from"),
            (_("Valid to"), "valid_to"),
        ]
        return export(request, "mandates", columns, rows)
    is_agency = acting.organisation.kind == Kind.AGENCY
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "is_agency": is_agency,
        "may_propose": is_agency and acting.can("mandate.propose"),
        "may_answer": not is_agency and acting.can("mandate.answer"),
        "may_end": acting.can("mandate.propose" if is_agency else "mandate.answer"),
        "states": MandateState.choices,
        "state": state,
        "today": today(),
    }
    return render(request, "organisations/mandate_list.html", context)


@member_page
def propose(request):
    acting = request.acting
    if acting.organisation.kind != Kind.AGENCY or not acting.can("mandate.propose"):
        raise NotPermitted
    form = MandateForm(request.POST or None, agency=acting.organisation)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose_mandate(actor=acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Proposed. The client is told and answers."))
            return redirect("mandates")
    return render(request, "organisations/mandate_new.html", {"form": form})


def _found(request, pk) -> Mandate:
    rows = Mandate.objects.visible_to(request.acting).select_related("agency", "client", "proposed_by")
    return get_object_or_404(rows, pk=pk)


@require_POST
@member_page
def answer(request, pk):
    mandate = _found(request, pk)
    accepted = request.POST.get("answer") == "accept"
    services.answer_mandate(mandate, actor=request.acting, accepted=accepted)
    messages.success(request, _("The mandate is in force.") if accepted else _("The mandate is declined."))
    return redirect("mandates")


@require_POST
@member_page
def end(request, pk):
    services.end_mandate(_found(request, pk), actor=request.acting)
    messages.success(request, _("The mandate has ended. Deals that run go on."))
    return redirect("mandates")
