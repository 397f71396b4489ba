import logging
from collections.abc import Sequence
from datetime import date

from celery import shared_task
from django.db.models import Prefetch, prefetch_related_objects

from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.models.looks import Task
from contracts.lifecycle.states import State
from contracts.usage import services
from contracts.usage.metering import chasing
from contracts.usage.metering.queries import metered_contracts
from contracts.usage.metering.recounting import recount
from contracts.usage.models import UsageReport
from contracts.usage.states import DUE, ENDED
from marketplace.clock import today, watching

logger = logging.getLogger(__name__)

NOT_ASKED = (*ENDED, State.PAID_UP)


@shared_task
def schedule_due_reports() -> None:
    """Make and open the reports of every contract in effect; once paid up, reports are no longer asked for."""
    contracts = LicenceContract.objects.filter(effective_on__isnull=False).exclude(state__in=NOT_ASKED)
    look_after(Task.REPORTS, contracts, services.schedule_locked)


@shared_task
def remind_missing_reports() -> None:
    """Reminders of overdue reports; after the last one the missing report is notified as a breach."""
    overdue = UsageReport.objects.overdue().values("contract")
    contracts = LicenceContract.objects.filter(pk__in=overdue).exclude(state__in=NOT_ASKED)
    look_after(Task.MISSING, contracts.select_related("licensee"), _chase_reports)


def _chase_reports(contracts: Sequence[LicenceContract]) -> dict[int, date]:
    waiting = UsageReport.objects.filter(state__in=DUE, amends=None)
    prefetch_related_objects(
        contracts, "versions", Prefetch("reports", waiting.order_by("pk"), to_attr="awaited")
    )
    days = {}
    for contract in contracts:
        with watching() as watch:
            for report in contract.awaited:
                if report.due_on < today():
                    services.chase_locked(report)
        days[contract.pk] = watch.until
    return days


@shared_task
def chase_open_periods() -> None:
    """The same for periods of metered figures that nobody has closed."""
    contracts = metered_contracts().filter(effective_on__isnull=False).exclude(state__in=ENDED)
    look_after(Task.PERIODS, contracts, _chase_periods)


def _chase_periods(contracts: Sequence[LicenceContract]) -> dict[int, date]:
    days = {}
    for contract in contracts:
        with watching() as watch:
            chasing.chase_locked(contract)
        days[contract.pk] = watch.until
    return days


@shared_task
def recount_usage() -> None:
    """Nightly: the daily sums must be what the events add up to. A difference is logged and stays on the
    operator's page until a recount finds none."""
    found = recount()
    if not found.is_well:
        logger.error("Recount: %s daily sums differ from their events", found.difference_count)
