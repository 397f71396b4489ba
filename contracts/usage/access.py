"""Who reads a contract's figures: the two parties, and its broker where the licensee agreed."""

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
