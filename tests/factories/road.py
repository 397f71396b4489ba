"""One of everything: a market whose one contract has gone the whole road, and what stands beside it. Made by the
services, once, for tests that ask what every address answers to whom."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from wagtail.documents.models import Document

from cms import services as cms
from cms.imports.runs import start_run, work_off
from cms.models import Attachment
from cms.rights import rights_of
from contracts.billing.closing.models import InvoiceDraft
from contracts.billing.closing.month_end import month_before, start_month_end
from contracts.billing.invoicing import issue_credit_note
from contracts.lifecycle import services as lifecycle
from contracts.payments.advices import advise_payment
from contracts.payments.collecting.models import WriteOff
from contracts.payments.models import Allocation
from contracts.proceeds.plans import add_cost
from contracts.usage import services as usage
from contracts.usage.audits.services import announce_audit
from contracts.usage.metering.files import read_file
from contracts.usage.models import UsageReport
from marketplace.clock import today
from marketplace.deals import services as deals
from marketplace.demo import acts
from marketplace.demo.acts import Cast, paper
from marketplace.demo.people import People
from marketplace.notifications.models import Notification
from marketplace.notifications.services import mail_stop_token
from marketplace.organisations import services as ground
from marketplace.organisations.acting import acting_for
from marketplace.organisations.api_keys import create_key
from marketplace.organisations.mandates import propose_mandate
from marketplace.organisations.roles import ROLES_OF_KIND, Kind, Role
from marketplace.simulator.services import keep_scenario
from marketplace.terms import presets
from search.indexing import drain
from search.services import match_stop_token, save_search, stop_token
from search.synonyms import add_synonyms
from tests.cms.world import FULL, RIGHTS, University
from tests.factories.ground import make_member, make_organisation
from tests.flows.days import Calendar

START = date(2026, 1, 5)
FACTS = {"address": "武汉市示例路1号", "size_class": "SMALL"}
PLACES = {
    "uni": Kind.UNIVERSITY,
    "firm": Kind.ENTERPRISE,
    "agency": Kind.AGENCY,
    "provider": Kind.PROVIDER,
    "operator": Kind.OPERATOR,
    "other_uni": Kind.UNIVERSITY,
    "other_firm": Kind.ENTERPRISE,
    "other_agency": Kind.AGENCY,
    "other_provider": Kind.PROVIDER,
}


def road() -> SimpleNamespace:
    """`people[place]` acts for that organisation with every role; the rest are objects by name. The clock stands at
    the end of the story until `calendar.end()`."""
    calendar = Calendar()
    calendar.begin(START)
    made = SimpleNamespace(calendar=calendar, people={})
    everybody = People()
    for place, kind in PLACES.items():
        organisation = (
            University(**FACTS).organisation if kind == Kind.UNIVERSITY else make_organisation(kind, **FACTS)
        )
        everybody.organisations[place] = organisation
        for role in ROLES_OF_KIND[kind]:
            make_member(organisation, role)
        made.people[place] = acting_for(make_member(organisation).user, organisation)
    made.people |= {"nobody": None, "inventor": everybody.acting("uni", "INVENTOR")}
    made.orgs = everybody.organisations
    _pages(made, everybody)
    _contract(made, everybody)
    _money(made)
    _second_contract(made, everybody)
    _beside(made, everybody)
    return made


def _play(made: SimpleNamespace, plot):
    """Let a told act happen, each part on its day; what it returns."""
    while True:
        try:
            on = next(plot)
        except StopIteration as end:
            return end.value
        if on > today():
            made.calendar.go_to(on)


def _pages(made, everybody) -> None:
    uni, editor, approver = (
        made.orgs["uni"], everybody.acting("uni", "EDITOR"), everybody.acting("uni", "APPROVER")
    )  # fmt: skip
    team = [
        {"name": "张示例", "unit": "材料学院", "share": Decimal("0.6"), "user": made.people["inventor"].user},
        {"name": "李示例", "unit": "材料学院", "share": Decimal("0.4")},
    ]
    fields = {**FULL, "ip_rights": RIGHTS, "contributors": team, "team_consent_on": date(2025, 12, 1)}
    made.listing = cms.create_listing(uni, actor=editor, **fields)
    rights = rights_of(uni)
    for restricted, collection in ((False, rights.public_files), (True, rights.restricted_files)):
        content = ContentFile(paper("t", "x", "t.pdf").read(), name="t.pdf")
        document = Document.objects.create(
            title="t", collection=collection, file=content, file_size=content.size
        )
        made.listing.attachments.add(Attachment(document=document, restricted=restricted))
    cms._save_draft(made.listing, editor)
    cms.submit_listing(made.listing, actor=editor)
    made.listing = cms.approve_listing(made.listing, actor=approver)
    made.attachment = made.listing.attachments.get(restricted=True)
    made.draft = cms.create_listing(uni, actor=editor, **FULL)
    scout = everybody.acting("firm", "SCOUT")
    wanted = {
        "title_zh": "寻找低温密封",
        "summary_zh": "零下六十度",
        "problem_zh": "密封脆裂",
        "visibility": "PUBLIC",
    }
    made.need = cms.create_need(made.orgs["firm"], actor=scout, **wanted)
    need = cms.create_need(made.orgs["firm"], actor=scout, **wanted | {"title_zh": "寻找低温涂层"})
    cms.submit_need(need, actor=scout)
    made.live_need = cms.approve_need(need, actor=everybody.acting("firm", "SIGNATORY"))
    made.proposal = deals.propose_listing(
        made.live_need, made.listing, actor=made.people["uni"], message="零下六十度不脆裂"
    )
    made.service = cms.create_service(
        made.orgs["provider"], actor=everybody.acting("provider", "EDITOR"), title_zh="低温密封检测", kind="TESTING"
    )  # fmt: skip
    sheet = SimpleUploadedFile("l.jsonl", '{"title_zh": "导入的成果"}\n'.encode())
    made.import_run = start_run(sheet, actor=editor)
    work_off(made.import_run.pk)
    drain()


def _contract(made, everybody) -> None:
    """Enquiry to the second accepted report, with the agency in the middle."""
    terms = presets.preset("royalty", trigger_event="first_income", trigger_join="any", interest_day="0.05")
    cast = Cast(everybody, made.listing, "uni", "firm", terms, agency="agency")
    made.cast = cast
    made.contract = _play(made, acts.to_trial(cast, START))
    made.deal = made.contract.term_sheet.deal
    deals.post_message(made.deal, actor=made.people["firm"], text="第二个问题")
    made.room_file = deals.add_file(made.deal, actor=made.people["uni"], file=paper("f", "x", "f.pdf"))
    made.commission = made.deal.commission_terms.get()
    acts.first_income(cast, made.contract)
    made.fact = made.contract.facts.get()
    made.calendar.after(200)
    _play(made, acts.report(cast, made.contract, lambda report: acts.sales_rows(report, 1_000_000)))
    made.calendar.after(1)
    made.report = UsageReport.objects.filter(contract=made.contract, state="ACCEPTED").latest("period_end")
    made.open_report = UsageReport.objects.filter(contract=made.contract).exclude(state="ACCEPTED").first()


def _money(made) -> None:
    cast, contract = made.cast, made.contract
    finance = cast.licensor_as("FINANCE")
    made.account = acts.account_of(cast)
    made.invoice = acts.bill(cast, contract)[0]
    made.charge = made.invoice.lines.first().charge
    made.advice = advise_payment(
        made.invoice, actor=cast.licensee_as("FINANCE"), amount_minor=10_000_00, paid_on=today(),
        slip=paper("s", "x", "s.pdf"),
    )  # fmt: skip
    acts.pay(cast, made.invoice, 20_000_00)
    made.allocation = Allocation.objects.get(invoice=made.invoice)
    made.payment = made.allocation.payment
    made.line = made.payment.line
    made.statement = made.line.statement
    made.credit_note = issue_credit_note(made.invoice, actor=finance, price_minor=1_000_00, reason="减免")
    _play(made, acts.distribute(cast, contract))
    made.distribution = contract.distributions.first()
    made.share = made.distribution.shares.get(name="张示例")
    made.payout = made.share.payout
    made.cost = add_cost(contract, actor=finance, amount_minor=100_00, on=today(), text="专利费")


def _second_contract(made, everybody) -> None:
    """Another one on its public notice, with an objection; and a deal with an offer on the table."""
    fields = {**FULL, "title_zh": "第二项示例成果的名称", "team_consent_on": date(2025, 12, 1)}
    rights = [{**RIGHTS[0], "number": "CN202310000002.X"}]
    team = [{"name": "王示例", "unit": "材料学院", "share": Decimal(1)}]
    editor = everybody.acting("uni", "EDITOR")
    page = cms.create_listing(made.orgs["uni"], actor=editor, **fields, ip_rights=rights, contributors=team)
    cms.submit_listing(page, actor=editor)
    made.second_listing = cms.approve_listing(page, actor=everybody.acting("uni", "APPROVER"))
    cast = Cast(everybody, made.second_listing, "uni", "firm", presets.preset("option"))
    sheet = _play(made, acts.agree(cast, today()))
    made.noticed = acts.draft(cast, sheet)
    _play(made, acts.review(cast, made.noticed))
    made.notice = lifecycle.open_notice(made.noticed, actor=cast.licensor_as("APPROVER"))
    made.objection, made.objection_token = lifecycle.lodge_objection(
        made.notice, name="异议人", contact="objector@example.com", text="价格过低"
    )
    made.open_deal = deals.open_enquiry(
        made.second_listing, actor=everybody.acting("firm", "SCOUT"), message="再问一次"
    )
    deals.make_offer(
        made.open_deal, actor=everybody.acting("uni", "CONTRACT_OFFICER"), terms=presets.preset("option")
    )


def _beside(made, everybody) -> None:
    finance = made.cast.licensor_as("FINANCE")
    made.payer = made.contract.licensee
    made.draft_invoice = InvoiceDraft.objects.create(contract=made.contract, finalise_on=today())
    made.month_end = start_month_end(actor=finance, month=month_before(today()))
    made.write_off = WriteOff.objects.create(
        invoice=made.invoice, amount_minor=1, reason="对方已注销", proposed_by=finance.user
    )
    made.saved = save_search(actor=made.people["firm"], query="q=密封", name="密封")
    made.stop_token = stop_token(made.saved)
    firm = made.people["firm"]
    made.match_token = match_stop_token(firm.user, firm.organisation)
    made.mail_token = mail_stop_token(firm.user)
    made.synonyms = add_synonyms(["密封", "封接"], actor=made.people["operator"])
    made.member = made.orgs["uni"].memberships.order_by("pk").first()
    made.invitation, made.invitation_token = ground.invite_member(
        made.orgs["uni"], actor=everybody.acting("uni", "ADMIN"), email="new@example.org", roles=[Role.EDITOR]
    )
    made.api_key, made.api_key_secret = create_key(
        made.orgs["uni"], actor=everybody.acting("uni", "ADMIN"), name="示例", scopes=["usage.read"]
    )
    made.mandate = propose_mandate(
        actor=made.people["agency"], client=made.orgs["firm"], purpose="示例", valid_from=today()
    )
    made.waiting = make_organisation(state="PENDING")
    make_member(made.waiting)
    made.notification = Notification.objects.filter(user=made.people["uni"].user).first()
    made.evidence = usage.add_evidence(
        made.open_report, actor=made.cast.licensee_as("REPORTER"), files=[paper("e", "x", "e.pdf")]
    )[0]
    made.audit = announce_audit(
        made.contract, actor=made.cast.licensor_as("CONTRACT_OFFICER"), period_start=made.report.period_start,
        period_end=made.report.period_end, starts_on=today() + timedelta(days=14), auditor="会计师", scope="账簿",
    )  # fmt: skip
    made.event_file = read_file(
        made.contract, actor=made.cast.licensee_as("REPORTER"), name="e.csv", content=b"id,time\nx,\n"
    )
    made.track = made.contract.compliance.order_by("pk").first()
    made.document = made.contract.documents.get(kind="CONTRACT")
    made.kept_scenario = keep_scenario(
        made.contract, actor=made.people["firm"], name="x", agreed=made.contract.terms, said={}, readers=[]
    )
    terms = made.contract.terms
    made.amendment = lifecycle.propose_amendment(
        made.contract, actor=made.cast.licensor_as("CONTRACT_OFFICER"), effective_on=today() + timedelta(days=30),
        terms=replace(terms, report=replace(terms.report, days=45)), reason="示例",
    )  # fmt: skip
