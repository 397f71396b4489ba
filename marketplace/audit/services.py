from django.db.models import Model

from marketplace.audit.models import AuditEvent
from marketplace.clock import now


def record(actor, verb: str, target: Model, **data) -> AuditEvent:
    """Append one line to the audit trail, in the caller's transaction.

    `actor` is an Acting (user, organisation) or None for the system. `data` must be JSON and hold
    references (ids, states, amounts, hashes), never names, addresses or bank data.
    """
    user = getattr(actor, "user", None)
    organisation = getattr(actor, "organisation", None)
    return AuditEvent.objects.create(
        at=now(),
        user_id=getattr(user, "pk", None),
        organisation_id=getattr(organisation, "pk", None),
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        data=data,
    )


def history(target: Model):
    """The audit events of one object, newest first."""
    return AuditEvent.objects.filter(target_type=target._meta.label_lower, target_id=str(target.pk))
