"""The pages of an audit: notice, findings report by report, answer."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.rating.audit import true_up
from contracts.usage.access import contract_in_effect, may_audit, visible
from contracts.usage.audits import services
from contracts.usage.audits.forms import AnnounceForm, ContestForm, FindingsForm
from contracts.usage.audits.models import WORKING, AuditState, UsageAudit
from contracts.usage.forms import ReportForm
from contracts.usage.meters import terms_on
from contracts.usage.queries import read_row, stored_row
from marketplace import tables
from marketplace.clock import today
from marketplace.money import Money
from marketplace.refusals import Incomplete, Refused

PER_PAGE = 20
SORTS = {"starts_on", "period_start", "state"}


def _find(request, pk) -> UsageAudit:
    return get_object_or_404(visible(UsageAudit, request.acting), pk=pk)


@login_required
def audits(request, number):
    contract = contract_in_effect(request.acting, number, may_audit)
    rows = visible(UsageAudit, request.acting).filter(contract=contract)
    if (state := request.GET.get("state", "")) in AuditState.values:
        rows = rows.filter(state=state)
    sort = request.GET.get("sort", "-starts_on")
    rows = rows.order_by(sort if sort.lstrip("-") in SORTS else "-starts_on", "-pk")
    if request.GET.get("export"):
        columns = [
            (_("From"), "period_start"),
            (_("Until"), "period_end"),
            (_("Begins on"), "starts_on"),
            (_("State"), "get_state_display"),
            (_("Auditor"), "auditor"),
        ]
        return tables.export(request, f"audits-{contract.number}", columns, rows)
    acting = request.acting
    context = {
        "contract": contract,
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "states": AuditState.choices,
        "state": state,
        "may_open": acting.is_for(contract.licensor)
        and acting.can("audit.open")
        and contract.terms.report.inspection,
        "agreed": contract.terms.report.inspection,
    }
    return render(request, "contracts/usage/audit_list.html", context)


@login_required
def audit_new(request, number):
    contract = contract_in_effect(request.acting, number, may_audit)
    if not (request.acting.is_for(contract.licensor) and request.acting.can("audit.open")):
        raise Http404
    form = AnnounceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            audit = services.announce_audit(contract, actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The licensee has been given notice."))
            return redirect(audit)
    status = 422 if form.errors else 200
    return render(
        request, "contracts/usage/audit_new.html", {"contract": contract, "form": form}, status=status
    )


@login_required
def audit(request, pk):
    return _page(request, _find(request, pk))


def _page(request, found: UsageAudit, findings_form=None, contest_form=None):
    acting, contract = request.acting, found.contract
    licensor = acting.is_for(contract.licensor) and acting.can("audit.open")
    licensee = acting.is_for(contract.licensee) and acting.can("audit.answer")
    currency = contract.terms.currency
    findings = {
        finding.report_id: finding
        for finding in found.findings.select_related("report").prefetch_related("report__rows")
    }
    shown = licensor or found.state not in WORKING or found.stated_at is not None
    working = licensor and found.state in WORKING and found.starts_on <= today()
    reports = services.audited_reports(found) if found.state != AuditState.AGREED else [
        finding.report for finding in findings.values()
    ]  # fmt: skip
    context = {
        "audit": found,
        "contract": contract,
        "reports": [
            (report, findings.get(report.pk) if shown else None, [stored_row(row) for row in report.rows.all()])
            for report in reports
        ],
        "result": _result(found) if findings and shown else None,
        "currency": currency,
        "may_enter": working,
        "findings_form": (findings_form or FindingsForm(currency=currency)) if working else None,
        "may_withdraw": licensor and found.state in AuditState.values and found.state in (
            AuditState.ANNOUNCED, AuditState.FINDINGS, AuditState.CONTESTED
        ),
        "may_answer": licensee and found.state == AuditState.FINDINGS,
        "contest_form": contest_form or ContestForm(),
        "waits_until": found.starts_on if licensor and found.starts_on > today() else None,
    }  # fmt: skip
    wrong = (findings_form and findings_form.errors) or (contest_form and contest_form.errors)
    return render(request, "contracts/usage/audit_detail.html", context, status=422 if wrong else 200)


def _result(found: UsageAudit):
    """Reported, found, gap and who bears the cost: as agreed, or as the findings would have it now."""
    currency = found.contract.terms.currency
    if found.reported_minor is None:
        try:
            reported, finding = services.compare(found)
        except ValueError:
            return None
    else:
        reported, finding = Money(found.reported_minor, currency), Money(found.found_minor, currency)
    rule = terms_on(found.contract, today()).audit
    cost = Money(found.cost_minor, currency)
    result = true_up(rule, reported=reported, found=finding, cost=cost)
    return {"reported": reported, "found": finding, "result": result, "cost": cost, "share": result.share}


@login_required
def audit_finding(request, pk, report_pk):
    """The figures of one report, as the audit found them."""
    found = _find(request, pk)
    acting = request.acting
    if not (acting.is_for(found.contract.licensor) and acting.can("audit.open")):
        raise Http404
    report = next((one for one in services.audited_reports(found) if one.pk == report_pk), None)
    if report is None:
        raise Http404
    finding = found.findings.filter(report=report).first()
    rows = [read_row(row) for row in finding.rows] if finding else None
    form = ReportForm(
        request.POST if request.method == "POST" else None, report=report, stated=rows, allow_nothing=True
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.enter_finding(found, report, actor=acting, draft=form.draft())
        except Refused as refusal:
            for line in refusal.missing if isinstance(refusal, Incomplete) else [refusal.message]:
                form.add_error(None, line)
        else:
            words = _("The finding was entered.") if made else _("As reported: no finding.")
            messages.success(request, words)
            return redirect(found)
    context = {"audit": found, "report": report, "form": form, "contract": found.contract}
    return render(request, "contracts/usage/audit_finding.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def audit_send(request, pk):
    found = _find(request, pk)
    form = FindingsForm(request.POST, currency=found.contract.terms.currency)
    if not form.is_valid():
        return _page(request, found, findings_form=form)
    sent = services.send_findings(found, actor=request.acting, **form.cleaned_data)
    if sent.state == AuditState.CLOSED:
        messages.success(request, _("The audit is closed: the reports were right."))
    else:
        messages.success(request, _("The findings were sent; the licensee answers."))
    return redirect(sent)


@login_required
@require_POST
def audit_agree(request, pk):
    found = services.answer_findings(_find(request, pk), actor=request.acting, agree=True)
    messages.success(request, _("Agreed. What it costs is charged by the same rules as everything else."))
    return redirect(found)


@login_required
@require_POST
def audit_contest(request, pk):
    found = _find(request, pk)
    form = ContestForm(request.POST)
    if not form.is_valid():
        return _page(request, found, contest_form=form)
    found = services.answer_findings(
        found, actor=request.acting, agree=False, words=form.cleaned_data["words"]
    )
    messages.success(request, _("The licensor was told why you contest the findings."))
    return redirect(found)


@login_required
@require_POST
def audit_withdraw(request, pk):
    found = services.withdraw_audit(_find(request, pk), actor=request.acting)
    messages.success(request, _("The audit was withdrawn; the licensee was told."))
    return redirect(found)
