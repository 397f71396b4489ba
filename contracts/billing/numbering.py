"""Gapless numbers: taken last, inside the transaction that states them, from one locked row."""

import secrets

from contracts.billing.models import Invoice, NumberSeries
from marketplace.organisations.models import Organisation

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 31 signs, no 0, 1, I, L, O: the code is typed into bank forms


def next_number(issuer: Organisation, series: str, year: int) -> int:
    """The next number of (issuer, series, year). Rolls back with its transaction, so none is ever lost."""
    NumberSeries.objects.get_or_create(issuer=issuer, series=series, year=year)
    row = NumberSeries.objects.select_for_update().get(issuer=issuer, series=series, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return row.last


def check_sign(body: str) -> str:
    """A check sign that finds any single wrong sign and any swap of neighbours (weighted sum; 31 signs, a prime)."""
    weighted = sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(body, 2))
    return ALPHABET[weighted % len(ALPHABET)]


def new_reference() -> str:
    """A short code for the remittance note (附言), e.g. UF7K3M9QXA: eight signs, the last one a check."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(7))
        code = f"UF{body}{check_sign(body)}"
        if not Invoice.objects.filter(reference_code=code).exists():
            return code


def valid_reference(code: str) -> bool:
    body = code[2:-1]
    return (
        len(code) == 10
        and code.startswith("UF")
        and all(sign in ALPHABET for sign in code[2:])
        and check_sign(body) == code[-1]
    )
