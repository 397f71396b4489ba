"""A contract in force with invoices, built once for the tests of payments and proceeds."""

from datetime import date
from itertools import count, repeat
from types import SimpleNamespace

from django.db import transaction

from cms.models import ListingPage
from cms.structure import set_up_site
from contracts.billing.models import BillingDocument, Charge, ChargeState, CreditNote, Invoice, InvoiceLine
from contracts.billing.numbering import new_reference, next_number
from contracts.billing.papers import snapshot_of
from contracts.ledger.models import LedgerHead, Unbooked
from contracts.lifecycle.models import ContractAnnex, ContractTerms, LicenceContract
from contracts.payments.accounts import save_account
from contracts.payments.importing import import_statement, read_file
from contracts.payments.models import StatementLine
from marketplace.clock import now
from marketplace.deals.models import Deal, Offer, TermSheet
from marketplace.organisations.roles import Kind, Role
from marketplace.terms import hash_of, presets
from marketplace.terms.codec import write
from tests.marketplace.deals.conftest import listing, organisation, person

_numbers = count(1)
EFFECTIVE = date(2026, 1, 15)


def world() -> SimpleNamespace:
    set_up_site()
    uni = organisation(Kind.UNIVERSITY, "东湖大学")
    firm = organisation(
        Kind.ENTERPRISE, "长江泵业有限公司", size_class="SMALL", contact_email="pay@example.com"
    )
    agency = organisation(Kind.AGENCY, "楚天技术转移")
    made = SimpleNamespace(
        uni=uni,
        firm=firm,
        agency=agency,
        finance=person(uni, Role.FINANCE),
        colleague=person(uni, Role.FINANCE),
        approver=person(uni, Role.APPROVER),
        officer=person(uni, Role.CONTRACT_OFFICER),
        payer=person(firm, Role.FINANCE),
        scout=person(firm, Role.SCOUT),
        broker=person(agency, Role.BROKER),
        inventor=person(uni, Role.INVENTOR),
        stranger=person(organisation(Kind.ENTERPRISE, "外人公司"), Role.FINANCE),
        other_finance=person(organisation(Kind.UNIVERSITY, "邻校"), Role.FINANCE),
        operator=person(organisation(Kind.OPERATOR, "市场运营方"), Role.VERIFIER),
    )
    made.listing = listing(uni)
    made.contract = contract(made)
    return made


def contract(world, *, listing_page: ListingPage | None = None) -> LicenceContract:
    """A contract in force, as rows: how it came about is other tests' matter."""
    terms = presets.preset("year_or_income")
    plain, seal = write(terms), hash_of(terms)
    page = listing_page or world.listing
    number = next(_numbers)
    deal = Deal.objects.create(
        number=f"D-2026-{number:06d}",
        listing=page,
        title_zh=page.title_zh,
        licensor=world.uni,
        licensee=world.firm,
        agency=world.agency,
        state="CLOSED" if number % 2 else "AGREED",
        opened_by=world.officer.user,
        **({"closed_at": now(), "closed_reason": "OTHER", "closed_for": "LICENSOR"} if number % 2 else {}),
    )
    offer = Offer.objects.create(
        deal=deal,
        number=1,
        made_for="LICENSOR",
        made_by=world.officer.user,
        organisation=world.uni,
        terms=plain,
        terms_hash=seal,
    )
    subject = {
        "listing": {"code": page.code, "title_zh": page.title_zh, "title_en": page.title_en},
        "licensor": {"id": world.uni.pk},
        "licensee": {"id": world.firm.pk},
    }
    sheet = TermSheet.objects.create(
        deal=deal, offer=offer, terms=plain, terms_hash=seal, snapshot=subject, hash=seal
    )
    made = LicenceContract.objects.create(
        number=f"C-2026-{number:06d}",
        term_sheet=sheet,
        licensor=world.uni,
        licensee=world.firm,
        agency=world.agency,
        subject=subject,
        state="ACTIVE",
        drafted_by=world.officer.user,
        drafted_for=world.uni,
        signed_at=now(),
        effective_on=EFFECTIVE,
        term_ends_on=date(2031, 1, 14),
    )
    ContractTerms.objects.create(
        contract=made, number=1, effective_on=EFFECTIVE, terms=plain, terms_hash=seal, agreed_at=now()
    )
    return made


def contributors(contract: LicenceContract, *rows, units=()) -> ContractAnnex:
    """rows: (name, share, user or None)."""
    content = [
        {"name": name, "unit": unit, "user_id": getattr(user, "pk", None), "share": share}
        for (name, share, user), unit in zip(rows, units or repeat("材料学院"), strict=False)
    ]
    return ContractAnnex.objects.create(
        contract=contract,
        kind="CONTRIBUTORS",
        owner=contract.licensor,
        readers=[contract.licensor_id],
        content=content,
        hash="0" * 64,
    )


