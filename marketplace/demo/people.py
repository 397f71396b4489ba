"""The invented people and organisations of the demo, registered, verified and staffed by the same services that
everybody uses."""

from dataclasses import dataclass, field
from functools import cache

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password

from marketplace.accounts.models import User
from marketplace.clock import today
from marketplace.demo.texts import texts
from marketplace.organisations import mandates, services
from marketplace.organisations.acting import Acting, acting_for
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.roles import ROLES_OF_KIND, Kind, Role

BROKERS = "example-transfer-agency"
MANDATES = ("demo-green-farms", "sample-battery-works", "demo-water-treatment")  # who let it search for them
FACTS = ("name_zh", "name_en", "credit_code", "region", "address", "size_class", "tech_sme_no")


@dataclass
class People:
    """Organisations by slug, and whom to act as."""

    organisations: dict[str, Organisation] = field(default_factory=dict)

    def org(self, slug: str) -> Organisation:
        return self.organisations[slug]

    def acting(self, slug: str, role: str) -> Acting:
        """Somebody of that organisation who holds the role."""
        row = (
            Membership.objects.filter(organisation=self.org(slug), roles__contains=[role])
            .order_by("id")
            .first()
        )
        return acting_for(row.user, self.org(slug))


@cache
def _password() -> str:
    """Hashed once: everybody here shares one password, and hashing is slow on purpose."""
    return make_password(settings.DEMO_PASSWORD or None)


def make_user(email: str, name: str) -> User:
    user = User.objects.create(email=email, name=name, password=_password())
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def make_operator() -> Acting:
    """The operator is set up from the command line in real life as well (`manage.py create_operator`)."""
    facts = texts("organisations")["operator"]
    operator = Organisation.objects.create(
        kind=Kind.OPERATOR,
        slug=facts["slug"],
        name_zh=facts["name_zh"],
        name_en=facts["name_en"],
        credit_code=facts["credit_code"],
        region=facts["region"],
        address=facts["address"],
        state="VERIFIED",
        decided_at="2025-01-06T09:00:00+08:00",
        decision_reason=facts["name_zh"],
    )
    for email, name, roles in facts["people"]:
        Membership.objects.create(user=make_user(email, name), organisation=operator, roles=roles)
    return acting_for(User.objects.get(email=facts["people"][0][0]), operator)


def register(facts: dict, kind: str, operator: Acting, *, verify: bool = True) -> Organisation:
    """Register, invite the others, let them join, give everybody their roles, and verify."""
    founder_email, founder_name, founder_roles = facts["people"][0]
    founder = make_user(founder_email, founder_name)
    organisation = services.register_organisation(
        user=founder,
        kind=kind,
        contact_name=founder_name,
        contact_email=founder_email,
        **{name: facts[name] for name in FACTS if facts.get(name)},
    )
    actor = acting_for(founder, organisation)
    for email, name, roles in facts["people"][1:]:
        user = make_user(email, name)
        _invitation, token = services.invite_member(organisation, actor=actor, email=email, roles=roles)
        services.accept_invitation(token, user=user)
    administrator = next(
        (person for person in facts["people"] if "ADMIN" in person[2]),
        (founder_email, founder_name, founder_roles),
    )
    head = acting_for(User.objects.get(email=administrator[0]), organisation)
    wanted = sorted(set(founder_roles))
    membership = Membership.objects.get(user=founder, organisation=organisation)
    if sorted(membership.roles) != wanted:
        services.change_roles(membership, actor=head, roles=wanted)
    if verify:
        reason = texts("messages")["verified"]["zh"]
        organisation = services.decide_verification(
            organisation, actor=operator, verified=True, reason=reason
        )
    return organisation


def missing_roles() -> list[str]:
    """Roles that no invented person holds; the demo shows every role."""
    held = {role for row in Membership.objects.all() for role in row.roles}
    return [
        role
        for kind in ROLES_OF_KIND
        for role in ROLES_OF_KIND[kind]
        if role not in held and role != Role.ADMIN
    ]


def make_everybody() -> tuple[People, Acting]:
    people = People()
    operator = make_operator()
    people.organisations[operator.organisation.slug] = operator.organisation
    book = texts("organisations")
    for section, kind in (
        ("enterprises", Kind.ENTERPRISE),
        ("agencies", Kind.AGENCY),
        ("providers", Kind.PROVIDER),
    ):
        for facts in book[section]:
            people.organisations[facts["slug"]] = register(facts, kind, operator)
    for facts in book["research"]:
        people.organisations[facts["slug"]] = register(facts, facts["kind"], operator)
    for facts in book["waiting"]:
        organisation = register(facts, facts["kind"], operator, verify=False)
        if facts.get("refused"):
            reason = texts("messages")["refused"]["zh"]
            services.decide_verification(organisation, actor=operator, verified=False, reason=reason)
    by_code = {o.credit_code: o for o in people.organisations.values()}
    for section in ("enterprises", "agencies", "providers", "research"):
        for facts in book[section]:
            people.organisations[facts["slug"]] = by_code[facts["credit_code"]]
    return people, operator


def give_mandates(people: People) -> None:
    """Enterprises without somebody who searches let the agency do it: its broker sees what fits their needs."""
    purpose = texts("messages")["mandate"]["zh"]
    for slug in MANDATES:
        mandate = mandates.propose_mandate(
            actor=people.acting(BROKERS, "BROKER"), client=people.org(slug), purpose=purpose, valid_from=today()
        )  # fmt: skip
        mandates.answer_mandate(mandate, actor=people.acting(slug, "SIGNATORY"), accepted=True)
