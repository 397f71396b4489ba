from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.management import call_command

from marketplace.audit.models import AuditEvent
from marketplace.clock import at, now
from marketplace.notifications.models import Notification
from marketplace.organisations import mandates, services
from marketplace.organisations.models import NEXT, Mandate, Membership, Organisation, OrganisationState
from marketplace.organisations.regions import HUBEI, PROVINCES, lies_in, region_name
from marketplace.organisations.roles import Kind, Role
from marketplace.refusals import NotPermitted, Refused, TransitionRefused
from tests.factories.ground import make_acting, make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db
FACTS = {"name_zh": "示例大学", "name_en": "Example University", "credit_code": "124200001234567890"}


def register(user=None, kind=Kind.UNIVERSITY, **facts):
    return services.register_organisation(user=user or make_user(), kind=kind, **{**FACTS, **facts})


# --- Registration and verification --------------------------------------------------------------------------


def test_registration_waits_for_the_operator_and_tells_it():
    operator = make_acting(Kind.OPERATOR)
    user = make_user()

    organisation = register(user)

    assert (organisation.state, organisation.slug) == (OrganisationState.PENDING, "example-university")
    assert Role.APPROVER not in Membership.objects.get(user=user).roles
    note = Notification.objects.get(user=operator.user)
    assert note.subject_en == "Example University asks to be verified"
    assert note.path == f"/operator/organisations/{organisation.pk}/"


def test_registration_refuses_a_known_credit_code_and_the_operator():
    register()
    with pytest.raises(Refused):
        register()
    with pytest.raises(NotPermitted):
        register(kind=Kind.OPERATOR, credit_code="124200001234567891")
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize("state", OrganisationState)
@pytest.mark.parametrize("target", [OrganisationState.VERIFIED, OrganisationState.REFUSED])
def test_verification_follows_the_table(state, target):
    operator, organisation = make_acting(Kind.OPERATOR), make_organisation(state=state)

    def decide():
        return services.decide_verification(
            organisation, actor=operator, verified=target == OrganisationState.VERIFIED, reason="register seen"
        )  # fmt: skip

    if target in NEXT[state]:
        assert (decide().state, decide_audit(organisation)) == (target, f"organisation.{target.lower()}")
    else:
        with pytest.raises(TransitionRefused):
            decide()


def decide_audit(organisation):
    return AuditEvent.objects.get(target_type="organisations.organisation", target_id=organisation.pk).verb


def test_verification_needs_a_verifier_who_is_no_member_and_a_reason():
    organisation = make_organisation(state=OrganisationState.PENDING)
    verifier = make_acting(Kind.OPERATOR, Role.VERIFIER)
    for actor in (
        make_acting(Kind.OPERATOR, Role.PROGRAMME_OFFICER),
        make_acting(Kind.UNIVERSITY),
    ):
        with pytest.raises(NotPermitted):
            services.decide_verification(organisation, actor=actor, verified=True, reason="seen")
    with pytest.raises(Refused):
        services.decide_verification(organisation, actor=verifier, verified=True, reason="  ")
    make_member(organisation, user=verifier.user)
    with pytest.raises(NotPermitted):
        services.decide_verification(organisation, actor=verifier, verified=True, reason="seen")
    organisation.refresh_from_db()
    assert organisation.state == OrganisationState.PENDING


def test_refused_organisation_asks_again_once():
    acting = make_acting(state=OrganisationState.REFUSED)
    services.resubmit_organisation(acting.organisation, actor=acting)
    with pytest.raises(TransitionRefused):
        services.resubmit_organisation(acting.organisation, actor=acting)


def test_verified_facts_are_corrected_by_the_operator_only():
    acting = make_acting()
    with pytest.raises(Refused):
        services.update_organisation(acting.organisation, actor=acting, name_zh="别的名称")
    services.update_organisation(acting.organisation, actor=acting, address="武汉市")
    operator = make_acting(Kind.OPERATOR)
    services.correct_organisation(acting.organisation, actor=operator, name_zh="新名称", address="no")
    acting.organisation.refresh_from_db()
    assert (acting.organisation.name_zh, acting.organisation.address) == ("新名称", "武汉市")
    assert [e.data for e in AuditEvent.objects.order_by("id")] == [
        {"fields": ["address"]},
        {"fields": ["name_zh"]},
    ]
    other = make_organisation()
    with pytest.raises(Refused):
        services.correct_organisation(other, actor=operator, credit_code=acting.organisation.credit_code)


def test_create_operator_is_safe_to_repeat():
    for _again in range(2):
        call_command("create_operator", "Boss@example.org", verbosity=0)
    operator = Organisation.objects.get(kind=Kind.OPERATOR)
    assert operator.is_verified
    membership = Membership.objects.get()
    assert (membership.user.email, set(membership.roles)) == (
        "boss@example.org",
        {Role.ADMIN, Role.VERIFIER, Role.PROGRAMME_OFFICER},
    )


# --- People -------------------------------------------------------------------------------------------------


def test_last_administrator_stays():
    acting = make_acting(Kind.ENTERPRISE, Role.ADMIN)
    mine = Membership.objects.get(user=acting.user)
    with pytest.raises(Refused):
        services.change_roles(mine, actor=acting, roles=[Role.SCOUT])
    with pytest.raises(Refused):
        services.remove_member(mine, actor=acting)
    closed = make_member(acting.organisation, Role.ADMIN, user=make_user(is_active=False))
    with pytest.raises(Refused):
        services.remove_member(mine, actor=acting)
    services.remove_member(closed, actor=acting)
    make_member(acting.organisation, Role.ADMIN)
    services.remove_member(mine, actor=acting)
    with pytest.raises(TransitionRefused):
        services.remove_member(mine, actor=acting)


