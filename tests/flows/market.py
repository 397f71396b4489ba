"""Who plays in the flows: organisations and people, set up by factories; everything after that is done on pages."""

from types import SimpleNamespace

from allauth.account.models import EmailAddress
from django.core.management import call_command

from cms.structure import ensure_institution_page, set_up_site
from marketplace.organisations.acting import acting_for
from marketplace.organisations.roles import ROLES_OF_KIND, Kind, Role
from tests.factories.ground import PASSWORD, make_member, make_organisation, make_user
from tests.flows.browser import Person


def somebody(organisation, *roles, name: str) -> Person:
    """A member of an organisation with these roles."""
    user = make_user(name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    make_member(organisation, *roles, user=user)
    return Person(acting_for(user, organisation), PASSWORD)


def market() -> SimpleNamespace:
    """A university, an enterprise, an agency, a stranger and the operator, each with the people that act."""
    set_up_site()
    call_command("load_programmes", verbosity=0)
    uni = make_organisation(
        Kind.UNIVERSITY,
        name_zh="东湖示例大学",
        name_en="East Lake Example University",
        address="武汉市珞珈路1号",
    )
    firm = make_organisation(
        name_zh="长江样例泵业有限公司", name_en="Yangtze Sample Pumps", address="武汉市江岸路2号",
        size_class="SMALL", tech_sme_no="2025420100A0000001", contact_email="pay@firm.example.com",
    )  # fmt: skip
    agency = make_organisation(
        Kind.AGENCY, name_zh="楚天示例技术转移", name_en="Chutian Example Transfer", address="武汉市关山路3号"
    )
    operator = make_organisation(Kind.OPERATOR, name_zh="市场运营方", name_en="Market Operator")
    outside = make_organisation(name_zh="外人示例公司", name_en="Outsider Example", size_class="SMALL")
    ensure_institution_page(uni)
    return SimpleNamespace(
        uni=uni,
        firm=firm,
        agency=agency,
        editor=somebody(uni, Role.EDITOR, name="编辑甲"),
        approver=somebody(uni, Role.APPROVER, name="审核乙"),
        officer=somebody(uni, Role.CONTRACT_OFFICER, name="合同丙"),
        uni_signatory=somebody(uni, Role.SIGNATORY, name="校签丁"),
        finance=somebody(uni, Role.FINANCE, name="校财戊"),
        inventor=somebody(uni, Role.INVENTOR, name="王示例"),
        scout=somebody(firm, Role.SCOUT, name="侦察己"),
        signatory=somebody(firm, Role.SIGNATORY, name="企签庚"),
        reporter=somebody(firm, Role.REPORTER, name="报告辛"),
        payer=somebody(firm, Role.FINANCE, name="企财壬"),
        broker=somebody(agency, Role.BROKER, name="经纪癸"),
        agency_signatory=somebody(agency, Role.SIGNATORY, name="机签子"),
        agency_finance=somebody(agency, Role.FINANCE, name="机财丑"),
        stranger=somebody(outside, *ROLES_OF_KIND[Kind.ENTERPRISE], name="外人寅"),
        operator=somebody(operator, Role.VERIFIER, Role.PROGRAMME_OFFICER, name="运营卯"),
        visitor=Person(),
    )
