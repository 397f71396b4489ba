"""The operator looks at organisations: queue, one organisation, decision."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from marketplace.accounts.models import User
from marketplace.audit.services import history
from marketplace.organisations import services
from marketplace.organisations.forms import CorrectionForm, DecisionForm
from marketplace.organisations.models import Membership, Organisation, OrganisationState
from marketplace.organisations.pages import operator_page
from marketplace.organisations.regions import region_name
from marketplace.organisations.roles import REGISTRABLE, Kind
from marketplace.refusals import Refused
from marketplace.tables import export

PER_PAGE = 20
SORTS = {"name": "name_zh", "kind": "kind", "state": "state", "since": "created_at", "region": "region"}


def happened(verb: str) -> str:
    """An audit event of an organisation in words."""
    words = {
        "organisation.registered": _("registered"),
        "organisation.verified": _("verified"),
        "organisation.refused": _("refused"),
        "organisation.resubmitted": _("asked again"),
        "organisation.updated": _("changed its facts"),
        "organisation.corrected": _("facts corrected by the operator"),
        "organisation.operator_created": _("set up as the operator"),
    }
    return words.get(verb, verb)


@operator_page("organisation.verify")
def verifications(request):
    state = request.GET.get("state", OrganisationState.PENDING)
    kind = request.GET.get("kind", "")
    words = request.GET.get("q", "").strip()
    sort = request.GET.get("sort", "since")
    rows = Organisation.objects.visible_to(request.acting).exclude(kind=Kind.OPERATOR)
    if state in OrganisationState.values:
        rows = rows.filter(state=state)
    if kind in Kind.values:
        rows = rows.filter(kind=kind)
    if words:
        rows = rows.filter(
            Q(name_zh__icontains=words) | Q(name_en__icontains=words) | Q(credit_code__icontains=words)
        )
    column = SORTS.get(sort.removeprefix("-"), "created_at")
    rows = rows.order_by(("-" if sort.startswith("-") else "") + column, "pk")
    if "export" in request.GET:
        columns = [
            (_("Name in Chinese"), "name_zh"),
            (_("Name in English"), "name_en"),
            (_("Kind"), "get_kind_display"),
            (_("Unified social credit code"), "credit_code"),
            (_("Region"), lambda row: region_name(row.region)),
            (_("Size class"), "get_size_class_display"),
            (_("State"), "get_state_display"),
            (_("Registered"), "created_at"),
            (_("Decided"), "decided_at"),
            (_("Reason"), "decision_reason"),
        ]
        return export(request, "organisations", columns, rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.region_words = region_name(row.region)
    context = {
        "page_obj": page,
        "state": state,
        "kind": kind,
        "q": words,
        "states": OrganisationState.choices,
        "kinds": [(k.value, k.label) for k in REGISTRABLE],
    }
    return render(request, "organisations/verification_list.html", context)


@operator_page("organisation.verify")
def verification(request, pk):
    rows = Organisation.objects.visible_to(request.acting).exclude(kind=Kind.OPERATOR)
    organisation = get_object_or_404(rows.select_related("decided_by"), pk=pk)
    step = request.POST.get("step")
    decision = DecisionForm(request.POST if step == "decide" else None, organisation=organisation)
    instance = rows.get(pk=pk)  # the form writes into its own copy
    correction = CorrectionForm(request.POST if step == "correct" else None, instance=instance)
    if step == "decide" and decision.is_valid():
        verified = decision.cleaned_data["decision"] == "verify"
        services.decide_verification(
            organisation, actor=request.acting, verified=verified, reason=decision.cleaned_data["reason"]
        )
        messages.success(request, _("Verified.") if verified else _("Refused."))
        return redirect("verification", pk=pk)
    if step == "correct" and correction.is_valid():
        try:
            services.correct_organisation(organisation, actor=request.acting, **correction.cleaned_data)
        except Refused as refusal:
            correction.add_error("credit_code", refusal.message)
        else:
            messages.success(request, _("Corrected."))
            return redirect("verification", pk=pk)
    events = list(history(organisation)[:100])
    people = User.objects.in_bulk({event.user_id for event in events if event.user_id})
    context = {
        "organisation": organisation,
        "region": region_name(organisation.region),
        "members": Membership.objects.filter(organisation=organisation).select_related("user"),
        "decision": decision if organisation.state != OrganisationState.REFUSED else None,
        "correction": correction,
        "events": [(event.at, happened(event.verb), people.get(event.user_id)) for event in events],
    }
    return render(request, "organisations/verification_detail.html", context)
