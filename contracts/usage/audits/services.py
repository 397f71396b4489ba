"""Announce an audit, state what it found, answer. Agreed findings supersede the reports that they correct, so that
everything is rated again: what follows is an adjustment like any other, never a sum typed in by hand."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.lifecycle.models import LicenceContract
from contracts.rating import rate
from contracts.usage.audits.models import NEXT, OPEN, WORKING, AuditFinding, AuditState, UsageAudit
from contracts.usage.meters import check_rows
from contracts.usage.models import UsageReport, UsageRow
from contracts.usage.queries import rating_inputs, read_row, stored_row
from contracts.usage.services import Draft
from contracts.usage.states import NEXT as REPORT_NEXT
from contracts.usage.states import ReportState
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.money import Money
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members, permit
from marketplace.refusals import Refused, TransitionRefused, check

NOTICE_DAYS = 14  # between notice and beginning; no rule prescribes it


@transaction.atomic
def announce_audit(
    contract: LicenceContract,
    *,
    actor,
    period_start: date,
    period_end: date,
    starts_on: date,
    auditor: str,
    scope: str,
) -> UsageAudit:
    """The licensor gives notice that it will look into the accounts of a period.

    Raises NotPermitted unless the actor's role allows it for the licensor; Refused where the terms agree no right
    of inspection, without two weeks' notice, for a period without accepted reports, or while another audit is open.
    """
    permit(actor, "audit.open", contract.licensor, against=contract.licensee)
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
    if contract.effective_on is None or not contract.terms.report.inspection:
        raise Refused(_("The terms agree no right to inspect the accounts."))
    if starts_on < today() + timedelta(days=NOTICE_DAYS):
        raise Refused(_("Give at least %(days)s days' notice.") % {"days": NOTICE_DAYS})
    if UsageAudit.objects.filter(contract=contract, state__in=OPEN).exists():
        raise Refused(_("Another audit of this contract is open; finish it first."))
    audit = UsageAudit(
        contract=contract, period_start=period_start, period_end=period_end, starts_on=starts_on,
        auditor=auditor.strip(), scope=scope.strip(), announced_by=actor.user,
    )  # fmt: skip
    if period_end < period_start or not audited_reports(audit):
        raise Refused(_("There is no accepted report in this period; an audit compares with reports."))
    audit.save()
    record(actor, "audit.announced", audit)
    _tell(audit, contract.licensee, "audit.answer", "usage/audit_announced")
    return audit


def audited_reports(audit: UsageAudit) -> list[UsageReport]:
    """The accepted reports whose period lies inside the audit's."""
    reports = UsageReport.objects.filter(
        contract=audit.contract,
        state=ReportState.ACCEPTED,
        period_start__gte=audit.period_start,
        period_end__lte=audit.period_end,
    )
    return list(reports.prefetch_related("rows").order_by("period_start"))


def _locked(audit: UsageAudit) -> UsageAudit:
    LicenceContract.objects.select_for_update().get(pk=audit.contract_id)
    found = UsageAudit.objects.select_for_update(of=["self"]).select_related("contract")
    return found.get(pk=audit.pk)


@transaction.atomic
def enter_finding(audit: UsageAudit, report: UsageReport, *, actor, draft: Draft) -> AuditFinding | None:
    """The figures of one report as found; the same as reported means no finding, and takes back an earlier one.

    Raises Refused before the audit begins and for another period, Incomplete naming every figure that is wrong.
    """
    audit = _locked(audit)
    permit(actor, "audit.open", audit.contract.licensor, against=audit.contract.licensee)
    if audit.state not in WORKING:
        raise TransitionRefused(_("Findings can be changed while the audit goes on or is contested."))
    if audit.starts_on > today():
        raise Refused(_("The audit begins on %(day)s; findings come after that.") % {"day": audit.starts_on})
    if report.pk not in {one.pk for one in audited_reports(audit)}:
        raise Refused(_("This report is not part of the audit."))
    rows = [stored_row(row) for row in check_rows(report, draft)]
    if _without_nothing(rows) == _without_nothing([stored_row(row) for row in report.rows.all()]):
        AuditFinding.objects.filter(audit=audit, report=report).delete()
        return None
    finding, _made = AuditFinding.objects.update_or_create(
        audit=audit, report=report, defaults={"rows": rows, "entered_by": actor.user, "entered_at": now()}
    )
    record(actor, "audit.finding", audit, report=report.pk)
    return finding


def _without_nothing(rows: list[dict]) -> list[dict]:
    kept = [
        row for row in rows if row["quantity"] not in ("0", None) or any((row["components"] or {}).values())
    ]
    return sorted(kept, key=lambda row: (row["meter"], row["product"], row["period_start"]))


