"""Which grants cannot stand beside each other: the same right, overlapping field, territory and time.

Source: patent law's kinds of licence (独占, 排他, 普通) and DOMAIN C5. Rights are named by their number, not by
the listing; fields and territories are trees.
"""

import re
import unicodedata
from datetime import date
from zlib import crc32

from django.db import connection

from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import RUNNING, State
from marketplace.terms import Exclusivity, Terms

WHOLE_COUNTRY = "CN"


def number_key(number: str) -> str:
    """One form of a right's number: no spaces, points, country's name or case ("ZL 2023 1 0012345.6" = "zl2023…")."""
    plain = unicodedata.normalize("NFKC", number or "").casefold()
    plain = re.sub(r"[\s.\-_/]+", "", plain)
    return re.sub(r"^(cn|zl)(?=\d)", "", plain)[:80]


def numbers_of(subject: dict) -> list[str]:
    """The keys of all rights that a contract's subject names."""
    keys = {number_key(right.get("number") or "") for right in subject["listing"].get("ip_rights", ())}
    return sorted(keys - {""})


def lock_rights(numbers: list[str]) -> None:
    """Queue everybody who grants one of these rights until the transaction ends."""
    with connection.cursor() as cursor:
        for number in sorted(numbers):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [0x5546, _signed(crc32(number.encode()))])


def _signed(value: int) -> int:
    return value - (1 << 32) if value >= 1 << 31 else value


def conflicts(
    contract: LicenceContract, *, starts_on: date, ends_on: date, terms: Terms | None = None
) -> list[LicenceContract]:
    """Running contracts that this one's grant (by `terms`, where an amendment changes it) cannot stand beside, in
    order of number."""
    if not contract.right_numbers:
        return []
    others = (
        LicenceContract.objects.filter(
            state__in=[*RUNNING, State.WIND_DOWN], right_numbers__overlap=contract.right_numbers
        )
        .exclude(pk=contract.pk)
        .prefetch_related("versions")
        .order_by("number")
    )
    mine = terms or contract.terms
    return [
        other
        for other in others
        if other.effective_on <= ends_on
        and starts_on <= (other.licence_ended_on or other.term_ends_on)
        and exclude_each_other(mine, other.terms)
    ]


def exclude_each_other(one: Terms, other: Terms) -> bool:
    """Whether two grants of the same right at the same time collide.

    An exclusive or sole licence leaves no room for another licensee, nor for an open licence.
    """
    if Exclusivity.NON_EXCLUSIVE == one.exclusivity == other.exclusivity:
        return False
    return _overlap(one.fields, other.fields, _field_path) and _overlap(
        one.territory, other.territory, _region_path
    )


def _overlap(some: tuple[str, ...], others: tuple[str, ...], path) -> bool:
    """Whether any of `some` lies in, or holds, any of `others`; an empty list means everything."""
    if not some or not others:
        return True
    return any(
        a[: len(b)] == b or b[: len(a)] == a for a in map(path, some) for b in map(path, others)
    )  # fmt: skip


def _field_path(field: str) -> tuple[str, ...]:
    """A field of use as a path: "材料/陶瓷" lies in "材料"."""
    plain = unicodedata.normalize("NFKC", field).casefold()
    return tuple(part.strip() for part in re.split(r"[/>›]", plain) if part.strip())


def _region_path(code: str) -> tuple[str, ...]:
    """GB/T 2260 as a path: CN-42 and 420000 are the same, 420100 lies in them, all lie in CN; WORLD holds all."""
    plain = code.strip().upper()
    if plain == "WORLD":
        return ()
    digits = plain.removeprefix(f"{WHOLE_COUNTRY}-")
    if not re.fullmatch(r"\d{2}(\d{2}){0,2}", digits):
        return (plain,)
    pairs = [digits[place : place + 2] for place in range(0, len(digits), 2)]
    while pairs and pairs[-1] == "00":
        pairs.pop()
    return (WHOLE_COUNTRY, *pairs)
