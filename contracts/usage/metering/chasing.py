"""Periods of metered figures that nobody closes: like a missing report they are reminded of, deemed where that is
agreed, and notified as a breach; never taken for nil."""

from django.db import transaction

from contracts.lifecycle.due import remind_once
from contracts.lifecycle.models import Breach, LicenceContract
from contracts.lifecycle.services import notify_breach
from contracts.usage.lateness import REMINDERS, is_late
from contracts.usage.metering.closings import OpenPeriod, breach_key, cure_closed, is_notified, open_periods
from contracts.usage.metering.deeming import deem_closing
from contracts.usage.metering.statements import hold_events
from contracts.usage.meters import label_of
from marketplace.clock import today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members


@transaction.atomic
def chase_open_periods(contract: LicenceContract) -> None:
    """Send the reminders of periods that are late to be closed, each once; after the last one deem them or notify the
    breach. Breaches of periods that were closed since, by a program's event, are cured; where that closing is voided the
    period is chased anew, up to a breach of its own."""
    chase_locked(LicenceContract.objects.select_for_update().get(pk=contract.pk))


def chase_locked(contract: LicenceContract) -> None:
    """`chase_open_periods` for a contract that is locked already. No event of it comes in meanwhile."""
    hold_events(contract.pk)
    cure_closed(contract)
    for period in owed_periods(contract):
        for step in REMINDERS:
            if is_late(period.due_on, step) and remind_once(contract, f"{breach_key(period)[:70]}:{step}"):
                _remind(contract, period)
        if deem_closing(contract, period) or not is_late(period.due_on, REMINDERS[-1]):
            continue
        if is_notified(contract, period):
            continue
        notify_breach(
            contract,
            actor=None,
            kind=Breach.Kind.REPORT,
            words=f"{label_of(period.figure)}: {period.start} – {period.end}",
            key=breach_key(period),
        )


def owed_periods(contract: LicenceContract) -> list[OpenPeriod]:
    """Periods to close; once a contract is paid up, those that begin later are not asked for."""
    found = open_periods(contract)
    if contract.paid_up_on:
        found = [period for period in found if period.start <= contract.paid_up_on]
    return found


def _remind(contract: LicenceContract, period: OpenPeriod) -> None:
    notify(
        members(contract.licensee, "report.submit"),
        "usage/period_open",
        contract=contract,
        period=period,
        late=(today() - period.due_on).days,
        path=period.path(contract),
    )
