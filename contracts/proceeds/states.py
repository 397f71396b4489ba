"""States of a distribution and of what is paid out."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DistributionState(models.TextChoices):
    PROPOSED = "PROPOSED", pgettext_lazy("distribution", "proposed")
    RETURNED = "RETURNED", pgettext_lazy("distribution", "returned")
    APPROVED = "APPROVED", pgettext_lazy("distribution", "approved, being made known")
    PAID = "PAID", pgettext_lazy("distribution", "paid out")


DISTRIBUTION_NEXT = {
    DistributionState.PROPOSED: {DistributionState.APPROVED, DistributionState.RETURNED},
    DistributionState.APPROVED: {DistributionState.PAID},
}


class PayoutState(models.TextChoices):
    DUE = "DUE", pgettext_lazy("payout", "to be paid")
    PAID = "PAID", pgettext_lazy("payout", "paid")


PAYOUT_NEXT = {PayoutState.DUE: {PayoutState.PAID}}


class ShareKind(models.TextChoices):
    INVENTOR = "INVENTOR", _("contributor")
    STAFF = "STAFF", _("transfer staff")
    UNIT = "UNIT", _("institution")
