"""Table of contents: the models of every step, in flow order."""

from contracts.billing import models as billing
from contracts.ledger import models as ledger
from contracts.lifecycle import models as lifecycle
from contracts.usage import models as usage

__all__ = ["billing", "ledger", "lifecycle", "usage"]
