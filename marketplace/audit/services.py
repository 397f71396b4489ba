from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import Model

from marketplace.audit.models import AuditEvent
from marketplace.clock import now

_gathered: ContextVar[list[AuditEvent] | None] = ContextVar("audit_events", default=None)


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
    events = [
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
    ]
    gathered = _gathered.get()
    if gathered is None:
        return AuditEvent.objects.bulk_create(events)
    gathered += events
    return events


@contextmanager
def recorded_together() -> Iterator[None]:
    """Write what a block records in one statement at its end, for work on many objects in one transaction. A block
    that fails records nothing."""
    if _gathered.get() is not None:
        yield
        return
    events: list[AuditEvent] = []
    token = _gathered.set(events)
    try:
        yield
    finally:
        _gathered.reset(token)
    AuditEvent.objects.bulk_create(events)


def history(target: Model):
    """The audit events of one object, newest first."""
    return AuditEvent.objects.filter(target_type=target._meta.label_lower, target_id=str(target.pk))
