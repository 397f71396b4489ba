"""Reports: schedule, open, submit, query, accept, amend. Missing is never zero."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.models import Breach, LicenceContract
from contracts.lifecycle.services import cure_breach, notify_breach, record_fact
from contracts.lifecycle.states import UNSETTLED, FactState
from contracts.rating import periods, rate
from contracts.usage.deeming import deem_report
from contracts.usage.lateness import REMINDERS, is_late
from contracts.usage.metering.places import make_meters_of
from contracts.usage.meters import asks_for_reports, check_rows, terms_among
from contracts.usage.models import BrokerAccess, Evidence, UsageReport, UsageRow
from contracts.usage.queries import rating_inputs_of
from contracts.usage.states import DUE, NEXT, ReportState
from marketplace.audit.services import record
from marketplace.clock import now, today, watching
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import Refused, TransitionRefused, check

ANSWER_DAYS = 10  # for the answer to a query; no rule prescribes it


@dataclass(frozen=True)
class RowInput:
    """One row as somebody states it: a plain quantity (minor units on money meters) or components of sales."""

    meter: str
    quantity: Decimal | None = None
    components: dict[str, int] | None = None
    product: str = ""
    period_start: date | None = None  # default: the report's
    period_end: date | None = None


@dataclass(frozen=True)
class Draft:
    """What a reporter submits."""

    rows: list[RowInput] = field(default_factory=list)
    is_nil: bool = False
    first_income_on: date | None = None
    note: str = ""


@transaction.atomic
def schedule_reports(contract: LicenceContract) -> list[UsageReport]:
    """Make the reports that the terms ask for up to the period that holds today; safe to run again.

    Reports of periods that no longer exist (an early end broke them) and that nobody has submitted are
    withdrawn; accepted figures stay what they are.
    """
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    made: list[UsageReport] = []
    if contract.effective_on is not None:
        schedule_locked([contract], made=made)
    return made


def schedule_locked(
    contracts: Sequence[LicenceContract], *, made: list[UsageReport] | None = None
) -> dict[int, date]:
    """`schedule_reports` for contracts in effect that the caller has locked, read together: the first later day on
    which time alone could make a difference, by contract. What was made goes into `made`."""
    make_meters_of(contracts)
    told = rating_inputs_of(contracts)
    there: dict[int, dict] = {contract.pk: {} for contract in contracts}
    standing = UsageReport.objects.filter(contract__in=list(there), amends=None)
    for report in standing.exclude(state=ReportState.WITHDRAWN).order_by("pk"):
        there[report.contract_id][report.period_start, report.period_end] = report
    days = {}
    for contract in contracts:
        with watching() as watch:
            new = _schedule(contract, told[contract.pk], there[contract.pk])
        days[contract.pk] = watch.until
        if made is not None:
            made += new
    return days


def _schedule(contract: LicenceContract, told: tuple, there: dict) -> list[UsageReport]:
    versions, facts, usage = told
    splits = rate(versions, facts, usage, today(), working=False).split_days
    asked = [
        p for p in periods(versions, facts, today(), splits) if asks_for_reports(terms_among(versions, p.end))
    ]
    wanted = {(p.start, p.end): p for p in asked}
    for key, report in there.items():
        if key not in wanted and ReportState.WITHDRAWN in NEXT.get(report.state, ()):
            report.state = ReportState.WITHDRAWN
            report.save(update_fields=["state"])
    made = [
        UsageReport(
            contract=contract,
            period_start=period.start,
            period_end=period.end,
            due_on=period.due_on,
            is_final=period.final,
        )
        for key, period in wanted.items()
        if key not in there
    ]
    UsageReport.objects.bulk_create(made)
    _open_due(contract, [*there.values(), *made])
    return made


def _open_due(contract: LicenceContract, reports: Iterable[UsageReport]) -> None:
    """Open the reports whose period is over, and say so once each."""
    for report in reports:
        if report.state != ReportState.SCHEDULED or report.period_end >= today():
            continue
        report.state = ReportState.OPEN
        report.save(update_fields=["state"])
        notify(
            members(contract.licensee, "report.submit"),
            "usage/report_open",
            report=report,
            contract=contract,
            path=report.get_absolute_url(),
        )


def _locked(report: UsageReport) -> UsageReport:
    LicenceContract.objects.select_for_update().get(pk=report.contract_id)
    return UsageReport.objects.select_for_update().select_related("contract").get(pk=report.pk)


@transaction.atomic
def submit_report(report: UsageReport, *, actor, draft: Draft) -> UsageReport:
    """Submit a report's figures, or an answer to a query. A nil report has no rows and is stated as such.

    Raises NotPermitted unless the actor reports for the licensee, TransitionRefused when the report is not
    open, Refused for a period that is not over and for rows that the terms cannot take, naming each.
    """
    report = _locked(report)
    permit(actor, "report.submit", report.contract.licensee, against=report.contract.licensor)
    check(report.state, ReportState.SUBMITTED, NEXT)
    if report.period_end >= today():
        raise Refused(_("The period is not over yet; it can be reported from the day after its end."))
    rows = check_rows(report, draft)
    report.rows.all().delete()
    UsageRow.objects.bulk_create(rows)
    report.is_nil, report.first_income_on, report.note = draft.is_nil, draft.first_income_on, draft.note
    report.state, report.submitted_at, report.submitted_by = ReportState.SUBMITTED, now(), actor.user
    report.save(update_fields=["is_nil", "first_income_on", "note", "state", "submitted_at", "submitted_by"])
    record(actor, "report.submitted", report, nil=draft.is_nil, rows=len(rows))
    _cure_missing(report)
    notify(
        members(report.contract.licensor, "report.accept"),
        "usage/report_submitted",
        report=report,
        contract=report.contract,
        path=report.get_absolute_url(),
    )
    return report


@transaction.atomic
def query_report(report: UsageReport, *, actor, query: str) -> UsageReport:
    """The licensor asks back; the licensee corrects the figures or answers, and submits again. A report that was
    asked about is not missing: the answer has days of its own, at the latest the report's due date."""
    report = _locked(report)
    permit(actor, "report.accept", report.contract.licensor, against=report.contract.licensee)
    check(report.state, ReportState.QUERIED, NEXT)
    if not query.strip():
        raise Refused(_("Say what is unclear: the reporter reads these words."))
    report.state, report.query, report.reminded = ReportState.QUERIED, query.strip(), 0
    report.due_on = max(report.due_on, today() + timedelta(days=ANSWER_DAYS))
    report.save(update_fields=["state", "query", "reminded", "due_on"])
    record(actor, "report.queried", report)
    notify(
        members(report.contract.licensee, "report.submit"),
        "usage/report_queried",
        report=report,
        contract=report.contract,
        path=report.get_absolute_url(),
    )
    return report


