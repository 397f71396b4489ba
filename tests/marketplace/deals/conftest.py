from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from cms.models import Contributor, IPRight, ListingPage, NeedPage
from cms.structure import ensure_institution_page, set_up_site
from marketplace.accounts.models import User
from marketplace.clock import now, today
from marketplace.organisations.acting import Acting
from marketplace.organisations.models import Mandate, Membership, Organisation
from marketplace.organisations.roles import Kind, Role
from marketplace.terms import presets

PASSWORD = "correct horse battery"
_numbers = count(1)


def organisation(kind, name, **facts):
    number = next(_numbers)
    return Organisation.objects.create(
        kind=kind,
        name_zh=name,
        name_en=f"{name} {number}",
        slug=f"o-{number}",
        credit_code=f"91420100MA{number:08d}",
        **{"state": "VERIFIED", "decided_at": now(), "decision_reason": "papers fit", **facts},
    )


def person(organisation, *roles) -> Acting:
    user = User.objects.create_user(email=f"p{next(_numbers)}@example.org", password=PASSWORD, name="李雷")
    if organisation is not None:
        Membership.objects.create(user=user, organisation=organisation, roles=list(roles))
    return Acting(user, organisation, frozenset(roles))


def mandate(agency, client, **facts):
    proposer = person(agency, Role.BROKER).user
    given = {"state": "ACTIVE", "valid_from": today() - timedelta(days=30), **facts}
    return Mandate.objects.create(
        agency=agency, client=client, purpose="find technology", proposed_by=proposer, **given
    )


def listing(organisation, title="低温密封胶", **facts):
    page = ListingPage(
        organisation=organisation,
        title_zh=title,
        title_en=f"{title} in English",
        summary_zh="泵用密封",
        **{"live": True, "free_months": 12, **facts},
    )
    page.contributors = [
        Contributor(name="王芳", unit="材料学院", share="0.6"),
        Contributor(name="赵强", unit="材料学院", share="0.4"),
    ]
    page.ip_rights = [
        IPRight(
            kind="INVENTION",
            number="CN202310000001",
            title="密封胶",
            status="GRANTED",
            expires_on="2043-01-01",
        )
    ]
    ensure_institution_page(organisation).add_child(instance=page)
    return ListingPage.objects.get(pk=page.pk)


def need(organisation, title="求低温密封方案", **facts):
    page = NeedPage(
        organisation=organisation,
        title_zh=title,
        title_en=f"{title} in English",
        problem_zh="密封脆裂",
        **{"live": True, **facts},
    )
    ensure_institution_page(organisation).add_child(instance=page)
    return NeedPage.objects.get(pk=page.pk)


@pytest.fixture
def world(db):
    return build_world()


def build_world():
    """One university, enterprise, agency, stranger and operator with their people, and a published listing."""
    set_up_site()
    uni = organisation(Kind.UNIVERSITY, "东湖大学")
    firm = organisation(Kind.ENTERPRISE, "长江泵业", size_class="SMALL")
    agency = organisation(Kind.AGENCY, "楚天技术转移")
    other = organisation(Kind.ENTERPRISE, "外人公司")
    return SimpleNamespace(
        uni=uni,
        firm=firm,
        agency=agency,
        officer=person(uni, Role.CONTRACT_OFFICER),
        finance=person(uni, Role.FINANCE),
        scout=person(firm, Role.SCOUT),
        signatory=person(firm, Role.SIGNATORY),
        broker=person(agency, Role.BROKER),
        stranger=person(other, Role.SIGNATORY),
        operator=person(organisation(Kind.OPERATOR, "市场运营方"), Role.VERIFIER),
        listing=listing(uni),
    )


@pytest.fixture
def terms():
    return presets.preset("year_or_income")


@pytest.fixture
def other_terms():
    return presets.preset("entry_royalty", entry_fee="60,000")


@pytest.fixture
def sign_in(client):
    def _sign_in(acting):
        client.force_login(acting.user)
        return client

    return _sign_in
