"""Contracts in effect whose days go by: what the timer does, what the parties report."""

from datetime import date, timedelta
from decimal import Decimal

from contracts.billing import tasks as billing
from contracts.lifecycle.due import run_due
from contracts.usage import services
from contracts.usage import tasks as usage
from contracts.usage.models import UsageReport
from contracts.usage.services import Draft, RowInput
from contracts.usage.states import ReportState
from marketplace.clock import at
from tests.contracts.lifecycle.world import trying
from tests.contracts.rating.samples import fen


def running(world, agreed, *, on, **how):
    """A contract in effect and delivered on a day."""
    return trying(world, agreed, on=on, **how)


def pass_day(day: date) -> None:
    """What the timer does on a day, in the order of the road."""
    with at(day):
        run_due()
        usage.schedule_due_reports()
        usage.remind_missing_reports()
        usage.chase_open_periods()
        billing.charge_due()


def sales(yuan, **more) -> RowInput:
    """Net sales that are stated whole: nothing to deduct."""
    return RowInput("sales", components={"invoiced_incl_vat": fen(yuan)}, **more)


def figure(meter, value, **more) -> RowInput:
    return RowInput(meter, quantity=Decimal(value), **more)


def report_for(contract, end: date) -> UsageReport:
    return contract.reports.exclude(state=ReportState.WITHDRAWN).filter(period_end=end).latest("pk")


def submitted(world, contract, end: date, *rows, on: date | None = None, **facts) -> UsageReport:
    """The report of the period that ends on `end`, submitted the day after; without rows a nil report."""
    day = on or end + timedelta(days=1)
    pass_day(day)
    with at(day):
        draft = Draft(rows=list(rows), is_nil=not rows, **facts)
        return services.submit_report(report_for(contract, end), actor=world.reporter, draft=draft)


def accepted(world, contract, end: date, *rows, on: date | None = None, **facts) -> UsageReport:
    """Submitted, accepted and charged on the same day."""
    report = submitted(world, contract, end, *rows, on=on, **facts)
    day = on or end + timedelta(days=1)
    with at(day):
        services.accept_report(report, actor=world.officer)
    pass_day(day)
    return report


def amended(world, contract, end: date, *rows, on: date) -> UsageReport:
    with at(on):
        report = services.amend_report(report_for(contract, end), actor=world.reporter)
        services.submit_report(report, actor=world.reporter, draft=Draft(rows=list(rows)))
        services.accept_report(report, actor=world.officer)
    pass_day(on)
    return report


def charged(contract, element_id=None, *, zero=False) -> list[tuple[str, str]]:
    """(date, yuan) of the charges as they arose."""
    rows = contract.charges.order_by("pk")
    if element_id:
        rows = rows.filter(element_id=element_id)
    if not zero:
        rows = rows.exclude(amount_minor=0)
    return [(str(row.dated_on), str(row.amount.decimal)) for row in rows]
