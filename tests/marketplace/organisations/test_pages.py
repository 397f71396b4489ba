from datetime import date

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation

from marketplace.clock import now
from marketplace.desk import items_for
from marketplace.organisations import mandates, services
from marketplace.organisations.models import Invitation, Membership, Organisation, OrganisationState
from marketplace.organisations.roles import Kind, Role
from tests.factories.ground import (
    make_acting,
    make_member,
    make_organisation,
    make_user,
    signed_in,
)

pytestmark = pytest.mark.django_db
LOGIN = "/en/accounts/login/"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def owner():
    return make_acting(Kind.ENTERPRISE)


@pytest.fixture
def colleague(owner):
    return make_member(owner.organisation, Role.SCOUT)


# --- Who sees what --------------------------------------------------------------------------------------------


def pages(owner):
    """Every page and step with what the four get: owner's administrator, outsider, operator, anonymous."""
    scout = make_member(owner.organisation, Role.SCOUT)
    invitation, _token = services.invite_member(
        owner.organisation, actor=owner, email="x@example.org", roles=[Role.SCOUT]
    )
    broker = make_acting(Kind.AGENCY)
    mandate = mandates.propose_mandate(
        actor=broker, client=owner.organisation, purpose="p", valid_from=date(2026, 1, 1)
    )
    pending = make_organisation(state=OrganisationState.PENDING)
    login = 302
    return [
        ("get", "organisation_settings", (), (200, 200, 200, login)),
        ("get", "organisation_register", (), (200, 200, 200, login)),
        ("get", "members", (), (200, 200, 200, login)),
        ("get", "invitation_new", (), (200, 200, 200, login)),
        ("get", "mandates", (), (200, 200, 200, login)),
        ("get", "mandate_new", (), (403, 403, 403, login)),
        ("get", "member_roles", (scout.pk,), (200, 404, 404, login)),
        ("get", "organisation", (owner.organisation.slug,), (200, 200, 200, 200)),
        ("get", "organisation", (pending.slug,), (404, 404, 200, 404)),
        ("get", "organisation", ("nobody",), (404, 404, 404, 404)),
        ("get", "invitation", ("nonsense",), (410, 410, 410, 410)),
        ("get", "verifications", (), (404, 404, 200, login)),
        ("get", "verification", (pending.pk,), (404, 404, 200, login)),
        ("get", "act_for", (), (405, 405, 405, 405)),
        ("post", "organisation_resubmit", (), (409, 409, 409, login)),
        ("post", "mandate_answer", (mandate.pk,), (302, 404, 404, login)),
        ("post", "mandate_end", (mandate.pk,), (302, 404, 404, login)),
        ("post", "invitation_withdraw", (invitation.pk,), (302, 404, 404, login)),
        ("post", "member_remove", (scout.pk,), (302, 404, 404, login)),
    ]


@pytest.mark.parametrize(
    ("place", "who"), enumerate(["owner", "outsider", "operator", "anonymous"])
)  # fmt: skip
def test_pages_answer_as_agreed(client, owner, place, who):
    rows = pages(owner)
    acting = {"owner": owner, "outsider": make_acting(), "operator": make_acting(Kind.OPERATOR)}.get(who)
    if acting:
        signed_in(client, acting)
    for method, name, args, expected in rows:
        if name == "mandate_answer" and who == "owner":
            answer = client.post(reverse(name, args=args), {"answer": "accept"})
        else:
            answer = getattr(client, method)(reverse(name, args=args))
        assert answer.status_code == expected[place], (who, name, answer.status_code)


def test_colleague_without_the_role_may_look_but_not_change(client, owner, colleague):
    client.force_login(colleague.user)
    assert [
        client.get(reverse("organisation_settings")).status_code,
        client.get(reverse("members")).status_code,
        client.get(reverse("invitation_new")).status_code,
        client.post(reverse("member_remove", args=[colleague.pk])).status_code,
        client.post(reverse("organisation_settings"), {}).status_code,
    ] == [200, 200, 403, 403, 403]
    assert "invitation" not in client.get(reverse("members")).content.decode().lower().replace(
        "open the link in the invitation", ""
    )


def test_verifier_role_is_needed_inside_the_operator(client):
    signed_in(client, make_acting(Kind.OPERATOR, Role.PROGRAMME_OFFICER))
    assert client.get(reverse("verifications")).status_code == 403


# --- Registration ---------------------------------------------------------------------------------------------


FORM = {
    "kind": "ENTERPRISE",
    "name_zh": "示例企业",
    "name_en": "",
    "credit_code": "91420100ma4k000001",
    "region": "420100",
    "address": "武汉市",
    "contact_name": "王芳",
    "contact_email": "wang@example.org",
    "size_class": "SMALL",
}


