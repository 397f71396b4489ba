"""Credit notes, what is noted beside them, and the PDF of either paper."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.billing.models.charges import Charge
from contracts.billing.models.invoices import Invoice
from contracts.billing.reasons import in_the_readers_language
from contracts.billing.unprinted import to_print
from contracts.lifecycle.models.forgetting import OF_INVOICE, forgets_looks
from contracts.lifecycle.models.looks import OF_MONEY
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.organisations.models import Organisation


class CreditNote(models.Model):
    """红字账单: takes back part of an invoice, with a number of its own; never more than is left."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes")
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="credit_notes_issued")
    series = models.CharField(max_length=4, default="CN")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(_("number"), max_length=30)
    issued_on = models.DateField(_("issued on"))
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    reason = models.TextField(_("reason"))
    snapshot = models.JSONField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("credit note")
        ordering = ["-issued_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "series", "year", "sequence"], name="credit_note_number_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("net_minor") + models.F("vat_minor")),
                name="credit_note_adds_up",
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="credit_note_gives_back"),
        ]
        triggers = [
            *append_only_triggers("creditnote"),
            forgets_looks(OF_INVOICE, OF_MONEY),
            to_print("credit_note"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("credit_note", args=[self.pk])

    @property
    def reason_words(self) -> str:
        return in_the_readers_language(self.reason)


class CreditNoteLine(models.Model):
    """An adjustment (or a line taken back by hand) on a credit note; `price_minor` is positive."""

    credit_note = models.ForeignKey(CreditNote, models.PROTECT, related_name="lines")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, related_name="credit_lines")
    text_zh = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300)
    price_minor = models.BigIntegerField()

    class Meta:
        verbose_name = _("credit note line")
        ordering = ["id"]
        triggers = append_only_triggers("creditnoteline")

    def __str__(self):
        return self.text_en


class RedLetter(models.Model):
    """红字发票信息: the reference of the red-letter confirmation (信息确认单编号) and the number of the red tax invoice,
    noted by hand beside a credit note; the tax invoice itself is issued outside. The newest row counts."""

    credit_note = models.ForeignKey(CreditNote, models.PROTECT, related_name="red_letters")
    reference = models.CharField(_("reference of the red-letter confirmation"), max_length=40)
    tax_invoice_number = models.CharField(_("number of the red tax invoice"), max_length=30, blank=True)
    noted_at = models.DateTimeField(default=now)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("red-letter reference")
        ordering = ["-id"]
        triggers = append_only_triggers("redletter")

    def __str__(self):
        return self.reference


class BillingDocument(models.Model):
    """The PDF of an invoice or credit note: made once, kept with its hash, never rendered again."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, null=True, related_name="document")
    credit_note = models.OneToOneField(CreditNote, models.PROTECT, null=True, related_name="document")
    file = models.FileField(upload_to="billing/")
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("billing document")
        constraints = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, credit_note__isnull=True)
                | Q(invoice__isnull=True, credit_note__isnull=False),
                name="billing_document_of_one",
            )
        ]
        triggers = append_only_triggers("billingdocument")

    def __str__(self):
        return self.sha256[:12]
