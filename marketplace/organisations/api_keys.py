"""Keys for programs: 256 random bits, shown once, stored as SHA-256 (a slow hash protects passwords that people
think up; nobody can guess 256 random bits)."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import ApiKey, Organisation, OrganisationState, Scope
from marketplace.prepared import run_first
from marketplace.refusals import Refused, TransitionRefused

PREFIX = "ufk_"  # lets scanners for leaked secrets recognise one
HINT = len(PREFIX) + 6
MOST = 50
USED_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is: a write a call would cost more than the call

_COLUMNS = ("id", "organisation_id", "scopes", "last_used_at")
_IN_FORCE = f"""
SELECT {", ".join(f"k.{name}" for name in _COLUMNS)}
FROM organisations_apikey k JOIN organisations_organisation o ON o.id = k.organisation_id
WHERE k.key_hash = %s AND k.revoked_at IS NULL AND o.state = %s
"""


@transaction.atomic
def create_key(
    organisation: Organisation, *, actor: Acting, name: str, scopes: list[str], token: UUID | None = None
) -> tuple[ApiKey, str]:
    """(the key's row, the key itself): the only moment at which the key is known.

    Raises NotPermitted unless the actor manages a verified organisation, Refused without a scope or with too
    many keys in force, and TransitionRefused for a form (`token`) that has made its key.
    """
    permit(actor, "api_key.manage", organisation)
    if not scopes or not set(scopes) <= set(Scope.values):
        raise Refused(_("Choose what the key may do."))
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    if token and ApiKey.objects.filter(organisation=organisation, token=token).exists():
        raise TransitionRefused(
            _(
                "This form was sent before: its key was made then, and is shown once. If it was not copied, revoke it and make another one."
            )
        )
    if ApiKey.objects.filter(organisation=organisation).in_force().count() >= MOST:
        raise Refused(_("At most %(limit)s keys at once; revoke those that are not used.") % {"limit": MOST})
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        organisation=organisation,
        name=name.strip(),
        scopes=sorted(set(scopes)),
        hint=key[:HINT],
        token=token,
        key_hash=hash_of(key),
        created_by=actor.user,
    )
    record(actor, "api_key.created", row, scopes=row.scopes)
    return row, key


@transaction.atomic
def revoke_key(key: ApiKey, *, actor: Acting) -> ApiKey:
    """The key stops working with the next call. Raises TransitionRefused when it is revoked already."""
    permit(actor, "api_key.manage", key.organisation)
    key = ApiKey.objects.select_for_update().select_related("organisation").get(pk=key.pk)
    if key.revoked_at:
        raise TransitionRefused(_("This key was revoked already."))
    key.revoked_at, key.revoked_by = now(), actor.user
    key.save(update_fields=["revoked_at", "revoked_by"])
    record(actor, "api_key.revoked", key)
    return key


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def find_key(key: str) -> ApiKey | None:
    """The key in force that a program showed, of an organisation that is verified; notes that it was used. Each call
    asks the database, so a revoked key stops at once. Only what a call needs is read; the rest comes when asked for."""
    if not key.startswith(PREFIX):
        return None
    row = run_first(_IN_FORCE, [hash_of(key), OrganisationState.VERIFIED]).fetchone()
    if row is None:
        return None
    found = ApiKey.from_db(DEFAULT_DB_ALIAS, _COLUMNS, row)
    found.organisation = Organisation.from_db(DEFAULT_DB_ALIAS, ["id"], [found.organisation_id])
    _note_use(found, now())
    return found


def _note_use(key: ApiKey, moment: datetime) -> None:
    if key.last_used_at is None or key.last_used_at < moment - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=moment)
