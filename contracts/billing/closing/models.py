"""Drafts of invoices and the end of a month."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contracts.billing.reasons import in_the_readers_language
from marketplace.clock import now
from marketplace.money import Money
from marketplace.organisations.models import Organisation


class DraftState(models.TextChoices):
    OPEN = "OPEN", pgettext_lazy("draft of an invoice", "in its days of grace")
    FINALISED = "FINALISED", pgettext_lazy("draft of an invoice", "finalised")
    DROPPED = "DROPPED", pgettext_lazy("draft of an invoice", "dropped")


DRAFT_NEXT = {DraftState.OPEN: {DraftState.FINALISED, DraftState.DROPPED}}


class InvoiceDraftQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """A draft is the licensor's alone: until it has a number nothing was asked for."""
        if acting is None or acting.organisation is None or not acting.can("invoice.read"):
            return self.none()
        return self.filter(contract__licensor=acting.organisation)


class InvoiceDraft(models.Model):
    """账单草稿: a contract's approved charges wait for their number until `finalise_on`. What it will state is
    worked out when it is looked at, so a correction during the days of grace is in it; nothing is numbered yet."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="invoice_drafts")
    opened_at = models.DateTimeField(default=now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    finalise_on = models.DateField(_("issued on"))
    state = models.CharField(_("state"), max_length=10, choices=DraftState.choices, default=DraftState.OPEN)
    closed_at = models.DateTimeField(null=True)

    objects = InvoiceDraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft of an invoice")
        ordering = ["finalise_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="OPEN"), name="invoice_draft_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True)
                | (~Q(state="OPEN") & Q(closed_at__isnull=False)),
                name="invoice_draft_closed_when",
            ),
        ]
        indexes = [models.Index(fields=["finalise_on"], condition=Q(state="OPEN"), name="invoice_draft_due")]

    def __str__(self):
        return f"{self.contract_id} {self.finalise_on}"


class RunState(models.TextChoices):
    RUNNING = "RUNNING", pgettext_lazy("month end", "running")
    DONE = "DONE", pgettext_lazy("month end", "done")
    STOPPED = "STOPPED", pgettext_lazy("month end", "stopped")


RUN_NEXT = {
    RunState.RUNNING: {RunState.DONE, RunState.STOPPED},
    RunState.DONE: {RunState.RUNNING},
    RunState.STOPPED: {RunState.RUNNING},
}


class MonthEndRunQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """A licensor's finance sees its own runs, the operator those over all contracts."""
        if acting is None or acting.organisation is None:
            return self.none()
        if acting.is_operator:
            return self.filter(issuer=None) if acting.can("market.watch") else self.none()
        return self.filter(issuer=acting.organisation) if acting.can("invoice.issue") else self.none()


class MonthEndRun(models.Model):
    """月结: charge and invoice all contracts once more when a month is over, one item per contract, so that it can
    be left, resumed after a crash and read afterwards. `issuer` is empty for the market's own run over all."""

    issuer = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="month_ends")
    month = models.DateField(_("month"))  # its first day
    state = models.CharField(_("state"), max_length=8, choices=RunState.choices, default=RunState.RUNNING)
    problem = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(_("started"), default=now)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = MonthEndRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("month end")
        ordering = ["-month", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "month"], name="month_end_once", nulls_distinct=False)
        ]

    def __str__(self):
        return f"{self.issuer_id or '*'} {self.month:%Y-%m}"

    def get_absolute_url(self):
        return reverse("month_end", args=[self.pk])

    @property
    def problem_words(self) -> str:
        return in_the_readers_language(self.problem)


class ItemState(models.TextChoices):
    WAITING = "WAITING", pgettext_lazy("month end of a contract", "waiting")
    DONE = "DONE", pgettext_lazy("month end of a contract", "done")
    FAILED = "FAILED", pgettext_lazy("month end of a contract", "failed")


class MonthEndItem(models.Model):
    """What the end of a month did for one contract; written in the transaction that does it."""

    run = models.ForeignKey(MonthEndRun, models.CASCADE, related_name="items")
    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=ItemState.choices, default=ItemState.WAITING)
    charges = models.PositiveSmallIntegerField(_("new charges"), default=0)
    invoices = models.PositiveSmallIntegerField(_("invoices"), default=0)
    total_minor = models.BigIntegerField(_("invoiced"), default=0)
    currency = models.CharField(max_length=3, blank=True)
    draft = models.BooleanField(_("waits as a draft"), default=False)
    held = models.PositiveSmallIntegerField(_("charges to look at"), default=0)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("month end of a contract")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "contract"], name="month_end_item_once")]
        indexes = [models.Index(fields=["run", "state", "id"], name="month_end_item_state")]

    def __str__(self):
        return f"{self.run_id}: {self.contract_id}"

    @property
    def total(self) -> Money | None:
        return Money(self.total_minor, self.currency) if self.currency else None

    @property
    def problem_words(self) -> str:
        return in_the_readers_language(self.problem)
