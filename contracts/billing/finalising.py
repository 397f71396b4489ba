"""From approved charges to numbered invoices, for one contract or a batch of them, in one transaction.

Everything that an invoice states is read before the first lock on the book and the number row, and written in a
few statements, however many invoices there are. Numbers are taken last.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.billing.booking import lines_of_sale
from contracts.billing.crediting import credit_adjustment, credit_the_rest
from contracts.billing.lines import line_texts
from contracts.billing.models import (
    BILLABLE,
    CHARGE_NEXT,
    Charge,
    ChargeState,
    Invoice,
    InvoiceLine,
    IssuerVat,
)
from contracts.billing.numbering import new_references, take_numbers
from contracts.billing.papers import nudge_papers, snapshot_of
from contracts.billing.planning import plan_for
from contracts.billing.rules import EXEMPTION_SOURCE, Vat, vat
from contracts.ledger.models import LedgerHead
from contracts.ledger.services import Fact, lock_heads, post_many
from contracts.lifecycle.facts import terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.services import is_vat_exempt
from marketplace.audit.services import record, record_all
from marketplace.clock import today
from marketplace.money import Money
from marketplace.organisations.models import Organisation
from marketplace.refusals import check
from marketplace.terms.codec import read_as
from marketplace.terms.elements import Due

GENERAL_RATE = Decimal("0.06")
GENERAL_RATE_SOURCE = "财税〔2016〕36号：现代服务业 6 %（待核实 / to be verified）"


@dataclass
class Prepared:
    """An invoice that is worked out and not written yet."""

    contract: LicenceContract
    charges: list[Charge]
    due_on: date
    tax: Vat
    basis: str


def due_of(charge: Charge, issued_on: date) -> date:
    """The day to pay by, after the charge's own due rule; never before the invoice."""
    rule = read_as(Due, charge.due, "due", [])
    return max(rule.on(charge.dated_on, issued_on), issued_on)


def vat_of(contract: LicenceContract, price: Money, on: date, rates: dict | None = None) -> tuple[Vat, str]:
    """Net, tax and the basis in words. Exempt only when the contract is registered and the exemption is filed;
    the rate is the issuer's own, dated; without one the general rate, marked as to be verified."""
    versions = sorted(terms_versions(contract), key=lambda version: version.effective_on)
    mode = next((v for v in reversed(versions) if v.effective_on <= on), versions[0]).terms.vat
    if is_vat_exempt(contract, on):
        return vat(price, rate=Decimal(0), mode=mode, exempt=True), EXEMPTION_SOURCE
    rates = {} if rates is None else rates
    if contract.licensor_id not in rates:
        row = IssuerVat.objects.filter(organisation=contract.licensor_id, valid_from__lte=on).first()
        rates[contract.licensor_id] = (row.rate, row.source) if row else (GENERAL_RATE, GENERAL_RATE_SOURCE)
    rate, source = rates[contract.licensor_id]
    return vat(price, rate=rate, mode=mode), source


def lock_contracts(pks: Iterable[int]) -> list[int]:
    """Lock contracts by primary key, the first of all locks."""
    pks = sorted(pks)
    list(LicenceContract.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))
    return pks


def locked_contracts(pks: Iterable[int]) -> list[LicenceContract]:
    """Lock contracts and read what their invoices state; contracts of one party share its row."""
    rows = LicenceContract.objects.select_for_update().filter(pk__in=sorted(pks))
    contracts = list(rows.prefetch_related("versions").order_by("pk"))
    parties = {pk for row in contracts for pk in (row.licensor_id, row.licensee_id, row.agency_id)} - {None}
    known = Organisation.objects.in_bulk(parties)
    for contract in contracts:
        contract.licensor, contract.licensee = known[contract.licensor_id], known[contract.licensee_id]
        contract.agency = known.get(contract.agency_id)
    return contracts


@transaction.atomic
def finalise(
    contracts: Sequence[int], *, actor=None, ids: Sequence[int] | None = None, with_carried: bool = False
) -> list[Invoice]:
    """Invoice the approved charges of these contracts, one invoice per contract and due date; adjustments that
    lower something already invoiced become credit notes on that invoice. Small corrections are carried on (see
    planning.py) unless `with_carried`.

    All or nothing. The caller has checked the right; a contract in dispute is left aside. `ids` chooses among the
    charges.
    """
    locked = locked_contracts(contracts)
    by_pk = {contract.pk: contract for contract in locked}
    found = _prepare(locked, ids, lock=True, with_carried=with_carried)
    if found.credits:
        touched = sorted({charge.contract_id for charge in found.credits})
        list(
            Invoice.objects.select_for_update().filter(contract__in=touched).order_by("pk").values_list("pk")
        )
    issuers = {row.contract.licensor_id for row in found.invoices}
    issuers |= {by_pk[charge.contract_id].licensor_id for charge in found.credits}
    heads = lock_heads(issuers)
    for contract_id, charges in found.offset.items():
        mark(charges, ChargeState.INVOICED)
        record(actor, "charges.offset", by_pk[contract_id], charges=[charge.pk for charge in charges])
    invoices = _write(found.invoices, heads, actor) if found.invoices else []
    for charge in found.credits:
        credit_adjustment(by_pk[charge.contract_id], charge, actor)
    for invoice, row in zip(invoices, found.invoices, strict=True):
        if any(charge.sequence and charge.amount_minor > 0 for charge in row.charges):
            credit_the_rest(row.contract, invoice, actor)
    mark([charge for charge in found.carried if charge.state != ChargeState.CARRIED], ChargeState.CARRIED)
    return invoices


