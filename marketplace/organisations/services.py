import hashlib
import secrets

from django.db import IntegrityError, transaction
from django.urls import resolve, reverse
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from marketplace.accounts.models import User
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, colleagues, members, permit
from marketplace.organisations.mail import send_invitation
from marketplace.organisations.models import NEXT, Invitation, Membership, Organisation, OrganisationState
from marketplace.organisations.roles import ROLES_OF_KIND, Kind, Role
from marketplace.refusals import NotPermitted, Refused, TransitionRefused, check

# What the operator looks at before it verifies, and what papers state.
VERIFIED_FACTS = ("name_zh", "name_en", "credit_code")


def _free_slug(name: str, credit_code: str) -> str:
    base = slugify(name)[:50] or f"org-{credit_code[-8:].lower()}"
    taken = set(Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base, *(f"{base}-{n}" for n in range(2, 10_000)))
    return next(slug for slug in candidates if slug not in taken and not _is_our_own_path(slug))


def _is_our_own_path(slug: str) -> bool:
    """Whether the site itself answers at this address, so that an institution's page there would be unreachable."""
    with translation.override("en"):
        return resolve(f"/en/{slug}/").url_name != "wagtail_serve"


@transaction.atomic
def register_organisation(*, user: User, kind: str, **facts) -> Organisation:
    """Register an organisation; its founder holds every role of its kind except approver (nobody approves alone).

    Raises Refused for a credit code that is registered already and for a kind that cannot be registered.
    """
    if kind == Kind.OPERATOR:
        raise NotPermitted(_("The operator of the market is not registered here."))
    slug = _free_slug(facts.get("name_en") or "", facts["credit_code"])
    try:
        with transaction.atomic():
            organisation = Organisation.objects.create(kind=kind, slug=slug, **facts)
    except IntegrityError as error:
        raise Refused(
            _(
                "An organisation with this unified social credit code is registered already. Ask its administrator for an invitation."
            )
        ) from error
    roles = [role for role in ROLES_OF_KIND[kind] if role != Role.APPROVER]
    Membership.objects.create(user=user, organisation=organisation, roles=roles)
    actor = Acting(user, organisation, frozenset(roles))
    record(actor, "organisation.registered", organisation)
    _tell_verifiers(organisation)
    return organisation


def _tell_verifiers(organisation: Organisation) -> None:
    for operator in Organisation.objects.filter(kind=Kind.OPERATOR):
        notify(
            members(operator, "organisation.verify"),
            "organisation_registered",
            organisation=organisation,
            path=reverse("verification", args=[organisation.pk]),
        )


@transaction.atomic
def decide_verification(
    organisation: Organisation, *, actor: Acting, verified: bool, reason: str
) -> Organisation:
    """Verify or refuse a registered organisation, always with a reason.

    Raises NotPermitted unless the actor is the operator's verifier and no member of the organisation,
    TransitionRefused in a wrong state.
    """
    _permit_verifier(organisation, actor)
    if not reason.strip():
        raise Refused(_("Say why: the organisation reads the reason."))
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    target = OrganisationState.VERIFIED if verified else OrganisationState.REFUSED
    check(organisation.state, target, NEXT)
    organisation.state = target
    organisation.decided_at, organisation.decided_by = now(), actor.user
    organisation.decision_reason = reason.strip()
    organisation.save(update_fields=["state", "decided_at", "decided_by", "decision_reason"])
    record(actor, "organisation.verified" if verified else "organisation.refused", organisation)
    notify(
        colleagues(organisation, Role.ADMIN),
        "organisation_verified" if verified else "organisation_refused",
        organisation=organisation,
        path=reverse("organisation_settings"),
    )
    return organisation


@transaction.atomic
def resubmit_organisation(organisation: Organisation, *, actor: Acting) -> Organisation:
    """A refused organisation asks again after mending what was named."""
    permit(actor, "organisation.manage", organisation)
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    check(organisation.state, OrganisationState.PENDING, NEXT)
    organisation.state = OrganisationState.PENDING
    organisation.save(update_fields=["state"])
    record(actor, "organisation.resubmitted", organisation)
    _tell_verifiers(organisation)
    return organisation


