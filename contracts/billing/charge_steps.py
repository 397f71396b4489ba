"""What is decided about charges, and how a single contract is billed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.billing.models import Charge
from contracts.lifecycle.states import Side
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now


class ChargeStep(models.Model):
    """What people (or a correction) decided about a charge, in order, with their words; both sides read it."""

    class Step(models.TextChoices):
        RELEASED = "RELEASED", _("looked at and released")
        REFUSED = "REFUSED", _("refused")
        DISPUTED = "DISPUTED", _("disputed")
        UPHELD = "UPHELD", _("the charge stands")
        WITHDRAWN = "WITHDRAWN", _("dispute withdrawn")
        WAIVED = "WAIVED", _("waived")
        CORRECTED = "CORRECTED", _("changed by a correction")

    charge = models.ForeignKey(Charge, models.PROTECT, related_name="steps")
    step = models.CharField(_("step"), max_length=10, choices=Step.choices)
    words = models.TextField(_("in words"), blank=True)
    side = models.CharField(max_length=10, choices=Side.choices, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("step of a charge")
        ordering = ["id"]
        triggers = append_only_triggers("chargestep")

    def __str__(self):
        return f"{self.charge_id} {self.step}"


class ContractBilling(models.Model):
    """What a licensor has set for one contract, in place of its own `BillingPolicy`."""

    contract = models.OneToOneField("contracts.LicenceContract", models.PROTECT, related_name="billing")
    carry_below_minor = models.PositiveBigIntegerField(_("carry corrections below"))
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("billing of a contract")

    def __str__(self):
        return f"{self.contract_id}: {self.carry_below_minor}"
