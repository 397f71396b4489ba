"""What contracts show of reports; menu and desk."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.usage.models import BrokerAccess, UsageReport
from contracts.usage.states import DUE, ReportState
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MenuItem, register_menu
from marketplace.panels import panel

DESK_LIMIT = 40

register_menu(
    MenuItem("reports", gettext_lazy("Usage reports"), "reports", "report.read", group="work", order=40)
)


def _may_read(acting, contract) -> bool:
    if contract.effective_on is None or not acting.can("report.read"):
        return False
    if acting.is_for(contract.licensor) or acting.is_for(contract.licensee):
        return True
    return acting.is_for(contract.agency) and _granted(contract)


def _granted(contract) -> bool:
    return BrokerAccess.objects.filter(contract=contract, granted=True).exists()


@panel("contract.tabs", order=20)
def reports_tab(request, contract) -> str:
    if not _may_read(request.acting, contract):
        return ""
    return format_html(
        '<a href="{}?contract={}">{}</a>', reverse("reports"), contract.number, _("Usage reports")
    )


@panel("contract.next", order=10)
def next_reports(request, contract) -> str:
    """What this person has to report or to check now, beside what the contract waits for: on a phone the list of
    reports stands far below."""
    acting = request.acting
    if not _may_read(acting, contract):
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
    if not _may_read(acting, contract):
        return ""
    reports = UsageReport.objects.filter(contract=contract)
    licensee = acting.is_for(contract.licensee)
    context = {
        "contract": contract,
        "open": reports.filter(state__in=[*DUE, ReportState.SUBMITTED]).order_by("due_on", "pk")[:5],
        "next": reports.filter(state=ReportState.SCHEDULED).order_by("period_end").first(),
        "granted": _granted(contract) if contract.agency_id else None,
        "may_switch": licensee and contract.agency_id and acting.can("report.submit"),
    }
    return render_to_string("contracts/usage/_contract_reports.html", context, request)


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
