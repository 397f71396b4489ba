from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.billing import tasks
from contracts.billing.preview import preview_report
from contracts.lifecycle.models import LicenceContract
from contracts.usage import services, sheets
from contracts.usage.access import visible
from contracts.usage.drafting import moved_since
from contracts.usage.forms import EvidenceForm, QueryForm, ReportForm, SheetForm
from contracts.usage.meters import COMPONENTS, LABELS, check_rows
from contracts.usage.models import DeemedReport, Evidence, UsageReport
from contracts.usage.states import DUE, ReportState
from marketplace import tables
from marketplace.celery import nudge
from marketplace.held import tell_errors
from marketplace.refusals import Incomplete, Refused

PER_PAGE = 20
SORTS = {"due_on", "period_end", "state"}


def _find(request, pk) -> UsageReport:
    return get_object_or_404(visible(UsageReport, request.acting), pk=pk)


@login_required
def reports(request):
    found = visible(UsageReport, request.acting).exclude(state=ReportState.WITHDRAWN)
    state = request.GET.get("state", "")
    if state in ReportState.values:
        found = found.filter(state=state)
    elif state == "due":
        found = found.filter(state__in=DUE)
    contract = request.GET.get("contract", "")
    if contract:
        found = found.filter(contract__number=contract)
    sort = request.GET.get("sort", "-due_on")
    found = found.order_by(sort if sort.lstrip("-") in SORTS else "-due_on", "-id")
    if request.GET.get("export"):
        columns = [
            (_("Contract"), "contract.number"),
            (_("From"), "period_start"),
            (_("Until"), "period_end"),
            (_("Due on"), "due_on"),
            (_("State"), "get_state_display"),
            (_("Nil"), "is_nil"),
        ]
        return tables.export(request, "reports", columns, found)
    context = {
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "states": ReportState.choices,
        "state": state,
    }
    return render(request, "contracts/usage/report_list.html", context)


@login_required
def report(request, pk):
    found = _find(request, pk)
    form = ReportForm(request.POST or None, report=found) if _may_submit(request, found) else None
    preview = None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            draft = form.draft()
            if request.POST.get("action") == "submit":
                services.submit_report(found, actor=request.acting, draft=draft)
                messages.success(request, _("The report was submitted; the licensor now checks it."))
                return redirect(found)
            preview = _preview(found, check_rows(found, draft))
        except Refused as refusal:
            _add_errors(form, refusal)
    return _page(request, found, form, preview)


def _may_submit(request, found) -> bool:
    licensee = request.acting.is_for(found.contract.licensee)
    return licensee and request.acting.can("report.submit") and found.state in DUE


def _add_errors(form, refusal: Refused) -> None:
    for line in refusal.missing if isinstance(refusal, Incomplete) else [refusal.message]:
        form.add_error(None, line)


@login_required
def sheet(request, pk):
    """The template of the figures (GET); a filled one goes into the form as a preview (POST), nothing is saved."""
    found = _find(request, pk)
    if not _may_submit(request, found):
        raise Http404
    form = ReportForm(report=found)
    if request.method != "POST":
        lines = sheets.lines_of(form, found.contract.terms.currency)
        return tables.export(request, f"report-{found.period_end}", sheets.columns(), lines, "xlsx")
    upload = SheetForm(request.POST, request.FILES)
    if not upload.is_valid():
        return _page(request, found, form, None, upload)
    file = upload.cleaned_data["file"]
    try:
        known = {name for group in form.groups for name in group["names"]}
        form = ReportForm(sheets.read_values(file.name, file.read(), known), report=found)
        preview = _preview(found, check_rows(found, form.draft())) if form.is_valid() else None
    except Refused as refusal:
        if not form.is_bound:
            _add_errors(upload, refusal)
            return _page(request, found, form, None, upload)
        _add_errors(form, refusal)
        preview = None
    return _page(request, found, form, preview)