@transaction.atomic
def send_findings(audit: UsageAudit, *, actor, words: str, cost_minor: int) -> UsageAudit:
    """State the findings and what the audit cost; the licensee answers. Without a finding the audit is closed,
    and its cost stays with the licensor."""
    audit = _locked(audit)
    permit(actor, "audit.open", audit.contract.licensor, against=audit.contract.licensee)
    target = AuditState.FINDINGS if audit.findings.exists() else AuditState.CLOSED
    check(audit.state, target, NEXT)
    if audit.starts_on > today():
        raise Refused(_("The audit begins on %(day)s; findings come after that.") % {"day": audit.starts_on})
    if not words.strip():
        raise Refused(_("Say in words what was found: the licensee reads it."))
    audit.state, audit.words, audit.cost_minor = target, words.strip(), cost_minor
    audit.stated_by, audit.stated_at = actor.user, now()
    audit.save()
    record(actor, "audit.findings", audit, state=target.value, cost_minor=cost_minor)
    _tell(audit, audit.contract.licensee, "audit.answer", "usage/audit_findings")
    return audit


@transaction.atomic
def answer_findings(audit: UsageAudit, *, actor, agree: bool, words: str = "") -> UsageAudit:
    """The licensee agrees: each finding supersedes its report and is rated; or contests, with reasons.

    Raises Refused for contesting without words, and while an amendment of an audited report is under way.
    """
    audit = _locked(audit)
    permit(actor, "audit.answer", audit.contract.licensee, against=audit.contract.licensor)
    target = AuditState.AGREED if agree else AuditState.CONTESTED
    check(audit.state, target, NEXT)
    if not agree and not words.strip():
        raise Refused(_("Say why: the licensor reads these words."))
    if agree:
        audit.reported_minor, audit.found_minor = (money.minor for money in compare(audit))
    audit.state, audit.answer = target, words.strip()
    audit.answered_by, audit.answered_at = actor.user, now()
    audit.save()
    if agree:
        for finding in audit.findings.select_related("report"):
            _supersede(audit, finding, actor.user)
    record(actor, "audit.answered", audit, agreed=agree)
    _tell(audit, audit.contract.licensor, "audit.open", "usage/audit_answered")
    return audit


def _supersede(audit: UsageAudit, finding: AuditFinding, user) -> None:
    report = UsageReport.objects.select_for_update().get(pk=finding.report_id)
    if UsageReport.objects.filter(amends=report).exists():
        raise Refused(
            _("An amendment of the report %(period)s is under way: finish or discard it first.")
            % {"period": str(report)}
        )
    check(report.state, ReportState.SUPERSEDED, REPORT_NEXT)
    report.state = ReportState.SUPERSEDED
    report.save(update_fields=["state"])
    amended = UsageReport.objects.create(
        contract=audit.contract,
        period_start=report.period_start,
        period_end=report.period_end,
        due_on=report.due_on,
        is_final=report.is_final,
        state=ReportState.ACCEPTED,
        is_nil=not finding.rows,
        first_income_on=report.first_income_on,
        note=_("As the audit found."),
        amends=report,
        submitted_at=audit.stated_at,
        submitted_by=audit.stated_by,
        accepted_at=now(),
        accepted_by=user,
    )
    UsageRow.objects.bulk_create(UsageRow(report=amended, **read_row(row)._asdict()) for row in finding.rows)


@transaction.atomic
def withdraw_audit(audit: UsageAudit, *, actor) -> UsageAudit:
    audit = _locked(audit)
    permit(actor, "audit.open", audit.contract.licensor, against=audit.contract.licensee)
    check(audit.state, AuditState.WITHDRAWN, NEXT)
    audit.state = AuditState.WITHDRAWN
    audit.save(update_fields=["state"])
    record(actor, "audit.withdrawn", audit)
    _tell(audit, audit.contract.licensee, "audit.answer", "usage/audit_answered")
    return audit


def compare(audit: UsageAudit) -> tuple[Money, Money]:
    """(reported, found): what the audited periods cost by the reports and by the findings, by one and the same
    rating; only charges of periods that end inside the audit's."""
    findings = {f.report_id: [read_row(row) for row in f.rows] for f in audit.findings.all()}
    sums = []
    for found in ({}, findings):
        versions, facts, usage = rating_inputs(audit.contract, found=found)
        rating = rate(versions, facts, usage, max(today(), audit.period_end))
        total = sum(
            charge.amount.minor
            for charge in rating.charges
            if audit.period_start <= charge.period_end <= audit.period_end
        )
        sums.append(Money(total, rating.currency))
    return sums[0], sums[1]


def _tell(audit: UsageAudit, organisation, permission: str, template: str) -> None:
    notify(
        members(organisation, permission),
        template,
        audit=audit,
        contract=audit.contract,
        state=audit.state,
        path=audit.get_absolute_url(),
    )
