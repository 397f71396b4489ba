"""账龄: what is open, by how late it is, as it stood on a day."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from contracts.billing.models import CreditNote, Invoice
from contracts.payments.collecting.models import WriteOff, WriteOffState
from contracts.payments.models import Allocation
from marketplace.organisations.models import Organisation

EDGES = (0, 30, 60, 90)  # days late: not due · 1–30 · 31–60 · 61–90 · more


def bucket_of(days_late: int) -> int:
    """0 for what is not due yet, then one for each edge that is passed."""
    return sum(days_late > edge for edge in EDGES)


def _until(rows, field_name: str):
    rows = rows.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    total = rows.annotate(total=Sum(field_name)).values("total")
    return Coalesce(Subquery(total, output_field=BigIntegerField()), 0)


def open_on(invoices: QuerySet[Invoice], on: date) -> QuerySet[Invoice]:
    """Invoices issued by a day with `left_minor`, what was open at its end."""
    written_off = WriteOff.objects.filter(
        Q(state=WriteOffState.APPROVED) | Q(state=WriteOffState.TAKEN_BACK, taken_back_on__gt=on),
        decided_on__lte=on,
    )
    return (
        invoices.filter(issued_on__lte=on)
        .annotate(
            left_minor=F("total_minor")
            - _until(Allocation.objects.filter(allocated_on__lte=on), "amount_minor")
            - _until(CreditNote.objects.filter(issued_on__lte=on), "total_minor")
            - _until(written_off, "amount_minor")
        )
        .filter(left_minor__gt=0)
    )


@dataclass
class AgeRow:
    """One party (or contract) and currency; `buckets` as EDGES cuts them, minor units."""

    party: Organisation
    currency: str
    contract: object | None = None
    invoices: int = 0
    oldest: date | None = None
    buckets: list[int] = field(default_factory=lambda: [0] * (len(EDGES) + 1))

    @property
    def total(self) -> int:
        return sum(self.buckets)

    @property
    def late(self) -> int:
        return sum(self.buckets[1:])


def ageing(
    mine: Organisation, on: date, *, as_payer: bool = False, by_contract: bool = False
) -> list[AgeRow]:
    """What others owe an organisation, or with `as_payer` what it owes, one row per party and currency."""
    invoices = Invoice.objects.filter(**{"payer" if as_payer else "issuer": mine})
    rows: dict[tuple, AgeRow] = {}
    found = open_on(invoices, on).select_related("issuer", "payer", "contract").order_by("due_on", "pk")
    for invoice in found.iterator(1000):
        party = invoice.issuer if as_payer else invoice.payer
        key = (party.pk, invoice.currency, invoice.contract_id if by_contract else None)
        row = rows.setdefault(key, AgeRow(party, invoice.currency, invoice.contract if by_contract else None))
        row.buckets[bucket_of((on - invoice.due_on).days)] += invoice.left_minor
        row.invoices += 1
        row.oldest = row.oldest or invoice.due_on
    return list(rows.values())


SORTS = {
    "party": lambda row: (row.party.name, row.currency),
    "total": lambda row: row.total,
    "late": lambda row: row.late,
    "oldest": lambda row: row.oldest,
}