def _permit_verifier(organisation: Organisation, actor: Acting) -> None:
    if not actor.is_operator:
        raise NotPermitted()
    permit(actor, "organisation.verify", actor.organisation)
    if Membership.objects.filter(user=actor.user, organisation=organisation).exists():
        raise NotPermitted(_("You are a member of this organisation; another verifier has to decide."))


@transaction.atomic
def update_organisation(organisation: Organisation, *, actor: Acting, **facts) -> Organisation:
    """Change an organisation's own facts. What the operator verified stays as it was verified.

    Raises Refused for a verified fact of a verified organisation and for another one's credit code.
    """
    permit(actor, "organisation.manage", organisation)
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    frozen = VERIFIED_FACTS if organisation.is_verified else ()
    if any(name in frozen and getattr(organisation, name) != value for name, value in facts.items()):
        raise Refused(_("The name and the credit code were verified. Ask the operator to correct them."))
    return _change_facts(organisation, facts, actor, "organisation.updated")


@transaction.atomic
def correct_organisation(organisation: Organisation, *, actor: Acting, **facts) -> Organisation:
    """The operator's verifier corrects names or credit code after looking at the proof; papers that were
    issued keep what they state."""
    _permit_verifier(organisation, actor)
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    facts = {name: value for name, value in facts.items() if name in VERIFIED_FACTS}
    return _change_facts(organisation, facts, actor, "organisation.corrected")


def _change_facts(organisation: Organisation, facts: dict, actor: Acting, verb: str) -> Organisation:
    changed = sorted(name for name, value in facts.items() if getattr(organisation, name) != value)
    if not changed:
        return organisation
    for name in changed:
        setattr(organisation, name, facts[name])
    try:
        with transaction.atomic():
            organisation.save(update_fields=changed)
    except IntegrityError as error:
        raise Refused(
            _("Another organisation is registered with this unified social credit code.")
        ) from error
    record(actor, verb, organisation, fields=changed)
    return organisation


@transaction.atomic
def create_operator(*, email: str, name_zh: str, name_en: str, credit_code: str) -> Membership:
    """The market's operator and its first person, for a new installation; a second call adds the person.

    The person signs in with an address that counts as confirmed, since whoever runs this vouches for it.
    """
    from allauth.account.models import EmailAddress

    email = email.strip().lower()
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email)
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    operator = Organisation.objects.filter(kind=Kind.OPERATOR).order_by("pk").first()
    if operator is None:
        if Organisation.objects.filter(credit_code=credit_code).exists():
            raise Refused(_("Another organisation is registered with this unified social credit code."))
        operator = Organisation.objects.create(
            kind=Kind.OPERATOR,
            slug=_free_slug(name_en, credit_code),
            name_zh=name_zh,
            name_en=name_en,
            credit_code=credit_code,
            state=OrganisationState.VERIFIED,
            decided_at=now(),
            decided_by=user,
            decision_reason=_("Set up with the installation."),
        )
        record(None, "organisation.operator_created", operator)
    membership, _created = Membership.objects.update_or_create(
        user=user, organisation=operator, defaults={"roles": list(ROLES_OF_KIND[Kind.OPERATOR])}
    )
    record(None, "membership.operator_granted", membership)
    return membership


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check_roles(organisation: Organisation, roles: list[str]) -> list[str]:
    wrong = [role for role in roles if role not in ROLES_OF_KIND[organisation.kind]]
    if wrong or not roles:
        raise Refused(_("Choose at least one role that exists for this kind of organisation."))
    return sorted(set(roles))


