"""The acts of which the told contracts are made: each is what people of both sides do, by the services.

A plot is a generator: it yields the day on which it goes on. Other plots and everything that falls due happen in
between, so numbers and chains run in the order of the dates.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile

from contracts.billing.decisions import approve_charges
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import ChargeState
from contracts.lifecycle import services as lifecycle
from contracts.lifecycle.models import LicenceContract
from contracts.payments.accounts import save_account
from contracts.payments.importing import import_statement, read_file
from contracts.payments.models import BankAccount, StatementLine
from contracts.payments.services import confirm_receipt
from contracts.proceeds.models import Payout
from contracts.proceeds.payouts import confirm_payouts
from contracts.proceeds.plans import save_plan
from contracts.proceeds.services import approve_distribution, propose_distribution
from contracts.usage import services as usage
from contracts.usage.models import UsageReport
from contracts.usage.states import DUE, ReportState
from marketplace.clock import today
from marketplace.deals import services as deals
from marketplace.deals.models import TermSheet
from marketplace.demo.people import People
from marketplace.demo.texts import texts
from marketplace.documents import render_pdf
from marketplace.money import Money
from marketplace.terms import Terms

Plot = Iterator[date]


def said(key: str) -> str:
    """A sentence of the told story, in both languages as people write it here."""
    return texts("messages")[key]["zh"]


def day(start: date, days: int) -> date:
    return start + timedelta(days=days)


def quarter_end(on: date) -> date:
    month = (on.month - 1) // 3 * 3 + 3
    return (date(on.year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)


@dataclass
class Cast:
    """Who plays: a listing of a licensor, a licensee, perhaps an agency."""

    people: People
    listing: object
    licensor: str
    licensee: str
    terms: Terms
    agency: str = ""

    def licensor_as(self, role: str):
        return self.people.acting(self.licensor, role)

    def licensee_as(self, role: str):
        return self.people.acting(self.licensee, role)

    def agency_as(self, role: str):
        return self.people.acting(self.agency, role)


def paper(title: str, text: str, name: str) -> SimpleUploadedFile:
    """A real PDF, as people would upload it."""
    pdf = render_pdf("marketplace/note", {"lang": "zh", "title": title, "text": text})
    return SimpleUploadedFile(name, pdf, content_type="application/pdf")


def agree(cast: Cast, start: date) -> Iterator[date]:
    """Question, answer, offer, acceptance; returns the term sheet."""
    yield start
    deal = deals.open_enquiry(cast.listing, actor=cast.licensee_as("SCOUT"), message=said("question"))
    yield day(start, 2)
    deals.post_message(deal, actor=cast.licensor_as("CONTRACT_OFFICER"), text=said("answer"))
    if cast.agency:
        invitation = deals.invite_agency(
            deal, actor=cast.licensee_as("SCOUT"), agency=cast.people.org(cast.agency)
        )
        deals.answer_agency(invitation, actor=cast.licensor_as("CONTRACT_OFFICER"), accepted=True)
        yield day(start, 3)
        deals.answer_agency(invitation, actor=cast.agency_as("BROKER"), accepted=True)
        commission = deals.propose_commission(
            deal, actor=cast.agency_as("BROKER"), payer_side="LICENSOR", rate=Decimal("0.05")
        )
        deals.agree_commission(commission, actor=cast.licensor_as("CONTRACT_OFFICER"))
    yield day(start, 5)
    offer = deals.make_offer(
        deal, actor=cast.licensor_as("CONTRACT_OFFICER"), terms=cast.terms, note=said("offer_note")
    )
    yield day(start, 8)
    deals.accept_offer(offer, actor=cast.licensee_as("SIGNATORY"))
    return TermSheet.objects.get(deal=deal)


def draft(cast: Cast, sheet: TermSheet) -> LicenceContract:
    contract = lifecycle.draft_contract(sheet, actor=cast.licensor_as("CONTRACT_OFFICER"))
    lifecycle.declare_relation(contract, actor=cast.licensor_as("CONTRACT_OFFICER"), is_related=False)
    lifecycle.declare_relation(contract, actor=cast.licensee_as("SIGNATORY"), is_related=False)
    return contract


def review(cast: Cast, contract: LicenceContract) -> Iterator[date]:
    lifecycle.submit_review(contract, actor=cast.licensor_as("CONTRACT_OFFICER"))
    yield day(today(), 3)
    return lifecycle.approve(contract, actor=cast.licensor_as("APPROVER"))


def notice(cast: Cast, contract: LicenceContract) -> Iterator[date]:
    """The public notice, to the end of its last day."""
    yield day(today(), 1)
    published = lifecycle.open_notice(contract, actor=cast.licensor_as("APPROVER"))
    yield day(published.ends_on, 1)


def sign(cast: Cast, contract: LicenceContract) -> Iterator[date]:
    yield day(today(), 2)
    contract.refresh_from_db()
    digest = lifecycle.document_to_sign(contract).sha256
    lifecycle.sign(contract, actor=cast.licensor_as("SIGNATORY"), document_hash=digest, proof="password")
    yield day(today(), 2)
    lifecycle.sign(contract, actor=cast.licensee_as("SIGNATORY"), document_hash=digest, proof="password")
    if cast.agency:
        lifecycle.sign(contract, actor=cast.agency_as("SIGNATORY"), document_hash=digest, proof="password")
    contract.refresh_from_db()


def deliver(cast: Cast, contract: LicenceContract) -> Iterator[date]:
    yield day(today(), 4)
    lifecycle.deliver(
        contract, actor=cast.licensor_as("CONTRACT_OFFICER"), items="技术资料包\n操作手册\n样品"
    )
    yield day(today(), 2)
    lifecycle.accept_delivery(contract, actor=cast.licensee_as("SIGNATORY"))
    contract.refresh_from_db()


def to_trial(cast: Cast, start: date) -> Iterator[date]:
    """From the first question to free use; returns the contract."""
    sheet = yield from agree(cast, start)
    yield day(today(), 2)
    contract = draft(cast, sheet)
    yield from review(cast, contract)
    yield from notice(cast, contract)
    yield from sign(cast, contract)
    yield from deliver(cast, contract)
    return contract


def comply(cast: Cast, contract: LicenceContract) -> None:
    """Registration, VAT filing and recordal, as the licensor's office records them."""
    officer = cast.licensor_as("CONTRACT_OFFICER")
    number = f"{today():%Y}420100{contract.pk:06d}"
    lifecycle.record_registration(contract, actor=officer, number=number, on=today())
    for track in ("VAT", "RECORDAL"):
        task = contract.compliance.get(track=track)
        lifecycle.complete_track(task, actor=officer, reference=f"示例{track}-{contract.pk:04d}", on=today())
    contract.refresh_from_db()


