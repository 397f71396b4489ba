"""Reasons of money that nobody wrote by hand, shown in the reader's language (billing.reasons)."""

from django.utils.translation import gettext_lazy as _

from contracts.billing.reasons import known

SMALLER = known(_("A credit note made the invoice smaller."))
THROUGH_STRIPE = known(_("Given back through Stripe"))
REFUND = known(_("Refund: %(reason)s"))  # of an allocation that a refund undid
