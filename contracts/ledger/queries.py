"""What the book says: balances are sums over postings, never stored."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet, Sum

from contracts.ledger.models import Entry, LedgerHead, Posting
from contracts.ledger.services import entry_hash
from marketplace.organisations.models import Organisation


def postings(
    issuer: Organisation, *, until: date | None = None, since: date | None = None
) -> QuerySet[Posting]:
    found = Posting.objects.filter(entry__issuer=issuer)
    if until is not None:
        found = found.filter(entry__booked_on__lte=until)
    if since is not None:
        found = found.filter(entry__booked_on__gte=since)
    return found


def balance(issuer: Organisation, account: str, currency: str, *, until: date | None = None) -> int:
    """Debit minus credit of one account, in minor units."""
    rows = postings(issuer, until=until).filter(account=account, currency=currency)
    return rows.aggregate(total=Sum("amount_minor"))["total"] or 0


def trial_balance(
    issuer: Organisation, *, since: date | None = None, until: date | None = None
) -> list[dict]:
    """One row per account and currency: debit, credit and balance (minor units); the balances sum to zero."""
    return list(
        postings(issuer, since=since, until=until)
        .values("account", "currency")
        .annotate(
            debit=Sum("amount_minor", filter=Q(amount_minor__gt=0), default=0),
            credit=Sum("amount_minor", filter=Q(amount_minor__lt=0), default=0),
            balance=Sum("amount_minor"),
        )
        .order_by("currency", "account")
    )


@dataclass(frozen=True)
class ChainReport:
    """`broken_at`: the sequence of the first entry that does not fit, None when the chain is whole."""

    entries: int
    head: str
    broken_at: int | None


def verify_chain(issuer: Organisation) -> ChainReport:
    """Recompute every hash of an issuer's book from the first entry on and compare it with the head.

    A rewrite of the whole chain by the database's owner is invisible to this alone: heads are printed on
    invoices, so an outside copy shows it.
    """
    previous, count = "0" * 64, 0
    head = LedgerHead.objects.filter(issuer=issuer).first()
    for entry in (
        Entry.objects.filter(issuer=issuer).order_by("sequence").prefetch_related("postings").iterator(500)
    ):
        count += 1
        lines = sorted(entry.postings.all(), key=lambda posting: posting.pk)
        expected = entry_hash(issuer.pk, count, entry.key, entry.booked_on, lines, previous)
        if (entry.sequence, entry.previous_hash, entry.hash) != (count, previous, expected):
            return ChainReport(count, previous, count)
        previous = entry.hash
    whole = head is None or (head.sequence, head.hash) == (count, previous)
    return ChainReport(count, previous, None if whole else count + 1)
