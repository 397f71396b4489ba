"""Reasons of money that nobody wrote by hand, shown in the reader's language (billing.reasons)."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from contracts.billing.reasons import in_the_readers_language, known

SMALLER = known(_("A credit note made the invoice smaller."))
THROUGH_STRIPE = known(_("Given back through Stripe"))
REFUND = _("Refund: %(reason)s")


def words(reason: str) -> str:
    """A stored reason for whoever reads it; of an allocation that a refund undid, the refund's own."""
    for language, _name in settings.LANGUAGES:
        with override(language):
            begins = str(REFUND) % {"reason": ""}
        if reason.startswith(begins):
            return str(REFUND) % {"reason": in_the_readers_language(reason.removeprefix(begins))}
    return in_the_readers_language(reason)
