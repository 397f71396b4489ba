"""Post and reverse. Callers name the fact; the book never knows what an invoice or a payment is."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from contracts.ledger.models import Entry, LedgerHead, Posting
from marketplace.clock import now
from marketplace.organisations.models import Organisation


class Unbalanced(ValueError):
    """The lines of an entry do not sum to zero in each currency: a programming error, nothing was posted."""


@dataclass(frozen=True)
class Line:
    """Debit positive, credit negative, minor units."""

    account: str
    amount_minor: int
    currency: str
    contract_number: str = ""


def entry_hash(
    issuer_id: int, sequence: int, key: str, booked_on: date, lines: Iterable, previous: str
) -> str:
    """SHA-256 over the canonical form of an entry and the hash before it."""
    body = {
        "issuer": issuer_id,
        "sequence": sequence,
        "key": key,
        "booked_on": booked_on.isoformat(),
        "lines": [[str(x.account), x.amount_minor, x.currency, x.contract_number] for x in lines],
        "previous": previous,
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@transaction.atomic
def post(
    issuer: Organisation,
    *,
    key: str,
    booked_on: date,
    text: str,
    lines: Iterable[Line],
    reverses: Entry | None = None,
) -> Entry:
    """Book one fact, once: the same key again returns the entry that is there.

    Lines of amount zero are dropped. Raises Unbalanced when the rest does not sum to zero per currency or
    nothing is left; the database checks the balance again at commit.
    """
    lines = [line for line in lines if line.amount_minor]
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.currency] = totals.get(line.currency, 0) + line.amount_minor
    if not lines or any(totals.values()):
        raise Unbalanced(f"{key}: {totals or 'no lines'}")
    LedgerHead.objects.get_or_create(issuer=issuer)
    head = LedgerHead.objects.select_for_update().get(issuer=issuer)
    found = Entry.objects.filter(issuer=issuer, key=key).first()
    if found is not None:
        return found
    sequence = head.sequence + 1
    digest = entry_hash(issuer.pk, sequence, key, booked_on, lines, head.hash)
    entry = Entry.objects.create(
        issuer=issuer,
        sequence=sequence,
        key=key,
        booked_on=booked_on,
        created_at=now(),
        text=text[:200],
        reverses=reverses,
        previous_hash=head.hash,
        hash=digest,
    )
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            account=line.account,
            amount_minor=line.amount_minor,
            currency=line.currency,
            contract_number=line.contract_number,
        )
        for line in lines
    )
    head.sequence, head.hash = sequence, digest
    head.save(update_fields=["sequence", "hash"])
    return entry


def reverse(entry: Entry, *, booked_on: date, text: str) -> Entry:
    """Undo an entry by its mirror image, once."""
    lines = [
        Line(posting.account, -posting.amount_minor, posting.currency, posting.contract_number)
        for posting in entry.postings.order_by("id")
    ]
    return post(
        entry.issuer, key=f"reverse:{entry.key}", booked_on=booked_on, text=text, lines=lines, reverses=entry
    )
