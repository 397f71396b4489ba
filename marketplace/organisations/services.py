import hashlib
import secrets

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from marketplace.accounts.models import User
from marketplace.audit.services import record
from marketplace.clock import now, today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, colleagues, members, permit
from marketplace.organisations.models import (
    MANDATE_NEXT,
    NEXT,
    Invitation,
    Mandate,
    MandateState,
    Membership,
    Organisation,
    OrganisationState,
)
from marketplace.organisations.roles import ROLES_OF_KIND, Kind, Role
from marketplace.refusals import NotPermitted, Refused, check


def _free_slug(name: str, credit_code: str) -> str:
    base = slugify(name)[:50] or f"org-{credit_code[-8:].lower()}"
    taken = set(Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(s for s in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if s not in taken)


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
    for operator in Organisation.objects.filter(kind=Kind.OPERATOR):
        notify(
            members(operator, "organisation.verify"),
            "organisation_registered",
            organisation=organisation,
            path=reverse("verification", args=[organisation.pk]),
        )
    return organisation


@transaction.atomic
def decide_verification(
    organisation: Organisation, *, actor: Acting, verified: bool, reason: str
) -> Organisation:
    """Verify or refuse a registered organisation, always with a reason.

    Raises NotPermitted unless the actor is the operator's verifier, TransitionRefused in a wrong state.
    """
    if not actor.is_operator:
        raise NotPermitted()
    permit(actor, "organisation.verify", actor.organisation)
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
    return organisation


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check_roles(organisation: Organisation, roles: list[str]) -> list[str]:
    wrong = [role for role in roles if role not in ROLES_OF_KIND[organisation.kind]]
    if wrong or not roles:
        raise Refused(_("Choose at least one role that exists for this kind of organisation."))
    return sorted(set(roles))


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
    from marketplace.organisations.mail import send_invitation

    transaction.on_commit(lambda: send_invitation(invitation, token))
    return invitation, token


def find_invitation(token: str) -> Invitation | None:
    """The open, unexpired invitation of a link, or None."""
    return (
        Invitation.objects.select_related("organisation", "invited_by")
        .filter(token_hash=_token_hash(token), accepted_at=None, withdrawn_at=None, expires_at__gt=now())
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
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at:
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
    permit(actor, "organisation.manage", invitation.organisation)
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=now()
    )
    record(actor, "invitation.withdrawn", invitation)


@transaction.atomic
def change_roles(membership: Membership, *, actor: Acting, roles: list[str]) -> Membership:
    """Give a member other roles. The last administrator keeps that role."""
    permit(actor, "organisation.manage", membership.organisation)
    roles = _check_roles(membership.organisation, roles)
    _keep_an_administrator(membership, Role.ADMIN in roles)
    before, membership.roles = membership.roles, roles
    membership.save(update_fields=["roles"])
    record(actor, "membership.roles_changed", membership, before=before, after=roles)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, actor: Acting) -> None:
    permit(actor, "organisation.manage", membership.organisation)
    _keep_an_administrator(membership, False)
    record(actor, "membership.removed", membership, member=membership.user_id)
    membership.delete()


def _keep_an_administrator(membership: Membership, stays: bool) -> None:
    others = (
        Membership.objects.select_for_update()
        .filter(organisation=membership.organisation, roles__contains=[Role.ADMIN])
        .exclude(pk=membership.pk)
    )
    if not stays and Role.ADMIN in membership.roles and not others.exists():
        raise Refused(
            _("An organisation needs at least one administrator. Make somebody else administrator first.")
        )


@transaction.atomic
def propose_mandate(
    *, actor: Acting, client: Organisation, purpose: str, valid_from, valid_to=None
) -> Mandate:
    """An agency's broker proposes to act for a client; the client accepts or declines."""
    agency = actor.organisation
    if agency is None or agency.kind != Kind.AGENCY:
        raise NotPermitted(_("Only a technology transfer agency can hold a mandate."))
    permit(actor, "mandate.propose", agency, against=client)
    if client.kind not in (Kind.ENTERPRISE, Kind.UNIVERSITY, Kind.INSTITUTE, Kind.HOSPITAL, Kind.LABORATORY):
        raise Refused(_("A mandate is given by an enterprise or a research organisation."))
    if valid_to and valid_to < valid_from:
        raise Refused(_("The mandate ends before it begins."))
    try:
        with transaction.atomic():
            mandate = Mandate.objects.create(
                agency=agency,
                client=client,
                purpose=purpose,
                valid_from=valid_from,
                valid_to=valid_to,
                proposed_by=actor.user,
            )
    except IntegrityError as error:
        raise Refused(_("There is an open mandate between the two already.")) from error
    record(actor, "mandate.proposed", mandate)
    notify(members(client, "mandate.answer"), "mandate_proposed", mandate=mandate, path=reverse("mandates"))
    return mandate


@transaction.atomic
def answer_mandate(mandate: Mandate, *, actor: Acting, accepted: bool) -> Mandate:
    """The client puts a proposed mandate in force or declines it."""
    permit(actor, "mandate.answer", mandate.client, against=mandate.agency)
    mandate = Mandate.objects.select_for_update().get(pk=mandate.pk)
    target = MandateState.ACTIVE if accepted else MandateState.DECLINED
    check(mandate.state, target, MANDATE_NEXT)
    mandate.state, mandate.answered_by, mandate.answered_at = target, actor.user, now()
    mandate.save(update_fields=["state", "answered_by", "answered_at"])
    record(actor, "mandate.accepted" if accepted else "mandate.declined", mandate)
    notify(
        [mandate.proposed_by],
        "mandate_answered",
        mandate=mandate,
        accepted=accepted,
        path=reverse("mandates"),
    )
    return mandate


@transaction.atomic
def end_mandate(mandate: Mandate, *, actor: Acting) -> Mandate:
    """Either side ends a mandate; deals that run go on."""
    permission = "mandate.propose" if actor.is_for(mandate.agency) else "mandate.answer"
    permit(actor, permission, mandate.agency if actor.is_for(mandate.agency) else mandate.client)
    mandate = Mandate.objects.select_for_update().get(pk=mandate.pk)
    check(mandate.state, MandateState.ENDED, MANDATE_NEXT)
    mandate.state = MandateState.ENDED
    if mandate.valid_to is None or mandate.valid_to > today():
        mandate.valid_to = max(today(), mandate.valid_from)
    mandate.save(update_fields=["state", "valid_to"])
    record(actor, "mandate.ended", mandate)
    return mandate
