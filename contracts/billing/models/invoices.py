"""Invoices and their lines."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.billing.models.charges import Charge, of_party
from contracts.billing.unprinted import to_print
from contracts.lifecycle.models.forgetting import forgets_looks
from contracts.lifecycle.models.looks import OF_MONEY
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.organisations.models import Organisation


class InvoiceQuerySet(models.QuerySet):
    def visible_to(self, acting):
        mine = of_party("contract__", acting, "invoice.read")
        return self.none() if mine is None else self.filter(mine)


class Invoice(models.Model):
    """账单: what the licensor asks the licensee to pay, with a gapless number of the issuer. It copies what it
    states and is never edited; a credit note answers it. The tax invoice (数电票) is issued outside; its number
    can be noted."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="invoices")
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices_issued")
    payer = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices_received")
    series = models.CharField(max_length=4, default="INV")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(_("number"), max_length=30)
    issued_on = models.DateField(_("issued on"))
    due_on = models.DateField(_("due on"))
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField(_("net"))
    vat_minor = models.BigIntegerField(_("VAT"))
    total_minor = models.BigIntegerField(_("total"))
    vat_rate = models.DecimalField(max_digits=5, decimal_places=4)
    vat_basis = models.CharField(max_length=300)
    reference_code = models.CharField(_("reference for the bank transfer"), max_length=16, unique=True)
    snapshot = models.JSONField()
    tax_invoice_number = models.CharField(_("number of the tax invoice"), max_length=30, blank=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        ordering = ["-issued_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "series", "year", "sequence"], name="invoice_number_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("net_minor") + models.F("vat_minor")), name="invoice_adds_up"
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="invoice_asks_for_money"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="invoice_keep_figures", exclude=["tax_invoice_number"]),
            pgtrigger.Protect(name="invoice_keep", operation=pgtrigger.Delete),
            forgets_looks(tasks=OF_MONEY),
            to_print("invoice"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("invoice", args=[self.pk])


class InvoiceLine(models.Model):
    """One charge on an invoice. `net_minor` is without VAT, `price_minor` the charge as the terms state it."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    charge = models.OneToOneField(Charge, models.PROTECT, related_name="invoice_line")
    text_zh = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300)
    price_minor = models.BigIntegerField()

    class Meta:
        verbose_name = _("invoice line")
        ordering = ["id"]
        triggers = append_only_triggers("invoiceline")

    def __str__(self):
        return self.text_en
