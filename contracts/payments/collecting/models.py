"""What happens to invoices that are not paid: reminders in steps, and the write-off."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contracts.billing.models import Invoice
from contracts.ledger.models import to_book
from contracts.lifecycle.models.forgetting import OF_INVOICE, forgets_looks, forgets_looks_of_many
from contracts.lifecycle.models.looks import OF_MONEY, Task
from contracts.payments.reasons import SMALLER
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.money import Money
from marketplace.organisations.models import Organisation

CONTRACTS_OF_ISSUER = """
SELECT contract_id FROM contracts_invoice WHERE issuer_id = COALESCE(NEW.organisation_id, OLD.organisation_id)
"""


class DunningStep(models.Model):
    """催款步骤 of an issuer: so many days after the due date, with this text. Days below zero remind before it."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="dunning_steps")
    level = models.PositiveSmallIntegerField(_("level"))
    days = models.SmallIntegerField(_("days after the due date"))
    subject_zh = models.CharField(_("subject (Chinese)"), max_length=120)
    body_zh = models.TextField(_("text (Chinese)"), max_length=1000)
    subject_en = models.CharField(_("subject (English)"), max_length=120)
    body_en = models.TextField(_("text (English)"), max_length=1000)

    class Meta:
        verbose_name = _("dunning step")
        ordering = ["organisation", "level"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "level"], name="dunning_level_once"),
            models.UniqueConstraint(fields=["organisation", "days"], name="dunning_days_once"),
        ]
        triggers = [forgets_looks_of_many(CONTRACTS_OF_ISSUER, [Task.DUNNING])]

    def __str__(self):
        return f"{self.level}: {self.days}"


class DunningNotice(models.Model):
    """One reminder that went out: which step of which invoice, what was open then, and what it said."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="dunning_notices")
    level = models.PositiveSmallIntegerField(_("level"))
    days = models.SmallIntegerField(_("days after the due date"))
    sent_on = models.DateField(_("sent on"))
    open_minor = models.BigIntegerField(_("open amount"))
    subject_zh = models.CharField(max_length=200)
    subject_en = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("reminder")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["invoice", "days"], name="dunning_notice_once")]
        triggers = append_only_triggers("dunningnotice")

    def __str__(self):
        return f"{self.invoice_id}: {self.level}"

    @property
    def subject(self) -> str:
        return self.subject_en if (get_language() or "").startswith("en") else self.subject_zh


class DunningPause(models.Model):
    """No reminders of this invoice until a day, with the reason: an instalment was agreed, the paper is being
    corrected."""

    invoice = models.OneToOneField(Invoice, models.CASCADE, related_name="dunning_pause")
    until = models.DateField(_("no reminders until"))
    reason = models.CharField(_("reason"), max_length=200)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=now)

    class Meta:
        triggers = [forgets_looks(OF_INVOICE, [Task.DUNNING])]

    def __str__(self):
        return f"{self.invoice_id}: {self.until}"


class WriteOffState(models.TextChoices):
    PROPOSED = "PROPOSED", pgettext_lazy("write-off", "waits for approval")
    APPROVED = "APPROVED", pgettext_lazy("write-off", "written off")
    RETURNED = "RETURNED", pgettext_lazy("write-off", "returned")
    TAKEN_BACK = "TAKEN_BACK", pgettext_lazy("write-off", "taken back")


WRITE_OFF_NEXT = {
    WriteOffState.PROPOSED: {WriteOffState.APPROVED, WriteOffState.RETURNED},
    WriteOffState.APPROVED: {WriteOffState.TAKEN_BACK},
}


class WriteOffQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Proposals and reasons are the issuer's own matter."""
        if acting is None or acting.organisation is None or not acting.can("write_off.read"):
            return self.none()
        return self.filter(invoice__issuer=acting.organisation)


class WriteOff(models.Model):
    """坏账核销: the issuer no longer expects what is open on an invoice. Proposed by its finance, approved by another
    person; taken back when money comes after all. Both sides see that the invoice was written off, only the issuer why."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="write_offs")
    amount_minor = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=500)
    state = models.CharField(
        _("state"), max_length=10, choices=WriteOffState.choices, default=WriteOffState.PROPOSED
    )
    proposed_at = models.DateTimeField(_("proposed"), default=now)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_on = models.DateField(_("decided on"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision = models.CharField(_("words of the decision"), max_length=500, blank=True)
    taken_back_on = models.DateField(_("taken back on"), null=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_back_reason = models.CharField(max_length=500, blank=True)

    objects = WriteOffQuerySet.as_manager()

    class Meta:
        verbose_name = _("write-off")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="write_off_of_money"),
            models.UniqueConstraint(
                fields=["invoice"],
                condition=Q(state__in=["PROPOSED", "APPROVED"]),
                name="write_off_one_standing",
            ),
            models.CheckConstraint(
                condition=Q(state="PROPOSED", decided_on__isnull=True)
                | (~Q(state="PROPOSED") & Q(decided_on__isnull=False, decided_by__isnull=False)),
                name="write_off_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("proposed_by")),
                name="write_off_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="TAKEN_BACK", taken_back_on__isnull=False)
                | (~Q(state="TAKEN_BACK") & Q(taken_back_on__isnull=True)),
                name="write_off_taken_back_when",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="write_off_keep",
                fields=["invoice", "amount_minor", "reason", "proposed_at", "proposed_by"],
            ),
            pgtrigger.Protect(name="write_off_keep_row", operation=pgtrigger.Delete),
            to_book("write_off", changes=True),
            to_book("write_off_back", changes=True),
            forgets_looks(OF_INVOICE, OF_MONEY),
        ]

    def __str__(self):
        return f"{self.invoice_id}: {self.amount_minor}"

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.invoice.currency)

    @property
    def taken_back_words(self) -> str:
        return self.taken_back_reason or str(SMALLER)
