"""Who reads a contract's figures: the two parties, and its broker where the licensee agreed. And how pages find what
somebody may see: everything else is not there."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from contracts.lifecycle.models import LicenceContract
from contracts.usage.models import BrokerAccess


def may_read_usage(acting, contract: LicenceContract) -> bool:
    if contract.effective_on is None or not acting.can("report.read"):
        return False
    if acting.is_for(contract.licensor) or acting.is_for(contract.licensee):
        return True
    return acting.is_for(contract.agency) and is_open_to_broker(contract)


def is_open_to_broker(contract: LicenceContract) -> bool:
    return BrokerAccess.objects.filter(contract=contract, granted=True).exists()


def visible(model, acting):
    """Rows of a contract's usage that somebody may see, with the two parties."""
    return model.objects.visible_to(acting).select_related(
        "contract", "contract__licensor", "contract__licensee"
    )


def contract_in_effect(acting, number: str, may) -> LicenceContract:
    """A contract in effect of which `may(acting, contract)` says yes."""
    contracts = LicenceContract.objects.visible_to(acting).with_parties()
    contract = get_object_or_404(contracts.filter(effective_on__isnull=False), number=number)
    if not may(acting, contract):
        raise Http404
    return contract


def may_audit(acting, contract: LicenceContract) -> bool:
    """The two parties' people who read audits; the broker never."""
    party = acting.is_for(contract.licensor) or acting.is_for(contract.licensee)
    return party and acting.can("audit.read")
