"""Whom a person acts for at this moment, and the one check of rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from marketplace.accounts.models import User
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.roles import BEFORE_VERIFICATION, Role, allowed
from marketplace.refusals import NotPermitted

_members: ContextVar[dict[tuple[int, str], list[User]] | None] = ContextVar("members", default=None)


@dataclass(frozen=True)
class Acting:
    """A person and the organisation they act for now. `organisation` is None for a person without one,
    `user` is None for the system itself and for anonymous visitors."""

    user: User | None
    organisation: Organisation | None = None
    roles: frozenset = field(default_factory=frozenset)

    def can(self, permission: str) -> bool:
        """Whether the roles held here allow `permission` for the own organisation (for menus and buttons)."""
        if self.organisation is None or not allowed(permission, self.roles):
            return False
        return self.organisation.is_verified or permission in BEFORE_VERIFICATION

    def is_for(self, organisation: Organisation | None) -> bool:
        return (
            self.organisation is not None
            and organisation is not None
            and self.organisation.pk == organisation.pk
        )

    @property
    def is_operator(self) -> bool:
        return self.organisation is not None and self.organisation.kind == "OPERATOR"

    @property
    def is_verified(self) -> bool:
        return self.organisation is not None and self.organisation.is_verified


def acting_for(user: User, organisation: Organisation) -> Acting:
    """Acting of `user` for `organisation`; raises NotPermitted if they are no member."""
    membership = Membership.objects.filter(user=user, organisation=organisation).first()
    if membership is None:
        raise NotPermitted(_("You are not a member of this organisation."))
    return Acting(user, organisation, frozenset(membership.roles))


def permit(
    acting: Acting, permission: str, organisation: Organisation, *, against: Organisation | None = None
) -> None:
    """Raise NotPermitted unless the person acts for `organisation`, holds a role that grants `permission`, the
    organisation is verified (where that is asked), and the person is no member of `against`, the other side:
    nobody stands on both sides of a deal."""
    if acting.user is None or not acting.is_for(organisation):
        raise NotPermitted(_("You are not acting for the organisation that may do this."))
    if not allowed(permission, acting.roles):
        raise NotPermitted()
    if not organisation.is_verified and permission not in BEFORE_VERIFICATION:
        raise NotPermitted(_("Your organisation must be verified by the operator first."))
    if against is not None and Membership.objects.filter(user=acting.user, organisation=against).exists():
        raise NotPermitted(_("You belong to both sides of this deal; somebody else has to do this step."))


def members(organisation: Organisation, permission: str) -> list[User]:
    """The active people of an organisation whose roles grant `permission`; whom to notify."""
    known = _members.get()
    key = organisation.pk, permission
    if known is not None and key in known:
        return known[key]
    rows = Membership.objects.filter(organisation=organisation, user__is_active=True).select_related("user")
    found = [addressed(row.user, organisation) for row in rows if allowed(permission, row.roles)]
    if known is not None:
        known[key] = found
    return found


@contextmanager
def members_asked_once() -> Iterator[None]:
    """Ask for the people of an organisation once in a block: for a batch of contracts in one transaction."""
    token = _members.set({} if _members.get() is None else _members.get())
    try:
        yield
    finally:
        _members.reset(token)


def colleagues(organisation: Organisation, role: Role) -> list[User]:
    rows = Membership.objects.filter(organisation=organisation, user__is_active=True, roles__contains=[role])
    return [addressed(row.user, organisation) for row in rows.select_related("user")]


def addressed(user: User, organisation: Organisation) -> User:
    """The person as one of this organisation: what they are told leads to what it may see, and says so."""
    user.told_for = organisation.pk
    return user