def amend_last(cast: Cast, contract: LicenceContract, rows_of) -> Iterator[date]:
    """The licensee corrects its last accepted report; the licensor accepts the correction."""
    last = UsageReport.objects.filter(contract=contract, state=ReportState.ACCEPTED).latest("period_end")
    amended = usage.amend_report(last, actor=cast.licensee_as("REPORTER"))
    entry = usage.Draft(rows=rows_of(amended), note="客户退货在季后入账")
    usage.submit_report(amended, actor=cast.licensee_as("REPORTER"), draft=entry)
    yield day(today(), 2)
    usage.accept_report(amended, actor=cast.licensor_as("CONTRACT_OFFICER"))
    yield day(today(), 1)


def first_income(cast: Cast, contract: LicenceContract) -> None:
    fact = lifecycle.record_fact(
        contract,
        actor=cast.licensee_as("REPORTER"),
        name="first_income",
        on=today(),
        words="首笔订单收入到账",
    )
    if fact.state == "RECORDED":
        lifecycle.confirm_fact(fact, actor=cast.licensor_as("CONTRACT_OFFICER"))
    contract.refresh_from_db()


def sales_rows(report: UsageReport, net_yuan: int) -> list[usage.RowInput]:
    """Sales whose net figure is `net_yuan`: 13 % VAT on top, returns and freight taken off. Split at the days on
    which charging begins, in proportion to the days."""
    from contracts.usage.forms import segments_of

    segments = segments_of(report)
    total = (report.period_end - report.period_start).days + 1
    rows, given = [], 0
    for place, (start, end) in enumerate(segments):
        days = (end - start).days + 1
        net = net_yuan * 100 - given if place == len(segments) - 1 else net_yuan * 100 * days // total
        given += net
        returns, freight = net // 50, net // 100
        goods = net + returns + freight
        vat = goods * 13 // 100
        components = {"invoiced_incl_vat": goods + vat, "vat": vat, "returns": returns, "freight": freight}
        rows.append(usage.RowInput("sales", components=components, period_start=start, period_end=end))
    return rows