@transaction.atomic
def accept_report(report: UsageReport, *, actor) -> UsageReport:
    """Accept a submitted usage report; from here on it can be charged. An amended report that is accepted
    supersedes the one it amends.

    Raises TransitionRefused in any other state, so a double click is refused, not repeated, and NotPermitted
    unless the actor's organisation is the licensor and the role allows it.
    """
    report = _locked(report)
    permit(actor, "report.accept", report.contract.licensor, against=report.contract.licensee)
    check(report.state, ReportState.ACCEPTED, NEXT)
    if report.amends_id:
        original = UsageReport.objects.select_for_update().get(pk=report.amends_id)
        check(original.state, ReportState.SUPERSEDED, NEXT)
        original.state = ReportState.SUPERSEDED
        original.save(update_fields=["state"])
    report.state, report.accepted_at, report.accepted_by = ReportState.ACCEPTED, now(), actor.user
    report.save(update_fields=["state", "accepted_at", "accepted_by"])
    record(actor, "report.accepted", report)
    _state_first_income(report)
    notify(
        members(report.contract.licensee, "report.submit"),
        "usage/report_accepted",
        report=report,
        contract=report.contract,
        path=report.get_absolute_url(),
    )
    return report


@transaction.atomic
def amend_report(report: UsageReport, *, actor) -> UsageReport:
    """Begin an amended report for an accepted one; it starts with the same rows and counts once accepted.

    Raises TransitionRefused unless the report is accepted, Refused when an amendment is under way already.
    """
    report = _locked(report)
    permit(actor, "report.submit", report.contract.licensee, against=report.contract.licensor)
    if report.state != ReportState.ACCEPTED:
        raise TransitionRefused(
            _("Only an accepted report is amended; this one can still be changed itself.")
        )
    if UsageReport.objects.filter(amends=report).exists():
        raise Refused(_("An amendment of this report is under way already."))
    amended = UsageReport.objects.create(
        contract=report.contract,
        period_start=report.period_start,
        period_end=report.period_end,
        due_on=max(report.due_on, today()),
        is_final=report.is_final,
        state=ReportState.OPEN,
        is_nil=report.is_nil,
        first_income_on=report.first_income_on,
        amends=report,
    )
    UsageRow.objects.bulk_create(
        UsageRow(
            report=amended,
            meter=row.meter,
            product=row.product,
            period_start=row.period_start,
            period_end=row.period_end,
            quantity=row.quantity,
            components=row.components,
        )
        for row in report.rows.all()
    )
    record(actor, "report.amendment_begun", amended, amends=report.pk)
    return amended


