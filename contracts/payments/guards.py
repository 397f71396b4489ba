"""Why a contract cannot be closed: invoices that are not paid."""

from django.utils.translation import gettext as _

from contracts.billing.models import Invoice
from contracts.lifecycle.guards import closing_guard
from contracts.lifecycle.models import LicenceContract
from contracts.payments.queries import annotate_balances


@closing_guard
def everything_is_paid(contract: LicenceContract) -> str:
    if annotate_balances(Invoice.objects.filter(contract=contract)).filter(open_minor__gt=0).exists():
        return _("Some invoices are not paid yet.")
    return ""
