from itertools import count

from contracts.payments.models import Payment
from marketplace.clock import today

_numbers = count(1)


def payment(world, amount_minor: int) -> Payment:
    return Payment.objects.create(
        issuer=world.uni,
        payer=world.firm,
        method="STRIPE",
        amount_minor=amount_minor,
        currency="CNY",
        received_on=today(),
        external_key=f"pi_{next(_numbers)}",
    )