@transaction.atomic
def discard_amendment(report: UsageReport, *, actor) -> UsageReport:
    """Drop an amended report that was never submitted; the accepted one goes on counting. Returns that one."""
    report = _locked(report)
    permit(actor, "report.submit", report.contract.licensee, against=report.contract.licensor)
    if not report.amends_id or report.state != ReportState.OPEN or report.submitted_at:
        raise TransitionRefused(_("Only an amendment that was never submitted can be discarded."))
    original = report.amends
    record(actor, "report.amendment_discarded", original, amendment=report.pk)
    report.delete()
    return original


@transaction.atomic
def add_evidence(report: UsageReport, *, actor, files: Iterable) -> list[Evidence]:
    """Attach checked files (see uploads.clean_upload) to a report that is not accepted yet. One that is there
    already, a form sent twice, is not attached again. Returns those that were."""
    report = _locked(report)
    permit(actor, "report.submit", report.contract.licensee)
    if report.state in (ReportState.ACCEPTED, ReportState.SUPERSEDED, ReportState.WITHDRAWN):
        raise TransitionRefused(_("This report is closed; begin an amended one to add evidence."))
    made = []
    for file in files:
        digest = hashlib.sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
        if report.evidence.filter(sha256=digest.hexdigest(), name=file.name[:120]).exists():
            continue
        made.append(
            Evidence.objects.create(
                report=report,
                file=file,
                name=file.name[:120],
                size=file.size,
                sha256=digest.hexdigest(),
                uploaded_by=actor.user,
            )
        )
    if made:
        record(actor, "report.evidence_added", report, sha256=[evidence.sha256 for evidence in made])
    return made


@transaction.atomic
def set_broker_access(contract: LicenceContract, *, actor, granted: bool) -> BrokerAccess:
    """The licensee lets the broker see figures and evidence, or stops it."""
    permit(actor, "report.submit", contract.licensee, against=contract.licensor)
    access, _made = BrokerAccess.objects.update_or_create(
        contract=contract,
        defaults={"granted": granted, "changed_at": now(), "changed_by": actor.user},
    )
    record(actor, "report.broker_access", contract, granted=granted)
    return access


@transaction.atomic
def chase_missing(report: UsageReport) -> None:
    """Send the reminders of an overdue report whose days have come, each once; when the last one has passed
    the missing report is notified as a breach: it is never a silent zero. Where the terms agree a deemed report,
    that counts instead of a breach."""
    chase_locked(_locked(report))


def chase_locked(report: UsageReport) -> None:
    """`chase_missing` for a report whose contract is locked already."""
    if report.state not in DUE or report.amends_id:  # the accepted report counts while it is being amended
        return
    while report.reminded < len(REMINDERS) and is_late(report.due_on, REMINDERS[report.reminded]):
        report.reminded += 1
        report.save(update_fields=["reminded"])
        notify(
            members(report.contract.licensee, "report.submit"),
            "usage/report_overdue",
            report=report,
            contract=report.contract,
            late=(today() - report.due_on).days,
            path=report.get_absolute_url(),
        )
    if deem_report(report):
        return
    if is_late(report.due_on, REMINDERS[-1]):
        notify_breach(
            report.contract,
            actor=None,
            kind=Breach.Kind.REPORT,
            words=f"{report.period_start} – {report.period_end}",  # the kind says the rest, in the reader's language
            key=breach_key(report),
        )


def breach_key(report: UsageReport) -> str:
    return f"report:{report.amends_id or report.pk}"


def _cure_missing(report: UsageReport) -> None:
    """A report that came cures the breach that its absence was."""
    breach = report.contract.breaches.filter(key=breach_key(report), state__in=UNSETTLED).first()
    if breach is not None:
        cure_breach(breach, actor=None)


def _state_first_income(report: UsageReport) -> None:
    """The licensor has accepted what the licensee stated: the first income is on record as a fact. A day that
    an earlier fact states differently is corrected by that fact, not here."""
    stated = report.contract.facts.filter(name="first_income").exclude(state=FactState.VOID)
    if report.first_income_on and not stated.filter(state=FactState.CONFIRMED).exists():
        record_fact(report.contract, actor=None, name="first_income", on=report.first_income_on)
