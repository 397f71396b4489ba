"""Usage that is reported becomes money while servers are killed, from one end to the other: a licensor's officer accepts
reports over HTTP, the timer charges what was accepted and opens drafts, their days of grace pass, and the timer numbers
them. Some drafts wait from the start."""

from collections import Counter
from types import SimpleNamespace

from celery import current_app
from django.db import Error, connection

from contracts.billing.charging import charge_contract
from contracts.billing.closing.drafts import open_drafts
from contracts.billing.closing.models import InvoiceDraft
from contracts.billing.models import BillingPolicy, Invoice, InvoiceLine
from contracts.lifecycle.looks import look_after
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.models.looks import Task
from contracts.usage import services as usage
from contracts.usage.models import UsageReport
from contracts.usage.services import Draft, RowInput
from marketplace.audit.models import AuditEvent
from marketplace.clock import at, today
from marketplace.organisations.roles import Kind, Role
from marketplace.terms.dates import add_months
from tests.contracts.billing.made import DAY, contract_of
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.crash.servers import timer_queue
from tests.marketplace.deals.conftest import organisation, person

GRACE = 5  # days
MONTHS = 2
SOLD, OWED = 100_000, 3_000  # what each report says, and what it costs


def a_licensor_who_bills_by_itself(world, count: int) -> SimpleNamespace:
    """Another licensor, whose charges are approved without a person and wait their days of grace as drafts; some
    contracts of it, each with a few reports that were submitted. `count`: of reports, about."""
    uni = organisation(Kind.UNIVERSITY, "邻湖大学")
    BillingPolicy.objects.create(organisation=uni, approve_automatically=True, grace_days=GRACE)
    officer, reporter = person(uni, Role.CONTRACT_OFFICER), person(world.firm, Role.REPORTER)
    its = SimpleNamespace(uni=uni, firm=world.firm, listing=world.listing, officer=officer)
    begun = add_months(today().replace(day=1), -MONTHS)
    its.contracts = [
        contract_of(its, sheet(royalty(fixed("0.03")), every="month"), on=begun)
        for _ in range(-(-count // MONTHS))
    ]
    for contract in its.contracts:
        usage.schedule_reports(contract)
        for report in contract.reports.filter(period_end__lt=today()):
            row = RowInput(
                "sales",
                components={"invoiced_incl_vat": SOLD},
                period_start=report.period_start,
                period_end=report.period_end,
            )
            usage.submit_report(report, actor=reporter, draft=Draft(rows=[row]))
    submitted = UsageReport.objects.filter(contract__in=its.contracts, state="SUBMITTED")
    its.all_reports = list(submitted.order_by("period_start", "pk").values_list("pk", flat=True))
    with at(today() - GRACE * DAY):
        for contract in its.contracts[::2]:
            usage.accept_report(submitted.filter(contract=contract).earliest("period_start"), actor=officer)
            charge_contract(contract)
            open_drafts([contract.pk])
    its.reports = list(submitted.order_by("period_start", "pk").values_list("pk", flat=True))
    return its


def leave_to_the_month_end(licensor) -> None:
    """The timer has charged the other contracts a moment ago, so to say: else no run would find anything to charge."""
    look_after(
        Task.CHARGES,
        LicenceContract.objects.filter(licensor=licensor),
        lambda found: dict.fromkeys((contract.pk for contract in found), today() + DAY),
    )


def hand_out() -> None:
    """What the timer does as days pass."""
    for task in ("charge_due", "finalise_drafts"):
        current_app.send_task(f"contracts.billing.tasks.{task}", queue=timer_queue(), expires=1)
    try:
        let_days_of_grace_pass()
    except Error:  # the database is just recovering from a kill
        connection.close()


def let_days_of_grace_pass() -> None:
    InvoiceDraft.objects.filter(state="OPEN").update(finalise_on=today())


def waits_for_the_timer(its) -> bool:
    """Whether something that was accepted is on no invoice yet."""
    lines = InvoiceLine.objects.filter(charge__contract__in=its.contracts).count()
    drafts = InvoiceDraft.objects.filter(contract__in=its.contracts, state="OPEN")
    return lines < len(its.all_reports) or drafts.exists()


def usage_is_billed(its, acknowledged: list[int]) -> Counter:
    """Each report that was accepted is accepted and charged once, each draft was finalised once, numbers have no gap."""
    assert sorted(acknowledged) == sorted(its.reports)
    told = AuditEvent.objects.filter(verb="report.accepted").values_list("target_id", flat=True)
    assert sorted(told) == sorted(map(str, its.all_reports))
    reported = UsageReport.objects.filter(pk__in=its.all_reports, state="ACCEPTED")
    charges = [charge for contract in its.contracts for charge in contract.charges.order_by("pk")]
    assert sorted(
        (one.contract_id, one.period_start, one.amount_minor, one.state) for one in charges
    ) == sorted((report.contract_id, report.period_start, OWED, "INVOICED") for report in reported)
    bills = list(Invoice.objects.filter(issuer=its.uni).order_by("sequence"))
    assert [bill.sequence for bill in bills] == list(range(1, len(bills) + 1))
    assert sum(bill.lines.count() for bill in bills) == len(its.all_reports)
    drafts = InvoiceDraft.objects.filter(contract__in=its.contracts)
    assert set(drafts.values_list("state", flat=True)) == {"FINALISED"}
    by_contract = Counter(drafts.values_list("contract", flat=True))
    assert by_contract == Counter(bill.contract_id for bill in bills)
    opened = AuditEvent.objects.filter(verb="invoice_draft.opened").values_list("target_id", flat=True)
    assert sorted(opened) == sorted(str(draft.pk) for draft in drafts)
    return Counter(reports=len(its.all_reports), drafts=len(drafts))
