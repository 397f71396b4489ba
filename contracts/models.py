"""Table of contents: the models of every step, in flow order."""

from contracts.billing import charge_steps
from contracts.billing import models as billing
from contracts.ledger import models as ledger
from contracts.lifecycle import models as lifecycle
from contracts.payments import models as payments
from contracts.payments.gateways import models as gateways
from contracts.proceeds import models as proceeds
from contracts.usage import models as usage

__all__ = ["billing", "charge_steps", "gateways", "ledger", "lifecycle", "payments", "proceeds", "usage"]
