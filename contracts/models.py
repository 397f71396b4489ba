"""Table of contents: the models of every step, in flow order."""

from contracts.billing import charge_steps, unprinted
from contracts.billing import models as billing
from contracts.billing.closing import models as closing
from contracts.ledger import models as ledger
from contracts.lifecycle import models as lifecycle
from contracts.payments import models as payments
from contracts.payments.collecting import models as collecting
from contracts.payments.gateways import models as gateways
from contracts.proceeds import models as proceeds
from contracts.usage import models as usage
from contracts.usage.audits import models as audits
from contracts.usage.metering import models as metering

__all__ = [
    "audits",
    "billing",
    "charge_steps",
    "closing",
    "collecting",
    "gateways",
    "ledger",
    "lifecycle",
    "metering",
    "payments",
    "proceeds",
    "unprinted",
    "usage",
]
