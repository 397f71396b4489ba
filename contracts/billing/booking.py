"""How invoices and credit notes are booked: receivable against income and VAT, in the transaction that issues them."""

from collections.abc import Iterator, Sequence

from django.db.models import BigIntegerField, Count, Max, Min, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from contracts.billing.models import Charge, CreditNote, Invoice, NumberSeries
from contracts.ledger.chart import AccountCode
from contracts.ledger.models import FindingKind
from contracts.ledger.services import Line
from contracts.ledger.sources import Booking, Source, Witness, ledger_check, register, witness
from contracts.ledger.verifying import Finding
from marketplace.money import largest_remainder

NOTHING = "0" * 64  # the head of an empty book
NAMED = 50  # how many wrong numbers of one series are named


def _income(total_net: int, lines: Sequence[tuple[str, int]]) -> tuple[int, int]:
    """(licence income, interest) of a net sum, in the proportion of the invoice's own lines."""
    interest = sum(minor for kind, minor in lines if kind == Charge.Kind.INTEREST)
    licence = sum(minor for _kind, minor in lines) - interest
    if not interest or not total_net:
        return total_net, 0
    if licence <= 0:
        return 0, total_net
    part, rest = largest_remainder(total_net, [licence, interest])
    return part, rest


def lines_of_sale(
    lines: Sequence[tuple[str, int]], *, net: int, vat: int, currency: str, sign: int, number: str
) -> list[Line]:
    """`lines` are (kind of charge, price) of the invoice; `sign` is −1 for a credit note."""
    licence, interest = _income(net, lines)
    return [
        Line(AccountCode.RECEIVABLE, sign * (net + vat), currency, number),
        Line(AccountCode.LICENCE_INCOME, -sign * licence, currency, number),
        Line(AccountCode.INTEREST_INCOME, -sign * interest, currency, number),
        Line(AccountCode.VAT_PAYABLE, -sign * vat, currency, number),
    ]


def _of_invoice(invoice: Invoice) -> Booking:
    lines = lines_of_sale(
        [(line.charge.kind, line.price_minor) for line in invoice.lines.all()],
        net=invoice.net_minor,
        vat=invoice.vat_minor,
        currency=invoice.currency,
        sign=1,
        number=invoice.contract.number,
    )
    return invoice.issuer, invoice.issued_on, _("Invoice %(n)s") % {"n": invoice.number}, lines


def _of_credit_note(note: CreditNote) -> Booking:
    lines = lines_of_sale(
        [(line.charge.kind, line.price_minor) for line in note.invoice.lines.all()],
        net=note.net_minor,
        vat=note.vat_minor,
        currency=note.currency,
        sign=-1,
        number=note.invoice.contract.number,
    )
    return note.issuer, note.issued_on, _("Credit note %(n)s") % {"n": note.number}, lines


INVOICES = register(
    Source(
        "invoice",
        lambda: Invoice.objects.select_related("issuer", "contract").prefetch_related("lines__charge"),
        _of_invoice,
        at_once=True,
    )
)
CREDIT_NOTES = register(
    Source(
        "credit_note",
        lambda: CreditNote.objects.select_related("issuer", "invoice__contract").prefetch_related(
            "invoice__lines__charge"
        ),
        _of_credit_note,
        at_once=True,
    )
)


@witness
def heads_on_invoices(issuer_id: int) -> Iterator[Witness]:
    return _heads(Invoice.objects.filter(issuer=issuer_id))


@witness
def heads_on_credit_notes(issuer_id: int) -> Iterator[Witness]:
    return _heads(CreditNote.objects.filter(issuer=issuer_id))


def _heads(rows) -> Iterator[Witness]:
    """The heads that papers copied."""
    rows = rows.filter(snapshot__has_key="ledger_sequence").order_by("pk")
    found = rows.values_list("snapshot__ledger_sequence", "snapshot__ledger_head", "number")
    return ((sequence, value or NOTHING, number) for sequence, value, number in found.iterator(1000))


@ledger_check
def numbers_without_gaps(issuer_id: int, *, files: bool) -> list[Finding]:
    """Each series runs from 1 to the last number that was given, without a gap."""
    found = []
    last = {(row.series, row.year): row.last for row in NumberSeries.objects.filter(issuer=issuer_id)}
    for model in (Invoice, CreditNote):
        rows = model.objects.filter(issuer=issuer_id).order_by()
        groups = rows.values("series", "year").annotate(
            n=Count("pk"), low=Min("sequence"), high=Max("sequence")
        )
        for group in groups:
            key = (group["series"], group["year"])
            given = last.pop(key, 0)
            if (group["n"], group["low"], group["high"]) == (given, 1, given):
                continue
            there = set(rows.filter(series=key[0], year=key[1]).values_list("sequence", flat=True))
            wrong = sorted(set(range(1, given + 1)) ^ there)[:NAMED]
            name = f"{key[0]}-{key[1]}"
            found += [Finding(FindingKind.NUMBER, issuer_id, f"{name}-{number:06d}") for number in wrong] or [
                Finding(FindingKind.NUMBER, issuer_id, name, _("a number stands twice"))
            ]
    found += [
        Finding(FindingKind.NUMBER, issuer_id, f"{series}-{year}", _("all %s are missing") % count)
        for (series, year), count in last.items()
        if count and series in ("INV", "CN")
    ]
    return found


@ledger_check
def papers_add_up(issuer_id: int, *, files: bool) -> list[Finding]:
    """Lines make the price, net and tax the total; credit notes never exceed their invoice."""
    none = Value(0, BigIntegerField())
    invoices = Invoice.objects.filter(issuer=issuer_id).annotate(
        price=Coalesce(Sum("lines__price_minor"), none)
    )
    credited = CreditNote.objects.filter(issuer=issuer_id)
    found = [
        Finding(FindingKind.SUM, issuer_id, row.number, _("its lines make %s") % row.price)
        for row in invoices.order_by("pk").iterator(1000)
        if row.price not in (row.net_minor, row.total_minor)
        or row.total_minor != row.net_minor + row.vat_minor
    ]
    sums = credited.values("invoice__number", "invoice__total_minor").annotate(total=Sum("total_minor"))
    found += [
        Finding(FindingKind.SUM, issuer_id, row["invoice__number"], _("more is credited than it asked for"))
        for row in sums.order_by("invoice__number").iterator(1000)
        if row["total"] > row["invoice__total_minor"]
    ]
    return found
