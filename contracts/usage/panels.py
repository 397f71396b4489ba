"""What contracts show of reports; menu and desk."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.lifecycle.models import LicenceContract
from contracts.usage.access import is_open_to_broker, may_read_usage
from contracts.usage.audits.models import OPEN, WORKING, UsageAudit
from contracts.usage.metering.closings import open_periods
from contracts.usage.metering.queries import metered_contracts
from contracts.usage.meters import label_of
from contracts.usage.models import UsageReport
from contracts.usage.states import DUE, ENDED, ReportState
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MenuItem, register_menu
from marketplace.panels import panel

DESK_LIMIT = 40

register_menu(
    MenuItem("reports", gettext_lazy("Usage reports"), "reports", "report.read", group="work", order=40)
)


@panel("contract.tabs", order=20)
def reports_tab(request, contract) -> str:
    if not may_read_usage(request.acting, contract):
        return ""
    links = [
        (reverse("contract_usage", args=[contract.number]), _("Usage")),
        (f"{reverse('reports')}?contract={contract.number}", _("Usage reports")),
    ]
    if request.acting.can("audit.read") and not request.acting.is_for(contract.agency):
        links.append((reverse("audits", args=[contract.number]), _("Audits")))
    return format_html_join("", '<a href="{}">{}</a>', links)


@panel("contract.next", order=10)
def next_reports(request, contract) -> str:
    """What this person has to report or to check now, beside what the contract waits for: on a phone the list of
    reports stands far below."""
    acting = request.acting
    if not may_read_usage(acting, contract):
        return ""
    reports = UsageReport.objects.filter(contract=contract).order_by("due_on", "pk")
    if acting.is_for(contract.licensee) and acting.can("report.submit"):
        reports = reports.filter(state__in=DUE)
    elif acting.is_for(contract.licensor) and acting.can("report.accept"):
        reports = reports.filter(state=ReportState.SUBMITTED)
    else:
        return ""
    context = {"reports": reports[:3]}
    return render_to_string("contracts/usage/_next_reports.html", context, request)


@panel("contract.aside", order=40)
def reports_of_contract(request, contract) -> str:
    """The reports that are open, the next one, and the licensee's switch of the broker's access."""
    acting = request.acting
    if not may_read_usage(acting, contract):
        return ""
    reports = UsageReport.objects.filter(contract=contract)
    licensee = acting.is_for(contract.licensee)
    context = {
        "contract": contract,
        "open": reports.filter(state__in=[*DUE, ReportState.SUBMITTED]).order_by("due_on", "pk")[:5],
        "next": reports.filter(state=ReportState.SCHEDULED).order_by("period_end").first(),
        "granted": is_open_to_broker(contract) if contract.agency_id else None,
        "may_switch": licensee and contract.agency_id and acting.can("report.submit"),
    }
    return render_to_string("contracts/usage/_contract_reports.html", context, request)


@desk_items
def periods_to_close(acting) -> list[DeskItem]:
    """Periods of metered meters that are over: the licensee says that they are complete."""
    if not acting.can("report.submit"):
        return []
    contracts = LicenceContract.objects.filter(licensee=acting.organisation, effective_on__isnull=False)
    metered = contracts.filter(pk__in=metered_contracts()).exclude(state__in=ENDED)
    return [
        DeskItem(
            _("%(number)s: close %(meter)s, %(start)s – %(end)s")
            % {"number": contract.number, "meter": label_of(p.figure), "start": p.start, "end": p.end},
            reverse("contract_usage", args=[contract.number]),
            p.due_on,
            _("Usage"),
        )
        for contract in metered.order_by("pk")[:DESK_LIMIT]
        for p in open_periods(contract)
    ][:DESK_LIMIT]


@desk_items
def audits_open(acting) -> list[DeskItem]:
    """Findings to answer for the licensee, findings to state for the licensor from the audit's first day on."""
    if not acting.can("audit.read"):
        return []
    rows = UsageAudit.objects.visible_to(acting).filter(state__in=OPEN).select_related("contract")
    items = []
    for audit in rows.order_by("starts_on", "pk")[:DESK_LIMIT]:
        licensor = acting.organisation.pk == audit.contract.licensor_id
        ours = licensor == (audit.state in WORKING)
        if ours and not acting.can("audit.open" if licensor else "audit.answer"):
            continue
        words = _("%(number)s: state what the audit found")
        if audit.state not in WORKING:
            words = _("%(number)s: answer the findings of the audit")
        day = audit.starts_on if audit.state in WORKING else None
        items.append(
            DeskItem(
                words % {"number": audit.contract.number},
                audit.get_absolute_url(),
                day,
                _("Audit of the accounts"),
                "me" if ours else "them",
            )
        )
    return items


@desk_items
def waiting_reports(acting) -> list[DeskItem]:
    """Reports to submit and to accept; what the other side has to do is shown to those who may read it."""
    if not acting.can("report.read"):
        return []
    mine, items = acting.organisation, []
    rows = UsageReport.objects.visible_to(acting).select_related("contract")
    submitting = rows.filter(state__in=DUE).order_by("due_on", "pk")[:DESK_LIMIT]
    accepting = rows.filter(state=ReportState.SUBMITTED).order_by("submitted_at", "pk")[:DESK_LIMIT]
    for reports, words, permission, side in (
        (submitting, _("%(number)s: report %(start)s – %(end)s"), "report.submit", "licensee_id"),
        (accepting, _("%(number)s: check the report %(start)s – %(end)s"), "report.accept", "licensor_id"),
    ):
        for report in reports:
            ours = getattr(report.contract, side) == mine.pk
            if ours and not acting.can(permission):
                continue
            items.append(
                DeskItem(
                    words
                    % {
                        "number": report.contract.number,
                        "start": report.period_start,
                        "end": report.period_end,
                    },
                    report.get_absolute_url(),
                    report.due_on if report.state in DUE else None,
                    _("Usage report"),
                    "me" if ours else "them",
                )
            )
    return items