def test_registering_makes_the_new_organisation_the_acting_one(client):
    user = make_user()
    client.force_login(user)
    answer = client.post(reverse("organisation_register"), FORM)
    assert answer.status_code == 302, answer.context["form"].errors
    organisation = Organisation.objects.get(name_zh="示例企业")
    assert organisation.credit_code == FORM["credit_code"].upper()
    assert client.session["acting_organisation"] == organisation.pk
    page = client.get(reverse("organisation_settings")).content.decode()
    assert "waits for verification" in page


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"name_zh": ""}, "name_zh"),
        ({"credit_code": "123"}, "credit_code"),
        ({"credit_code": "taken"}, "credit_code"),
        ({"size_class": ""}, "size_class"),
        ({"kind": "OPERATOR"}, "kind"),
        ({"region": "999999"}, "region"),
        ({"contact_email": "no"}, "contact_email"),
    ],
)
def test_registration_says_what_is_wrong(client, changes, wrong):
    taken = make_organisation()
    changes = {k: taken.credit_code if v == "taken" else v for k, v in changes.items()}
    client.force_login(make_user())
    answer = client.post(reverse("organisation_register"), {**FORM, **changes})
    assert list(answer.context["form"].errors) == [wrong]
    assert Organisation.objects.count() == 1


def test_settings_keep_verified_facts_and_change_the_rest(client, owner):
    signed_in(client, owner)
    name = owner.organisation.name_zh
    own = {key: FORM[key] for key in ("region", "address", "contact_name", "contact_email", "size_class")}
    assert client.post(reverse("organisation_settings"), {**own, "name_zh": "x"}).status_code == 302
    owner.organisation.refresh_from_db()
    assert (owner.organisation.name_zh, owner.organisation.contact_name) == (name, "王芳")


def test_refused_organisation_reads_why_and_asks_again(client):
    acting = make_acting(state=OrganisationState.REFUSED)
    signed_in(client, acting)
    assert "seen" in client.get(reverse("organisation_settings")).content.decode()
    client.post(reverse("organisation_resubmit"))
    acting.organisation.refresh_from_db()
    assert acting.organisation.state == OrganisationState.PENDING


# --- Acting for ---------------------------------------------------------------------------------------------


def test_switching_goes_only_to_own_organisations_and_safe_places(client, owner):
    second = make_member(make_organisation(), user=owner.user).organisation
    signed_in(client, owner)
    url = reverse("act_for")
    answer = client.post(url, {"organisation": second.pk, "next": "/en/organisation/members/"})
    assert (answer.url, client.session["acting_organisation"]) == ("/en/organisation/members/", second.pk)
    evil = client.post(url, {"organisation": owner.organisation.pk, "next": "https://evil.example/"})
    assert evil.url == reverse("desk")
    for wrong in (make_organisation().pk, "x", "", "²", "9" * 30, "9" * 5_000):
        assert client.post(url, {"organisation": wrong}).status_code == 404
    assert client.session["acting_organisation"] == owner.organisation.pk


# --- Invitations --------------------------------------------------------------------------------------------


def test_invitation_leads_through_sign_in_to_membership(client, owner):
    _row, token = services.invite_member(
        owner.organisation, actor=owner, email="new@example.org", roles=[Role.SCOUT]
    )
    url = reverse("invitation", args=[token])
    page = client.get(url).content.decode()
    assert owner.organisation.name_en in page
    assert str(owner.user) in page
    assert client.post(url).status_code == 200  # an anonymous visitor joins nothing
    user = make_user(email="new@example.org")
    client.force_login(user)
    assert "Join" in client.get(url).content.decode()
    assert client.post(url).url == reverse("desk")
    assert Membership.objects.get(user=user).roles == [Role.SCOUT]
    assert client.get(url).status_code == 410


def test_invitation_opened_as_somebody_else_says_so(client, owner):
    _row, token = services.invite_member(
        owner.organisation, actor=owner, email="new@example.org", roles=[Role.SCOUT]
    )
    other = make_user()
    client.force_login(other)
    url = reverse("invitation", args=[token])
    assert f"You are signed in as {other.email}, but" in client.get(url).content.decode()
    assert client.post(url).status_code == 409
    assert not Membership.objects.filter(user=other).exists()


def test_sign_in_after_an_invitation_leads_back_to_it(client, owner):
    from allauth.account.models import EmailAddress

    user = make_user(email="new@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    _row, token = services.invite_member(
        owner.organisation, actor=owner, email=user.email, roles=[Role.SCOUT]
    )
    url = reverse("invitation", args=[token])
    client.get(url)
    answer = client.post(LOGIN, {"login": user.email, "password": "long-enough-1"})
    assert answer.url == url


