"""A market with one result, and contracts brought by the services to any state on a chosen day."""

from datetime import date, timedelta
from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile

from cms.models import Contributor, IPRight, ListingPage
from cms.structure import ensure_institution_page, set_up_site
from contracts.lifecycle import services
from contracts.lifecycle.due import run_due
from contracts.lifecycle.models import LicenceContract
from marketplace.clock import at, today
from marketplace.deals.services import accept_offer, make_offer, open_enquiry
from marketplace.organisations.roles import Kind, Role
from marketplace.terms import Terms, presets
from tests.marketplace.deals.conftest import mandate, organisation, person

START = date(2026, 1, 5)  # the day on which contracts are agreed
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def pdf(name="paper.pdf", content=PDF):
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def world(*, licensee_facts: dict | None = None) -> SimpleNamespace:
    set_up_site()
    uni = organisation(Kind.UNIVERSITY, "东湖大学", address="武汉市珞珈路1号")
    firm = organisation(
        Kind.ENTERPRISE,
        "长江泵业有限公司",
        **{"size_class": "SMALL", "region": "420100", "address": "武汉市江岸路2号", **(licensee_facts or {})},
    )
    agency = organisation(Kind.AGENCY, "楚天技术转移", address="武汉市关山路3号")
    return SimpleNamespace(
        uni=uni,
        firm=firm,
        agency=agency,
        officer=person(uni, Role.CONTRACT_OFFICER),
        approver=person(uni, Role.APPROVER),
        uni_signatory=person(uni, Role.SIGNATORY),
        finance=person(uni, Role.FINANCE),
        signatory=person(firm, Role.SIGNATORY),
        reporter=person(firm, Role.REPORTER),
        scout=person(firm, Role.SCOUT),
        broker=person(agency, Role.BROKER),
        agency_signatory=person(agency, Role.SIGNATORY),
        stranger=person(organisation(Kind.ENTERPRISE, "外人公司"), Role.SIGNATORY, Role.SCOUT, Role.REPORTER),
        neighbour=person(organisation(Kind.UNIVERSITY, "邻校"), Role.CONTRACT_OFFICER, Role.APPROVER),
        operator=person(organisation(Kind.OPERATOR, "市场运营方"), Role.VERIFIER, Role.PROGRAMME_OFFICER),
        listing=listing(uni),
    )


def listing(uni, **facts) -> ListingPage:
    page = ListingPage(
        organisation=uni,
        summary_zh="泵用密封",
        **{
            "title_zh": "低温密封胶",
            "title_en": "Low-temperature sealing compound",
            "live": True,
            "free_months": 12,
            "team_consent_on": date(2025, 12, 1),
            "trl": 6,
            **facts,
        },
    )
    page.contributors = [
        Contributor(name="王芳", unit="材料学院", share="0.6"),
        Contributor(name="赵强", unit="材料学院", share="0.4"),
    ]
    page.ip_rights = [
        IPRight(
            kind="INVENTION",
            number="ZL 2023 1 0000001.1",
            title="一种低温密封胶",
            status="GRANTED",
            filed_on=date(2023, 1, 1),
            granted_on=date(2024, 6, 1),
            expires_on=date(2043, 1, 1),
        )
    ]
    ensure_institution_page(uni).add_child(instance=page)
    return ListingPage.objects.get(pk=page.pk)


def terms(key="option", **inputs) -> Terms:
    return presets.preset(key, **inputs)


def agreed(world, agreed_terms: Terms | None = None, *, three_party=False, on=START, page=None):
    """The term sheet of a deal that was agreed on a day."""
    with at(on):
        if three_party:
            mandate(world.agency, world.firm, valid_from=on - timedelta(days=1))
            actor, client = world.broker, world.firm
        else:
            actor, client = world.scout, None
        deal = open_enquiry(page or world.listing, actor=actor, message="可以试用吗？", on_behalf_of=client)
        offer = make_offer(deal, actor=world.officer, terms=agreed_terms or terms())
        return accept_offer(offer, actor=world.signatory)


def drafted(world, agreed_terms=None, *, on=START, **how) -> LicenceContract:
    """A complete draft: both sides have declared."""
    sheet = agreed(world, agreed_terms, on=on, **how)
    with at(on):
        contract = services.draft_contract(sheet, actor=world.officer)
        services.declare_relation(contract, actor=world.officer, is_related=False)
        services.declare_relation(contract, actor=world.signatory, is_related=False)
    return fresh(contract)


def fresh(contract) -> LicenceContract:
    return LicenceContract.objects.with_parties().get(pk=contract.pk)


def in_review(world, agreed_terms=None, *, on=START, **how) -> LicenceContract:
    contract = drafted(world, agreed_terms, on=on, **how)
    with at(on):
        services.submit_review(contract, actor=world.officer)
    return fresh(contract)


def on_notice(world, agreed_terms=None, *, on=START, **how) -> LicenceContract:
    contract = in_review(world, agreed_terms, on=on, **how)
    with at(on):
        services.approve(contract, actor=world.approver)
        services.open_notice(contract, actor=world.approver)
    return fresh(contract)


def signing(world, agreed_terms=None, *, on=START, **how) -> LicenceContract:
    """Signing opens on the day after the notice, 16 days after `on`."""
    contract = on_notice(world, agreed_terms, on=on, **how)
    with at(on + timedelta(days=16)):
        run_due()
    return fresh(contract)


def sign_all(world, contract, *, on=None) -> LicenceContract:
    document = services.document_to_sign(contract)
    with at(on or today()):
        for actor in (world.uni_signatory, world.signatory, world.agency_signatory):
            if actor.is_for(contract.agency) or not actor.is_for(world.agency):
                services.sign(contract, actor=actor, document_hash=document.sha256, proof="password")
    return fresh(contract)


def signed(world, agreed_terms=None, *, on=date(2026, 1, 31), **how) -> LicenceContract:
    """In DELIVERY, effective on `on`."""
    contract = signing(world, agreed_terms, on=on - timedelta(days=16), **how)
    return sign_all(world, contract, on=on)


def trying(world, agreed_terms=None, *, on=date(2026, 1, 31), **how) -> LicenceContract:
    """Effective, delivered and accepted on `on`; free use begins that day."""
    contract = signed(world, agreed_terms, on=on, **how)
    with at(on):
        services.deliver(contract, actor=world.officer, items="工艺文件\n配方", files=[pdf()])
        services.accept_delivery(contract, actor=world.signatory)
    return fresh(contract)


def due_on(contract, day) -> LicenceContract:
    run_due(day)
    return fresh(contract)
