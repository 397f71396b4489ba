"""What may go wrong at a gateway, in one type, and in which words: kept with an invoice or account, told in the reader's
language (billing.reasons)."""

from django.utils.translation import gettext_lazy as _

from contracts.billing.reasons import known

KEY = known(_("Stripe does not accept the key (any more)."))
UNREACHABLE = known(_("Stripe could not be reached; it will be tried again."))
OTHER_FIGURES = known(_("This was sent to Stripe before with other figures."))
REFUSED = known(_("Stripe refused: %(words)s"))
NO_EMAIL = known(_("The licensee has no e-mail address for invoices; Stripe needs one."))
PART_PAID = known(_("At Stripe this was paid in part; void what is left there, or wait until it is paid."))
OTHER_AMOUNT = known(_("The draft at Stripe has another amount."))
REMOVED = known(_("The account was removed."))
UNFORESEEN = known(_("Something unexpected happened; it will be tried again. The operator's log says what."))


class GatewayError(Exception):
    """`retry` says whether trying again later can help; `message` is for the licensor's finance."""

    def __init__(self, message: str, *, retry: bool):
        super().__init__(str(message))
        self.message, self.retry = str(message), retry


class Missing(GatewayError):
    """It does not stand there (any more): it was deleted, or made through another account."""

    def __init__(self, message: str):
        super().__init__(message, retry=False)


class Unreachable(GatewayError):
    """No answer, or none of use: whoever asks next in the name of the same account finds the same."""

    def __init__(self):
        super().__init__(UNREACHABLE, retry=True)