def commission_annex(contract, *, rate="0.05", payer=None, split=(), cap_minor=None) -> ContractAnnex:
    payer = payer or contract.licensor
    return ContractAnnex.objects.create(
        contract=contract,
        kind="COMMISSION",
        owner=contract.agency,
        readers=[contract.agency_id, payer.pk],
        content={
            "agency": contract.agency_id,
            "payer": payer.pk,
            "payer_side": "LICENSOR" if payer == contract.licensor else "LICENSEE",
            "rate": rate,
            "cap_minor": cap_minor,
            "currency": "CNY",
            "split": [{"name": name, "weight": weight} for name, weight in split]
            or [{"name": "楚天", "weight": 1}],
        },
        hash="0" * 64,
    )


@transaction.atomic
def invoice(
    contract, total_minor: int, *, vat_minor=0, on=date(2026, 11, 1), due_on=date(2026, 12, 1)
) -> Invoice:
    number = next(_numbers)
    charge = Charge.objects.create(
        contract=contract,
        kind="CHARGE",
        element_id="fee",
        part=number % 30000,
        period_start=on,
        period_end=on,
        dated_on=on,
        amount_minor=total_minor,
        currency="CNY",
        exact=str(total_minor),
        version_number=1,
        terms_hash="0" * 64,
        due={"kind": "after_invoice", "days": 30},
        state=ChargeState.INVOICED,
    )
    reference = new_reference()
    sequence = next_number(contract.licensor, "INV", on.year)
    made = Invoice.objects.create(
        contract=contract,
        issuer=contract.licensor,
        payer=contract.licensee,
        year=on.year,
        sequence=sequence,
        number=f"INV-{on.year}-{sequence:06d}",
        issued_on=on,
        due_on=due_on,
        currency="CNY",
        net_minor=total_minor - vat_minor,
        vat_minor=vat_minor,
        total_minor=total_minor,
        vat_rate="0.06" if vat_minor else "0",
        vat_basis="test",
        reference_code=reference,
        snapshot=snapshot_of(contract, LedgerHead()),
    )
    InvoiceLine.objects.create(
        invoice=made, charge=charge, text_zh="许可费", text_en="Licence fee", price_minor=total_minor
    )
    Unbooked.objects.create(kind="invoice", fact=made.pk)  # the service books it where it is issued
    return made


def printed(invoice: Invoice) -> Invoice:
    """With a paper, so that it was sent; what it looks like is others' matter."""
    BillingDocument.objects.create(invoice=invoice, file="x.pdf", sha256="0" * 64)
    return invoice


def credit(invoice: Invoice, total_minor: int) -> CreditNote:
    sequence = next_number(invoice.issuer, "CN", 2026)
    made = CreditNote.objects.create(
        invoice=invoice,
        issuer=invoice.issuer,
        year=2026,
        sequence=sequence,
        number=f"CN-2026-{sequence:06d}",
        issued_on=date(2026, 11, 20),
        currency="CNY",
        net_minor=total_minor,
        vat_minor=0,
        total_minor=total_minor,
        reason="test",
        snapshot={**invoice.snapshot, "invoice": invoice.number},
    )
    Unbooked.objects.create(kind="credit_note", fact=made.pk)
    return made


def account(world, layout="jiangcheng", **facts):
    return save_account(
        world.uni,
        actor=world.finance,
        holder="东湖大学",
        bank_name="江城银行大学支行",
        number="4200 1234 5678 9012",
        layout=layout,
        **facts,
    )


HEAD = "交易日期,贷方发生额,借方发生额,交易流水号,对方户名,对方账号,附言\n"


def statement(world, account, *rows):
    """rows: (day, money in, money out, reference, payer, note) → an imported statement."""
    text = (
        "账户明细\n"
        + HEAD
        + "".join(
            f'{day},"{come}",{gone},{reference},{payer},62220001,{note}\n'
            for day, come, gone, reference, payer, note in rows
        )
    )
    read = read_file(account, actor=world.finance, name="s.csv", content=text.encode("gb18030"))
    return import_statement(read, actor=world.finance)


def bank_line(world, amount: str, *, note="", payer="长江泵业有限公司", day="2026-11-20") -> StatementLine:
    """A line of money in, freshly imported."""
    found = world.uni.bank_accounts.filter(closed_on__isnull=True).first() or account(world)
    reference = f"R{next(_numbers)}"
    statement(world, found, (day, amount, "", reference, payer, note))
    return StatementLine.objects.get(bank_reference=reference)