@dataclass
class Found:
    """What becomes of the charges of a batch; `offset` by contract."""

    invoices: list[Prepared] = field(default_factory=list)
    credits: list[Charge] = field(default_factory=list)
    carried: list[Charge] = field(default_factory=list)
    offset: dict[int, list[Charge]] = field(default_factory=dict)


def prepare(contract: LicenceContract) -> list[Prepared]:
    """The invoices that finalising now would write, by the same code, without a lock or a number."""
    return _prepare([contract], None, lock=False).invoices


def _prepare(
    contracts: list[LicenceContract], ids: Sequence[int] | None, *, lock: bool, with_carried: bool = False
) -> Found:
    charges = Charge.objects.select_for_update() if lock else Charge.objects.all()
    charges = charges.filter(contract__in=[row.pk for row in contracts], state__in=BILLABLE)
    if ids is not None:
        charges = charges.filter(pk__in=ids)
    of_contract: dict[int, list[Charge]] = defaultdict(list)
    for charge in charges.exclude(amount_minor=0).order_by("pk"):
        of_contract[charge.contract_id].append(charge)
    on, rates, found = today(), {}, Found()
    for contract in contracts:
        rows = of_contract[contract.pk]
        if contract.disputed or not rows:
            continue
        plan = plan_for(contract, rows, lambda charge: due_of(charge, on), with_carried=with_carried)
        for due_on, lines in plan.invoices.items():
            price = Money(sum(line.amount_minor for line in lines), lines[0].currency)
            tax, basis = vat_of(contract, price, on, rates)
            found.invoices.append(Prepared(contract, lines, due_on, tax, basis))
        found.credits += plan.credits
        found.carried += plan.carried
        if plan.offset:
            found.offset[contract.pk] = plan.offset
    return found


def _write(prepared: list[Prepared], heads: dict[int, LedgerHead], actor) -> list[Invoice]:
    on = today()
    references = new_references(len(prepared))
    texts = [[line_texts(charge, row.contract) for charge in row.charges] for row in prepared]
    numbers = take_numbers(Counter((row.contract.licensor_id, "INV", on.year) for row in prepared))
    invoices = Invoice.objects.bulk_create(
        _invoice(row, reference, heads, next(numbers[row.contract.licensor_id, "INV", on.year]), on, actor)
        for row, reference in zip(prepared, references, strict=True)
    )
    lines = [
        InvoiceLine(invoice=invoice, charge=charge, text_zh=zh, text_en=en, price_minor=charge.amount_minor)
        for invoice, row, of_row in zip(invoices, prepared, texts, strict=True)
        for charge, (zh, en) in zip(row.charges, of_row, strict=True)
    ]
    InvoiceLine.objects.bulk_create(lines)
    mark([charge for row in prepared for charge in row.charges], ChargeState.INVOICED)
    post_many([_fact(invoice, row) for invoice, row in zip(invoices, prepared, strict=True)])
    record_all(
        actor,
        "invoice.issued",
        [(row, {"number": row.number, "total_minor": row.total_minor}) for row in invoices],
    )
    nudge_papers()
    return invoices


def _invoice(row: Prepared, reference: str, heads, sequence: int, on: date, actor) -> Invoice:
    contract = row.contract
    return Invoice(
        contract=contract,
        issuer=contract.licensor,
        payer=contract.licensee,
        series="INV",
        year=on.year,
        sequence=sequence,
        number=f"INV-{on.year}-{sequence:06d}",
        issued_on=on,
        due_on=row.due_on,
        currency=row.charges[0].currency,
        net_minor=row.tax.net.minor,
        vat_minor=row.tax.tax.minor,
        total_minor=row.tax.gross.minor,
        vat_rate=row.tax.rate,
        vat_basis=row.basis[:300],
        reference_code=reference,
        snapshot=snapshot_of(contract, heads[contract.licensor_id]),
        issued_by=getattr(actor, "user", None),
    )


def _fact(invoice: Invoice, row: Prepared) -> Fact:
    """The same entry that `booking` describes, from what is at hand."""
    lines = lines_of_sale(
        [(charge.kind, charge.amount_minor) for charge in row.charges],
        net=invoice.net_minor,
        vat=invoice.vat_minor,
        currency=invoice.currency,
        sign=1,
        number=row.contract.number,
    )
    with translation.override("zh-hans"):
        text = _("Invoice %(n)s") % {"n": invoice.number}
    return Fact(invoice.issuer_id, f"invoice:{invoice.pk}", invoice.issued_on, text, tuple(lines))


def mark(charges: Sequence[Charge], state: ChargeState) -> None:
    """The charges' rows are locked by the caller."""
    for charge in charges:
        check(charge.state, state, CHARGE_NEXT)
        charge.state = state
    Charge.objects.filter(pk__in=[charge.pk for charge in charges]).update(state=state)
