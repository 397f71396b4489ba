"""What the book says: balances are sums over postings, never stored."""

from datetime import date

from django.db.models import Q, QuerySet, Sum

from contracts.ledger.models import Posting
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
