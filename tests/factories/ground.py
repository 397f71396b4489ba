"""People and organisations, made directly: the tests of registration and verification use the services."""

from itertools import count

from marketplace.accounts.models import User
from marketplace.clock import now
from marketplace.organisations.acting import Acting, acting_for
from marketplace.organisations.models import Membership, Organisation, OrganisationState
from marketplace.organisations.roles import ROLES_OF_KIND, Kind

_numbers = count(1)
PASSWORD = "long-enough-1"


def make_user(**fields) -> User:
    number = next(_numbers)
    fields.setdefault("name", f"Person {number}")
    return User.objects.create_user(fields.pop("email", f"person{number}@example.org"), PASSWORD, **fields)


def make_organisation(kind=Kind.ENTERPRISE, state=OrganisationState.VERIFIED, **fields) -> Organisation:
    number = next(_numbers)
    decided = {} if state == OrganisationState.PENDING else {"decided_at": now(), "decision_reason": "seen"}
    return Organisation.objects.create(
        **{
            "kind": kind,
            "state": state,
            "slug": f"organisation-{number}",
            "name_zh": f"示例单位{number}",
            "name_en": f"Example organisation {number}",
            "credit_code": f"91420100{number:010d}",
            "region": "420100",
            **decided,
            **fields,
        }
    )


def make_member(organisation: Organisation, *roles, user: User | None = None) -> Membership:
    """A member; without roles, one who holds every role of the kind."""
    roles = list(roles or ROLES_OF_KIND[organisation.kind])
    return Membership.objects.create(user=user or make_user(), organisation=organisation, roles=roles)


def make_acting(kind=Kind.ENTERPRISE, *roles, state=OrganisationState.VERIFIED, **fields) -> Acting:
    """Somebody who acts for a new organisation."""
    membership = make_member(make_organisation(kind, state, **fields), *roles)
    return acting_for(membership.user, membership.organisation)


def signed_in(client, acting: Acting):
    """The client of a test, signed in as this person and acting for their organisation."""
    from marketplace.organisations.middleware import SESSION_KEY

    client.force_login(acting.user)
    session = client.session
    session[SESSION_KEY] = acting.organisation.pk if acting.organisation else None
    session.save()
    return client
