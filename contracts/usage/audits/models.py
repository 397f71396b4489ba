"""查账权: the licensor looks into the accounts that the royalty depends on (Civil Code art. 846), states what it
found, and the licensee agrees or contests."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.usage.models import UsageReport
from marketplace.clock import now


class AuditState(models.TextChoices):
    ANNOUNCED = "ANNOUNCED", _("announced")
    FINDINGS = "FINDINGS", _("findings to be answered")
    CONTESTED = "CONTESTED", _("contested")
    AGREED = "AGREED", _("agreed")
    CLOSED = "CLOSED", _("closed without findings")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")


NEXT = {
    AuditState.ANNOUNCED: {AuditState.FINDINGS, AuditState.CLOSED, AuditState.WITHDRAWN},
    AuditState.FINDINGS: {AuditState.AGREED, AuditState.CONTESTED, AuditState.WITHDRAWN},
    AuditState.CONTESTED: {AuditState.FINDINGS, AuditState.CLOSED, AuditState.WITHDRAWN},
}
OPEN = (AuditState.ANNOUNCED, AuditState.FINDINGS, AuditState.CONTESTED)
WORKING = (AuditState.ANNOUNCED, AuditState.CONTESTED)  # findings may be entered


class AuditQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """The two parties: what an audit finds is nobody else's business, the broker's neither."""
        if acting.organisation is None or not acting.can("audit.read"):
            return self.none()
        mine = acting.organisation
        return self.filter(Q(contract__licensor=mine) | Q(contract__licensee=mine))


class UsageAudit(models.Model):
    """One audit. `reported_minor` and `found_minor` are what the audited periods cost by the reports and by the
    findings, stated when both agreed."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="audits")
    state = models.CharField(
        _("state"), max_length=10, choices=AuditState.choices, default=AuditState.ANNOUNCED
    )
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period until"))
    starts_on = models.DateField(_("begins on"))
    auditor = models.CharField(_("who looks into the accounts"), max_length=200)
    scope = models.TextField(_("what is looked into"))
    announced_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    announced_at = models.DateTimeField(default=now)
    words = models.TextField(_("findings in words"), blank=True)
    cost_minor = models.BigIntegerField(_("cost of the audit"), default=0)
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    stated_at = models.DateTimeField(null=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reported_minor = models.BigIntegerField(null=True)
    found_minor = models.BigIntegerField(null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"],
                condition=Q(state__in=["ANNOUNCED", "FINDINGS", "CONTESTED"]),
                name="audit_open_once",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=models.F("period_start")), name="audit_period_in_order"
            ),
            models.CheckConstraint(condition=Q(cost_minor__gte=0), name="audit_cost_not_negative"),
            models.CheckConstraint(
                condition=~Q(state__in=["FINDINGS", "CONTESTED", "AGREED"])
                | Q(stated_by__isnull=False, stated_at__isnull=False),
                name="audit_findings_stated_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="AGREED")
                | Q(answered_by__isnull=False, reported_minor__isnull=False, found_minor__isnull=False),
                name="audit_agreed_is_whole",
            ),
        ]

    def __str__(self):
        return f"{self.contract_id} {self.period_start} – {self.period_end}"

    def get_absolute_url(self):
        return reverse("audit", args=[self.pk])


class AuditFinding(models.Model):
    """The figures of one report as the audit found them."""

    audit = models.ForeignKey(UsageAudit, models.CASCADE, related_name="findings")
    report = models.ForeignKey(UsageReport, models.PROTECT, related_name="+")
    rows = models.JSONField()  # as UsageRow
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("finding")
        ordering = ["report__period_start", "id"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "report"], name="audit_finding_once_a_report")
        ]

    def __str__(self):
        return str(self.report_id)
