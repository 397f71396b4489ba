"""Post and reverse. Callers name the fact; the book never knows what an invoice or a payment is."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

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


@dataclass(frozen=True)
class Fact:
    """One business fact as the book takes it; `key` names it once and for all."""

    issuer_id: int
    key: str
    booked_on: date
    text: str
    lines: tuple[Line, ...]
    reverses: Entry | None = None


def content_text(
    *,
    issuer_id: int,
    sequence: int,
    key: str,
    booked_on: date,
    created_at: datetime,
    text: str,
    reverses: str,
    lines: Iterable,
) -> str:
    """The canonical form of what one entry says; `reverses` is the key of the entry it undoes."""
    body = {
        "issuer": issuer_id,
        "sequence": sequence,
        "key": key,
        "booked_on": booked_on.isoformat(),
        "created_at": created_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "text": text,
        "reverses": reverses,
        "lines": [[str(x.account), x.amount_minor, x.currency, x.contract_number] for x in lines],
    }
    return json.dumps(body, sort_keys=True, separators=(",", ":"))


def content_hash(**said) -> str:
    """SHA-256 over `content_text`."""
    return hashlib.sha256(content_text(**said).encode()).hexdigest()


def linked(previous: str, content: str) -> str:
    """The chain: SHA-256 over the hash before and the content's hash. In two steps, so that somebody who may
    read a few entries can still check the whole chain from the content hashes of the others."""
    return hashlib.sha256(f"{previous}{content}".encode()).hexdigest()


def lock_heads(issuer_ids: Iterable[int]) -> dict[int, LedgerHead]:
    """Lock the ends of some issuers' chains, in the one order of locks (by primary key); made where missing."""
    wanted = sorted(set(issuer_ids))
    rows = LedgerHead.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    heads = {row.pk: row for row in rows}
    if len(heads) < len(wanted):
        missing = [LedgerHead(issuer_id=pk) for pk in wanted if pk not in heads]
        LedgerHead.objects.bulk_create(missing, ignore_conflicts=True)
        heads = {row.pk: row for row in rows.all()}
    return heads


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
    return post_many([Fact(issuer.pk, key, booked_on, text, tuple(lines), reverses)])[0]


@transaction.atomic
def post_many(facts: Sequence[Fact]) -> list[Entry]:
    """Book facts in their order, all or none; one that is booked already gives the entry that is there.

    A fixed number of statements, however many facts. Raises Unbalanced as `post` does.
    """
    lines = [_balanced(fact) for fact in facts]
    heads = lock_heads(fact.issuer_id for fact in facts)
    rows = Entry.objects.filter(issuer__in=heads, key__in=[fact.key for fact in facts])
    known = {(row.issuer_id, row.key): row for row in rows}
    made, postings, moment = [], [], now()
    for fact, of_fact in zip(facts, lines, strict=True):
        if (fact.issuer_id, fact.key) in known:
            continue
        entry = _next(heads[fact.issuer_id], fact, of_fact, moment)
        known[fact.issuer_id, fact.key] = entry
        made.append(entry)
        postings += [
            Posting(
                entry=entry,
                account=line.account,
                amount_minor=line.amount_minor,
                currency=line.currency,
                contract_number=line.contract_number,
            )
            for line in of_fact
        ]
    Entry.objects.bulk_create(made)
    for posting in postings:
        posting.entry_id = posting.entry.pk
    Posting.objects.bulk_create(postings)
    moved = {entry.issuer_id for entry in made}
    LedgerHead.objects.bulk_update([heads[pk] for pk in sorted(moved)], ["sequence", "hash"])
    return [known[fact.issuer_id, fact.key] for fact in facts]


def _balanced(fact: Fact) -> list[Line]:
    lines = [line for line in fact.lines if line.amount_minor]
    totals: dict[str, int] = {}
    for line in lines:
        totals[line.currency] = totals.get(line.currency, 0) + line.amount_minor
    if not lines or any(totals.values()):
        raise Unbalanced(f"{fact.key}: {totals or 'no lines'}")
    return lines


def _next(head: LedgerHead, fact: Fact, lines: list[Line], moment: datetime) -> Entry:
    """The next entry of a chain; moves its head."""
    text = fact.text[:200]
    content = content_hash(
        issuer_id=fact.issuer_id,
        sequence=head.sequence + 1,
        key=fact.key,
        booked_on=fact.booked_on,
        created_at=moment,
        text=text,
        reverses=fact.reverses.key if fact.reverses else "",
        lines=lines,
    )
    entry = Entry(
        issuer_id=fact.issuer_id,
        sequence=head.sequence + 1,
        key=fact.key,
        booked_on=fact.booked_on,
        created_at=moment,
        text=text,
        reverses=fact.reverses,
        previous_hash=head.hash,
        hash=linked(head.hash, content),
    )
    head.sequence, head.hash = entry.sequence, entry.hash
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