def _lock(organisation: Organisation) -> None:
    """Members of one organisation change one after the other; who joins elsewhere need not wait."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


@transaction.atomic
def invite_member(
    organisation: Organisation, *, actor: Acting, email: str, roles: list[str]
) -> tuple[Invitation, str]:
    """Invite a person by e-mail. Returns the invitation and the secret of its link (stored only as a hash).

    An open invitation to the same address is replaced. Raises Refused when the person is a member already.
    """
    permit(actor, "organisation.manage", organisation)
    roles = _check_roles(organisation, roles)
    email = email.strip().lower()
    _lock(organisation)
    if Membership.objects.filter(organisation=organisation, user__email__iexact=email).exists():
        raise Refused(_("This person is a member already."))
    Invitation.objects.filter(
        organisation=organisation, email=email, accepted_at=None, withdrawn_at=None
    ).update(withdrawn_at=now())
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email,
        roles=roles,
        token_hash=_token_hash(token),
        invited_by=actor.user,
        expires_at=now() + Invitation.VALID_FOR,
    )
    record(actor, "invitation.sent", invitation)
    transaction.on_commit(lambda: send_invitation(invitation, token))
    return invitation, token


def find_invitation(token: str) -> Invitation | None:
    """The open, unexpired invitation of a link, or None."""
    return (
        Invitation.objects.open()
        .select_related("organisation", "invited_by")
        .filter(token_hash=_token_hash(token))
        .first()
    )


@transaction.atomic
def accept_invitation(token: str, *, user: User) -> Membership:
    """Join by an invitation's link. Raises Refused when it is used, withdrawn, expired, or meant for another address."""
    invitation = find_invitation(token)
    if invitation is None:
        raise Refused(_("This invitation is no longer valid. Ask for a new one."))
    if invitation.email.lower() != user.email.lower():
        raise Refused(
            _(
                "This invitation was sent to another e-mail address. Sign in with that address, or ask for a new one."
            )
        )
    _lock(invitation.organisation)
    invitation = Invitation.objects.open().select_for_update().filter(pk=invitation.pk).first()
    if invitation is None:  # taken or withdrawn between the two looks
        raise Refused(_("This invitation is no longer valid. Ask for a new one."))
    membership, created = Membership.objects.get_or_create(
        user=user, organisation=invitation.organisation, defaults={"roles": invitation.roles}
    )
    if not created:
        membership.roles = sorted({*membership.roles, *invitation.roles})
        membership.save(update_fields=["roles"])
    invitation.accepted_at, invitation.accepted_by = now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(Acting(user, invitation.organisation), "invitation.accepted", invitation)
    return membership


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, actor: Acting) -> None:
    """Make an invitation's link worthless. Raises TransitionRefused when it was used or withdrawn already."""
    permit(actor, "organisation.manage", invitation.organisation)
    unused = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not unused.update(withdrawn_at=now()):
        raise TransitionRefused()
    record(actor, "invitation.withdrawn", invitation)


@transaction.atomic
def change_roles(membership: Membership, *, actor: Acting, roles: list[str]) -> Membership:
    """Give a member other roles. The last administrator keeps that role."""
    permit(actor, "organisation.manage", membership.organisation)
    roles = _check_roles(membership.organisation, roles)
    membership = _locked(membership)
    _keep_an_administrator(membership, Role.ADMIN in roles)
    before, membership.roles = membership.roles, roles
    membership.save(update_fields=["roles"])
    record(actor, "membership.roles_changed", membership, before=before, after=roles)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, actor: Acting) -> None:
    """Take a person out of the organisation. The last administrator stays."""
    permit(actor, "organisation.manage", membership.organisation)
    membership = _locked(membership)
    _keep_an_administrator(membership, False)
    record(actor, "membership.removed", membership, member=membership.user_id)
    membership.delete()


def _locked(membership: Membership) -> Membership:
    """The membership as it is now. Raises TransitionRefused when somebody else removed it meanwhile."""
    _lock(membership.organisation)
    fresh = Membership.objects.select_related("organisation").filter(pk=membership.pk).first()
    if fresh is None:
        raise TransitionRefused()
    return fresh


def _keep_an_administrator(membership: Membership, stays: bool) -> None:
    others = Membership.objects.filter(
        organisation=membership.organisation, roles__contains=[Role.ADMIN], user__is_active=True
    ).exclude(pk=membership.pk)
    if not stays and Role.ADMIN in membership.roles and not others.exists():
        raise Refused(
            _("An organisation needs at least one administrator. Make somebody else administrator first.")
        )
