from collections.abc import Sequence

from django.db.models import Model

from marketplace.audit.models import AuditEvent
from marketplace.clock import now


def record(actor, verb: str, target: Model, **data) -> AuditEvent:
    """Append one line to the audit trail, in the caller's transaction.

    `actor` is an Acting (user, organisation) or None for the system. `data` must be JSON and hold
    references (ids, states, amounts, hashes), never names, addresses or bank data.
    """
    return record_all(actor, verb, [(target, data)])[0]


def record_all(actor, verb: str, targets: Sequence[tuple[Model, dict]]) -> list[AuditEvent]:
    """The same verb for many objects, each with its data, in one statement."""
    user = getattr(actor, "user", None)
    organisation = getattr(actor, "organisation", None)
    moment = now()
    return AuditEvent.objects.bulk_create(
        AuditEvent(
            at=moment,
            user_id=getattr(user, "pk", None),
            organisation_id=getattr(organisation, "pk", None),
            verb=verb,
            target_type=target._meta.label_lower,
            target_id=str(target.pk),
            data=data,
        )
        for target, data in targets
    )


def history(target: Model):
    """The audit events of one object, newest first."""
    return AuditEvent.objects.filter(target_type=target._meta.label_lower, target_id=str(target.pk))