def report(cast: Cast, contract: LicenceContract, rows_of) -> Iterator[date]:
    """Submit and accept every report that is open; `rows_of(report)` gives rows, or None for nil."""
    usage.schedule_reports(contract)
    for found in UsageReport.objects.filter(contract=contract, state__in=DUE).order_by("period_start"):
        rows = rows_of(found)
        entry = usage.Draft(rows=rows or [], is_nil=not rows)
        usage.submit_report(found, actor=cast.licensee_as("REPORTER"), draft=entry)
        yield day(today(), 1)
        usage.accept_report(found, actor=cast.licensor_as("CONTRACT_OFFICER"))


def nil(_report) -> None:
    return None


def bill(cast: Cast, contract: LicenceContract) -> list:
    """Approve what has accrued and invoice it."""
    ids = list(contract.charges.filter(state=ChargeState.ACCRUED).values_list("pk", flat=True))
    finance = cast.licensor_as("FINANCE")
    if ids:
        approve_charges(contract, actor=finance, ids=ids)
    return issue_invoices(contract, actor=finance)


def account_of(cast: Cast) -> BankAccount:
    organisation = cast.people.org(cast.licensor)
    found = BankAccount.objects.filter(organisation=organisation, closed_on=None).first()
    return found or save_account(
        organisation,
        actor=cast.licensor_as("FINANCE"),
        holder=organisation.name_zh,
        bank_name="江城银行示例支行",
        number=f"42000100{organisation.pk:011d}",
        layout="jiangcheng",
    )


def pay(cast: Cast, invoice, minor: int | None = None) -> None:
    """The bank's statement brings the transfer; finance imports it and confirms the receipt."""
    account = account_of(cast)
    amount = Money(invoice.total_minor if minor is None else minor, invoice.currency)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["交易日期", "贷方发生额", "借方发生额", "交易流水号", "对方户名", "对方账号", "附言"])
    serial = f"DEMO{today():%Y%m%d}{invoice.pk:06d}{amount.minor % 1000:03d}"
    payer = cast.people.org(cast.licensee).name_zh
    note = f"{invoice.reference_code} {invoice.number}"
    writer.writerow(
        [f"{today():%Y-%m-%d}", f"{amount.decimal:.2f}", "", serial, payer, "6222000000000000", note]
    )
    finance = cast.licensor_as("FINANCE")
    content = out.getvalue().encode("utf-8-sig")
    statement = read_file(account, actor=finance, name=f"statement-{serial}.csv", content=content)
    import_statement(statement, actor=finance)
    line = StatementLine.objects.get(account=account, bank_reference=serial)
    confirm_receipt(line, actor=finance, parts=[(invoice.pk, amount.minor)])


def distribute(cast: Cast, contract: LicenceContract) -> Iterator[date]:
    """Plan, proposal, approval, the internal notice of 15 working days, payouts."""
    finance, approver = cast.licensor_as("FINANCE"), cast.licensor_as("APPROVER")
    save_plan(
        contract,
        actor=finance,
        team_share=Decimal("0.7"),
        staff_of_retained=Decimal("0.2"),
        basis="示例校发〔2025〕1号 成果转化收益分配办法",
        commission_is_cost=True,
    )
    yield day(today(), 1)
    proposal = propose_distribution(contract, actor=finance)
    yield day(today(), 2)
    approve_distribution(proposal, actor=approver)
    yield day(today(), 32)
    organisation = cast.people.org(cast.licensor)
    ids = list(
        Payout.objects.filter(payer=organisation, state="DUE", share__distribution=proposal).values_list(
            "pk", flat=True
        )
    )
    confirm_payouts(organisation, actor=finance, ids=ids, paid_on=today(), reference="示例批量代发")


def waiting_reports(contract: LicenceContract) -> int:
    return UsageReport.objects.filter(contract=contract, state=ReportState.SUBMITTED).count()