def test_roles_must_exist_for_the_kind_and_need_an_administrator():
    acting = make_acting(Kind.ENTERPRISE, Role.ADMIN)
    scout = make_member(acting.organisation, Role.SCOUT)
    with pytest.raises(Refused):
        services.change_roles(scout, actor=acting, roles=[Role.VERIFIER])
    with pytest.raises(NotPermitted):
        services.change_roles(scout, actor=make_acting(Kind.ENTERPRISE), roles=[Role.SCOUT])


def invite(acting, email="new@example.org", roles=(Role.SCOUT,)):
    return services.invite_member(acting.organisation, actor=acting, email=email, roles=list(roles))


def test_invitation_is_mailed_and_joins_once(django_capture_on_commit_callbacks):
    acting = make_acting()
    with django_capture_on_commit_callbacks(execute=True):
        invitation, token = invite(acting, "New@Example.org")
    letter = mail.outbox[0]
    assert letter.to == ["new@example.org"]
    assert f"/invitations/{token}/" in letter.body
    assert token not in invitation.token_hash

    user = make_user(email="new@example.org")
    assert services.accept_invitation(token, user=user).roles == [Role.SCOUT]
    with pytest.raises(Refused):
        services.accept_invitation(token, user=user)
    with pytest.raises(Refused):
        invite(acting, "NEW@example.org")


def test_invitation_is_for_its_address_only():
    _invitation, token = invite(make_acting())
    with pytest.raises(Refused):
        services.accept_invitation(token, user=make_user(email="other@example.org"))


def test_invitation_expired_withdrawn_or_replaced_does_nothing():
    acting, user = make_acting(), make_user(email="new@example.org")
    _first, replaced = invite(acting)
    withdrawn_row, withdrawn = invite(acting)
    services.withdraw_invitation(withdrawn_row, actor=acting)
    with pytest.raises(TransitionRefused):
        services.withdraw_invitation(withdrawn_row, actor=acting)
    for token in (replaced, withdrawn, "nonsense"):
        with pytest.raises(Refused):
            services.accept_invitation(token, user=user)
    _last, token = invite(acting)
    with at(now() + timedelta(days=15)), pytest.raises(Refused):
        services.accept_invitation(token, user=user)


# --- Mandates -----------------------------------------------------------------------------------------------


def propose(broker, client, **days):
    days = {"valid_from": date(2026, 1, 1), **days}
    return mandates.propose_mandate(actor=broker, client=client, purpose="find licences", **days)


def test_mandate_comes_into_force_when_the_client_accepts():
    broker, client = make_acting(Kind.AGENCY), make_acting(Kind.ENTERPRISE)
    with at(date(2026, 3, 1)):
        mandate = propose(broker, client.organisation)
        assert not Mandate.objects.in_force().exists()
        with pytest.raises(Refused):
            propose(broker, client.organisation)
        with pytest.raises(NotPermitted):
            mandates.answer_mandate(mandate, actor=broker, accepted=True)
        mandates.answer_mandate(mandate, actor=client, accepted=True)
        assert Mandate.objects.in_force().get() == mandate
        with pytest.raises(TransitionRefused):
            mandates.answer_mandate(mandate, actor=client, accepted=False)
        assert mandates.end_mandate(mandate, actor=client).valid_to == date(2026, 3, 1)
        assert not Mandate.objects.in_force().exists()
    assert list(Notification.objects.order_by("id").values_list("user", "template")) == [
        (client.user.pk, "mandate_proposed"),
        (broker.user.pk, "mandate_answered"),
        (broker.user.pk, "mandate_ended"),
    ]


def test_mandate_that_ran_out_makes_room_for_the_next():
    broker, client = make_acting(Kind.AGENCY), make_acting(Kind.ENTERPRISE)
    with at(date(2026, 3, 1)):
        old = propose(broker, client.organisation, valid_to=date(2026, 3, 31))
        mandates.answer_mandate(old, actor=client, accepted=True)
    with at(date(2026, 4, 1)):
        propose(broker, client.organisation, valid_from=date(2026, 4, 1))
    old.refresh_from_db()
    assert old.state == "ENDED"


def test_mandate_is_refused_for_others_than_agencies_for_both_sides_and_for_wrong_clients():
    broker, client = make_acting(Kind.AGENCY), make_acting(Kind.ENTERPRISE)
    with pytest.raises(NotPermitted):
        propose(client, broker.organisation)
    with pytest.raises(Refused):
        propose(broker, make_organisation(Kind.PROVIDER))
    with pytest.raises(Refused):
        propose(broker, make_organisation(state=OrganisationState.PENDING))
    with pytest.raises(Refused):
        propose(broker, client.organisation, valid_to=date(2025, 12, 31))
    make_member(client.organisation, user=broker.user)
    with pytest.raises(NotPermitted):
        propose(broker, client.organisation)


# --- Regions ------------------------------------------------------------------------------------------------


def test_regions_are_named_and_contained():
    assert (len(PROVINCES), len(HUBEI)) == (34, 17)
    assert [region_name(code) for code in ("420100", "42", "", "421381")] == [
        "湖北省武汉市", "湖北省", "", "湖北省（421381）",
    ]  # fmt: skip
    assert [lies_in(*pair) for pair in (("420100", ["42"]), ("330000", ["42"]), ("", ["42"]))] == [
        True, False, None,
    ]  # fmt: skip
    assert lies_in("420000", ["420100"]) is None


def test_an_address_of_the_site_itself_is_no_address_of_an_organisation():
    assert register(name_en="Search").slug == "search-2"
