"""What an issuer bills by: its VAT rates, its habits, its numbers."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.organisations.models import Organisation


class IssuerVat(models.Model):
    """The VAT rate of an issuer from a day on: the rate belongs to the issuer, not to the market."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="vat_rates")
    rate = models.DecimalField(_("VAT rate"), max_digits=5, decimal_places=4)
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=200)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("VAT rate of an issuer")
        ordering = ["organisation", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "valid_from"], name="issuer_vat_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="issuer_vat_is_a_rate"),
        ]

    def __str__(self):
        return f"{self.organisation_id} {self.rate} {self.valid_from}"


class BillingPolicy(models.Model):
    """How an issuer bills: whether accrued charges are approved without a person, and how many days a draft waits
    before it gets its number."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="billing_policy")
    approve_automatically = models.BooleanField(_("approve charges automatically"), default=False)
    carry_below_minor = models.PositiveBigIntegerField(_("carry corrections below"), default=0)  # fen
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)

    def __str__(self):
        return str(self.organisation_id)


class NumberSeries(models.Model):
    """The last number given by an issuer in a series and year; its lock makes numbers gapless."""

    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "series", "year"], name="number_series_once")
        ]

    def __str__(self):
        return f"{self.series}-{self.year}: {self.last}"