def _page(request, found, form, preview, upload=None):
    may_submit = form is not None
    mine = request.acting.is_for(found.contract.licensee)
    wrong = (form and form.errors) or (upload and upload.errors)
    rows = list(found.rows.all())
    may_accept = request.acting.is_for(found.contract.licensor) and request.acting.can("report.accept")
    if may_accept and found.state == ReportState.SUBMITTED:
        preview = _preview(found, rows)
    over = found.state in (ReportState.ACCEPTED, ReportState.SUPERSEDED)
    context = {
        "report": found,
        "rows": [
            {"row": row, "label": LABELS.get(row.meter, row.meter), "components": _in_order(row)}
            for row in rows
        ],
        "parted": len({row.period_start for row in rows}) > 1,
        "may_see_charges": over
        and request.acting.can("charge.read")
        and not request.acting.is_for(found.contract.agency),
        "moved": moved_since(found),
        "deemed": found.state in (*DUE, ReportState.SUBMITTED)
        and DeemedReport.objects.filter(report=found).exists(),
        "form": form,
        "preview": preview,
        "evidence": found.evidence.all(),
        "evidence_form": EvidenceForm() if may_submit else None,
        "sheet_form": upload or (SheetForm() if may_submit else None),
        "query_form": QueryForm(),
        "may_submit": may_submit,
        "may_accept": may_accept,
        "may_discard": may_submit and found.amends_id and not found.submitted_at,
        "currency": found.contract.terms.currency,
        "may_amend": mine and request.acting.can("report.submit") and found.state == ReportState.ACCEPTED,
    }
    return render(request, "contracts/usage/report_detail.html", context, status=422 if wrong else 200)


def _in_order(row) -> list[tuple[str, int]]:
    """The components of a row of sales in the order of the form; the database keeps them in one of its own."""
    given = row.components or {}
    return [(name, given[name]) for name in COMPONENTS if given.get(name) is not None]


def _preview(found, rows) -> dict:
    language = get_language() or "zh-hans"
    preview = preview_report(found, rows, language)
    return {
        "total": preview.total,
        "waiting": preview.waiting,
        "parts": [(part, part.sentences(language)) for part in preview.parts],
    }


@login_required
@require_POST
def submit_nil(request, pk):
    found = _find(request, pk)
    services.submit_report(found, actor=request.acting, draft=services.Draft(is_nil=True))
    messages.success(request, _("The nil report was submitted."))
    return redirect(found)


@login_required
@require_POST
def accept(request, pk):
    found = _find(request, pk)
    services.accept_report(found, actor=request.acting)
    nudge(tasks.charge_due)
    messages.success(request, _("The report was accepted; charges follow from it."))
    return redirect(found)


@login_required
@require_POST
def query(request, pk):
    found = _find(request, pk)
    form = QueryForm(request.POST)
    if form.is_valid():
        services.query_report(found, actor=request.acting, query=form.cleaned_data["query"])
        messages.success(request, _("The licensee was asked."))
    else:
        tell_errors(request, form, _("Say what is unclear: the reporter reads these words."))
    return redirect(found)


@login_required
@require_POST
def amend(request, pk):
    return redirect(services.amend_report(_find(request, pk), actor=request.acting))


@login_required
@require_POST
def discard(request, pk):
    original = services.discard_amendment(_find(request, pk), actor=request.acting)
    messages.success(request, _("The amendment was discarded; the accepted report goes on counting."))
    return redirect(original)


@login_required
@require_POST
def add_evidence(request, pk):
    found = _find(request, pk)
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        services.add_evidence(found, actor=request.acting, files=form.cleaned_data["files"])
        messages.success(request, _("The files were added."))
    else:
        tell_errors(request, form)
    return redirect(found)


@login_required
def evidence(request, pk, evidence_pk):
    found = get_object_or_404(Evidence, pk=evidence_pk, report=_find(request, pk))
    return FileResponse(found.file.open("rb"), as_attachment=True, filename=found.name)


@login_required
@require_POST
def broker_access(request, number):
    contract = get_object_or_404(LicenceContract.objects.visible_to(request.acting), number=number)
    services.set_broker_access(contract, actor=request.acting, granted=request.POST.get("granted") == "yes")
    messages.success(request, _("The broker's access was changed."))
    return redirect(contract)
