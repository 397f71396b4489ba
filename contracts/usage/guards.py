"""Why lifecycle has to wait for reports."""

from django.utils.translation import gettext as _

from contracts.lifecycle.guards import closing_guard, extension_guard
from contracts.lifecycle.models import LicenceContract
from contracts.usage.metering.chasing import owed_periods
from contracts.usage.models import UsageReport
from contracts.usage.states import ReportState
from marketplace.clock import today

UNANSWERED = (ReportState.SCHEDULED, ReportState.OPEN, ReportState.SUBMITTED, ReportState.QUERIED)


@closing_guard
def reports_are_accepted(contract: LicenceContract) -> str:
    owed = UsageReport.objects.filter(contract=contract, state__in=UNANSWERED)
    if contract.paid_up_on:  # after that reports are welcome, not owed; those not asked for by then never are
        owed = owed.filter(period_start__lte=contract.paid_up_on).exclude(state=ReportState.SCHEDULED)
    if owed.exists():
        return _("Not all usage reports are submitted and accepted.")
    return ""


@closing_guard
def periods_are_closed(contract: LicenceContract) -> str:
    if owed_periods(contract):
        return _("Not all periods of metered usage are closed.")
    return ""


@extension_guard
def metered_periods_are_closed(contract: LicenceContract) -> str:
    if any(period.due_on < today() for period in owed_periods(contract)):
        return _("A period of metered usage is overdue; close it before asking for an extension.")
    return ""


@extension_guard
def last_report_is_accepted(contract: LicenceContract) -> str:
    if UsageReport.objects.filter(contract=contract).overdue().exists():
        return _("A usage report is overdue; submit it before asking for an extension.")
    return ""
