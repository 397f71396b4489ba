"""Gapless numbers: taken last, inside the transaction that states them, from one locked row."""

import secrets
from collections.abc import Iterator, Mapping

from contracts.billing.models import Invoice, NumberSeries
from marketplace.organisations.models import Organisation

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # 31 signs, no 0, 1, I, L, O: the code is typed into bank forms
Series = tuple[int, str, int]  # issuer, series, year


def next_number(issuer: Organisation, series: str, year: int) -> int:
    """The next number of (issuer, series, year). Rolls back with its transaction, so none is ever lost."""
    key = (issuer.pk, series, year)
    return next(take_numbers({key: 1})[key])


def take_numbers(wanted: Mapping[Series, int]) -> dict[Series, Iterator[int]]:
    """So many next numbers of each series; the rows are locked in one order, so that two batches wait for each
    other instead of standing across."""
    given: dict[Series, Iterator[int]] = {}
    for issuer, series, year in sorted(wanted):
        key = {"issuer_id": issuer, "series": series, "year": year}
        row = NumberSeries.objects.select_for_update().filter(**key).first()
        if row is None:
            NumberSeries.objects.get_or_create(**key)
            row = NumberSeries.objects.select_for_update().get(**key)
        first = row.last + 1
        row.last += wanted[issuer, series, year]
        row.save(update_fields=["last"])
        given[issuer, series, year] = iter(range(first, row.last + 1))
    return given


def check_sign(body: str) -> str:
    """A check sign that finds any single wrong sign and any swap of neighbours (weighted sum; 31 signs, a prime)."""
    weighted = sum(weight * ALPHABET.index(sign) for weight, sign in enumerate(body, 2))
    return ALPHABET[weighted % len(ALPHABET)]


def new_reference() -> str:
    """A short code for the remittance note (附言), e.g. UF7K3M9QXA: eight signs, the last one a check."""
    return new_references(1)[0]


def new_references(count: int) -> list[str]:
    """So many codes that no invoice has yet."""
    found: dict[str, None] = {}
    while len(found) < count:
        drawn = {_drawn() for _place in range(count - len(found))} - found.keys()
        taken = Invoice.objects.filter(reference_code__in=drawn).values_list("reference_code", flat=True)
        found |= dict.fromkeys(sorted(drawn - set(taken)))
    return list(found)


def _drawn() -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(7))
    return f"UF{body}{check_sign(body)}"


def valid_reference(code: str) -> bool:
    body = code[2:-1]
    return (
        len(code) == 10
        and code.startswith("UF")
        and all(sign in ALPHABET for sign in code[2:])
        and check_sign(body) == code[-1]
    )
