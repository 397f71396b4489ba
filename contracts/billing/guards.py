"""Why a contract cannot be closed: charges that nobody has invoiced. Unpaid invoices are the payments' guard."""

from django.utils.translation import gettext as _

from contracts.billing.models import SETTLED, Charge
from contracts.lifecycle.guards import closing_guard
from contracts.lifecycle.models import LicenceContract


@closing_guard
def everything_is_invoiced(contract: LicenceContract) -> str:
    open_charges = Charge.objects.filter(contract=contract).exclude(state__in=SETTLED)
    if open_charges.exclude(amount_minor=0).exists():
        return _("Some charges are not invoiced yet.")
    return ""