def test_inviting_and_withdrawing_by_page(client, owner, django_capture_on_commit_callbacks):
    signed_in(client, owner)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("invitation_new"), {"email": "New@example.org", "roles": ["SCOUT"]})
    assert mail.outbox[0].to == ["new@example.org"]
    assert "邀请" in mail.outbox[0].subject
    assert "invitation to" in mail.outbox[0].subject
    row = Invitation.objects.get()
    client.post(reverse("invitation_withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.withdrawn_at
    wrong = client.post(reverse("invitation_new"), {"email": owner.user.email, "roles": ["BROKER"]})
    assert list(wrong.context["form"].errors) == ["roles"]
    member = client.post(reverse("invitation_new"), {"email": owner.user.email, "roles": ["SCOUT"]})
    assert list(member.context["form"].errors) == ["email"]


# --- Operator -----------------------------------------------------------------------------------------------


def test_verifier_decides_with_a_reason(client):
    signed_in(client, make_acting(Kind.OPERATOR))
    pending = make_acting(state=OrganisationState.PENDING).organisation
    url = reverse("verification", args=[pending.pk])
    assert list(
        client.post(url, {"step": "decide", "decision": "verify", "reason": ""}).context["decision"].errors
    ) == ["reason"]
    client.post(url, {"step": "decide", "decision": "verify", "reason": "licence seen"})
    pending.refresh_from_db()
    assert (pending.state, pending.decision_reason) == ("VERIFIED", "licence seen")
    assert "verified" in client.get(url).content.decode()
    again = client.post(url, {"step": "decide", "decision": "verify", "reason": "x"})
    assert list(again.context["decision"].errors) == ["decision"]
    client.post(url, {"step": "correct", "name_zh": "更正", "credit_code": pending.credit_code})
    pending.refresh_from_db()
    assert pending.name_zh == "更正"


def test_queue_filters_and_exports_what_it_shows(client):
    signed_in(client, make_acting(Kind.OPERATOR))
    make_organisation(Kind.UNIVERSITY, OrganisationState.PENDING, name_en="Waiting University")
    make_organisation(Kind.ENTERPRISE, OrganisationState.PENDING, name_en="=Waiting()")
    make_organisation(Kind.ENTERPRISE, name_en="Verified Company")
    url = reverse("verifications")
    for query, names in {
        "": ["Waiting University", "=Waiting()"],
        "?kind=UNIVERSITY": ["Waiting University"],
        "?state=all&q=verified": ["Verified Company"],
        "?state=nonsense&kind=nonsense&sort=nonsense&page=99": ["Waiting University", "=Waiting()", "Verified Company"],
    }.items():  # fmt: skip
        assert [row.name_en for row in client.get(url + query).context["page_obj"]] == names, query
    body = client.get(url + "?kind=ENTERPRISE&export=csv").content.decode("utf-8-sig")
    assert "'=Waiting()" in body
    assert "Waiting University" not in body
    assert client.get(url + "?export=xlsx").status_code == 200
    assert client.get(url + "?export=exe").status_code == 400


# --- Figures and desk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 3])
def test_lists_ask_the_same_number_of_questions(client, django_assert_num_queries, rows):
    operator = make_acting(Kind.OPERATOR)
    client_side = make_acting(Kind.ENTERPRISE, Role.ADMIN)
    for number in range(rows):
        make_organisation(state=OrganisationState.PENDING)
        if number:
            make_member(client_side.organisation, Role.SCOUT)
        services.invite_member(
            client_side.organisation, actor=client_side, email=f"n{number}@example.org", roles=[Role.SCOUT]
        )
        mandates.propose_mandate(
            actor=make_acting(Kind.AGENCY),
            client=client_side.organisation,
            purpose="p",
            valid_from=date(2026, 1, 1),
        )
    signed_in(client, operator)
    with django_assert_num_queries(FRAME + 2):
        client.get(reverse("verifications"))
    signed_in(client, client_side)
    with django_assert_num_queries(FRAME + 3):
        client.get(reverse("members"))
    with django_assert_num_queries(FRAME + 2):
        client.get(reverse("mandates"))


FRAME = 4  # session, user, memberships, unread notifications


def test_desk_shows_what_waits():
    operator = make_acting(Kind.OPERATOR)
    waiting = make_acting(state=OrganisationState.PENDING)
    broker, client_side = make_acting(Kind.AGENCY), make_acting()
    mandates.propose_mandate(
        actor=broker, client=client_side.organisation, purpose="p", valid_from=now().date()
    )

    def shown(acting):
        return [(item.kind, item.waits_for) for item in items_for(acting)]

    assert shown(operator) == [("Verification", "me")]
    assert shown(waiting) == [("Verification", "them")]
    assert shown(broker) == [("Mandate", "them")]
    assert shown(client_side) == [("Mandate", "me")]
