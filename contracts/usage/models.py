from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.forgetting import forgets_looks
from contracts.lifecycle.models.known import ClockTimestamp, known_trigger
from contracts.usage.states import DUE, ReportState
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now, today


class UsageReportQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Figures are for the two parties; for the broker only with the licensee's consent."""
        if acting.organisation is None or not acting.can("report.read"):
            return self.none()
        mine = acting.organisation
        return self.filter(
            Q(contract__licensor=mine)
            | Q(contract__licensee=mine)
            | Q(contract__agency=mine, contract__broker_access__granted=True)
        )

    def of_period(self, contract, start, end):
        return self.filter(contract=contract, period_start=start, period_end=end)

    def overdue(self, on=None):
        """Reports that are missing; an amendment is not, because the report that it amends counts."""
        return self.filter(state__in=DUE, amends=None, due_on__lt=on or today())


class UsageReport(models.Model):
    """使用报告: what was used and sold in one period. An amended report supersedes, nothing is edited once
    accepted. A nil report is a report; a missing one is never zero."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="reports")
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period until"))
    due_on = models.DateField(_("due on"))
    is_final = models.BooleanField(_("final report"), default=False)
    state = models.CharField(
        _("state"), max_length=12, choices=ReportState.choices, default=ReportState.SCHEDULED
    )
    is_nil = models.BooleanField(_("nil report"), default=False)
    first_income_on = models.DateField(_("date of first income"), null=True, blank=True)
    note = models.TextField(_("remarks"), blank=True)
    amends = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="amended_by", verbose_name=_("amends")
    )
    submitted_at = models.DateTimeField(null=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    query = models.TextField(_("query"), blank=True)
    answer = models.TextField(_("answer"), blank=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reminded = models.PositiveSmallIntegerField(default=0)  # reminders sent: +0, +7, +15 days
    created_at = models.DateTimeField(default=now)
    known_at = models.DateTimeField(null=True, editable=False)  # since when its figures count …
    unknown_at = models.DateTimeField(
        null=True, editable=False
    )  # … and do not any more, nor what was deemed of it

    objects = UsageReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage report")
        verbose_name_plural = _("usage reports")
        ordering = ["-period_end", "-id"]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(state__in=["OPEN", "QUERIED"]), name="report_awaited")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_end__gte=models.F("period_start")), name="report_period_in_order"
            ),
            models.UniqueConstraint(
                fields=["contract", "period_start", "period_end"],
                condition=Q(state="ACCEPTED"),
                name="report_accepted_once",
            ),
            models.UniqueConstraint(
                fields=["contract", "period_start", "period_end"],
                condition=Q(amends=None) & ~Q(state="WITHDRAWN"),
                name="report_scheduled_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["SUBMITTED", "QUERIED", "ACCEPTED", "SUPERSEDED"])
                | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="report_submitted_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["ACCEPTED", "SUPERSEDED"])
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="report_accepted_by_somebody",
            ),
        ]
        triggers = [
            known_trigger(
                "report_known",
                known_at="NEW.state = 'ACCEPTED'",
                unknown_at="NEW.state = 'WITHDRAWN' OR (NEW.known_at IS NOT NULL AND NEW.state <> 'ACCEPTED')",
            ),
            forgets_looks(),
        ]

    def __str__(self):
        return f"{self.period_start} – {self.period_end}"

    def get_absolute_url(self):
        return reverse("report", args=[self.pk])

    @property
    def is_overdue(self) -> bool:
        return self.state in DUE and self.amends_id is None and self.due_on < today()


class UsageRow(models.Model):
    """One figure of a report: a meter's quantity, or the components of sales, for a product and (part of)
    the period. Money meters and components are whole minor units."""

    report = models.ForeignKey(UsageReport, models.CASCADE, related_name="rows")
    meter = models.CharField(_("meter"), max_length=60)
    product = models.CharField(_("product"), max_length=120, blank=True)
    period_start = models.DateField()
    period_end = models.DateField()
    quantity = models.DecimalField(_("quantity"), max_digits=24, decimal_places=6, null=True, blank=True)
    components = models.JSONField(null=True, blank=True)  # {"invoiced_incl_vat": 271200000, "vat": …}

    class Meta:
        verbose_name = _("usage row")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__isnull=False, components__isnull=True)
                | Q(quantity__isnull=True, components__isnull=False),
                name="usage_row_quantity_or_components",
            )
        ]

    def __str__(self):
        return f"{self.meter} {self.product}"


class DeemedReport(models.Model):
    """推定申报: figures that count, as the terms agreed, while a report is missing; the late report corrects them."""

    report = models.OneToOneField(UsageReport, models.PROTECT, related_name="deemed")
    rows = models.JSONField()  # as UsageRow: meter, product, period_start, period_end, quantity or components
    basis = models.ForeignKey(
        UsageReport, models.PROTECT, related_name="+"
    )  # whose figures; of the highest, the last one
    made_at = models.DateTimeField(_("since"), default=now)
    known_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        verbose_name = _("deemed report")
        triggers = [
            *append_only_triggers("deemedreport"),
            forgets_looks("(SELECT contract_id FROM contracts_usagereport WHERE id = NEW.report_id)"),
        ]

    def __str__(self):
        return str(self.report_id)


def evidence_path(instance, filename):
    return f"evidence/{instance.report_id}/{filename}"


class Evidence(models.Model):
    """佐证材料: a file behind a report; private to the two parties."""

    report = models.ForeignKey(UsageReport, models.CASCADE, related_name="evidence")
    file = models.FileField(upload_to=evidence_path)
    name = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("evidence")
        ordering = ["id"]

    def __str__(self):
        return self.name


class BrokerAccess(models.Model):
    """Whether the licensee lets the broker of a contract see figures and evidence."""

    contract = models.OneToOneField("contracts.LicenceContract", models.CASCADE, related_name="broker_access")
    granted = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    def __str__(self):
        return f"{self.contract_id}: {self.granted}"
