import logging

from celery import shared_task

from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import State
from contracts.usage import services
from contracts.usage.metering import chasing
from contracts.usage.metering.queries import metered_contracts
from contracts.usage.metering.recounting import recount
from contracts.usage.models import UsageReport
from contracts.usage.states import ENDED
from marketplace.refusals import Refused

logger = logging.getLogger(__name__)

NOT_ASKED = (*ENDED, State.PAID_UP)


@shared_task
def schedule_due_reports() -> None:
    """Make and open the reports of every contract in effect; once paid up, reports are no longer asked for."""
    contracts = LicenceContract.objects.filter(effective_on__isnull=False).exclude(state__in=NOT_ASKED)
    for contract in contracts.order_by("pk").iterator(200):
        try:
            services.schedule_reports(contract)
        except (Refused, ValueError):
            logger.exception("Contract %s: its reports could not be scheduled", contract.number)


@shared_task
def remind_missing_reports() -> None:
    """Reminders of overdue reports; after the last one the missing report is notified as a breach."""
    reports = UsageReport.objects.overdue().select_related("contract", "contract__licensee")
    for report in reports.exclude(contract__state__in=NOT_ASKED).order_by("pk"):
        services.chase_missing(report)


@shared_task
def chase_open_periods() -> None:
    """The same for periods of metered figures that nobody has closed."""
    contracts = metered_contracts().filter(effective_on__isnull=False).exclude(state__in=ENDED)
    for contract in contracts.order_by("pk").iterator(200):
        try:
            chasing.chase_open_periods(contract)
        except (Refused, ValueError):
            logger.exception("Contract %s: its open periods could not be chased", contract.number)


@shared_task
def recount_usage() -> None:
    """Nightly: the daily sums must be what the events add up to. A difference is logged and stays on the
    operator's page until a recount finds none."""
    found = recount()
    if not found.is_well:
        logger.error("Recount: %s daily sums differ from their events", found.difference_count)
