"""Closing the periods of metered meters: by an event of a program, or by a person, which is the same event."""

from datetime import date
from typing import NamedTuple
from uuid import uuid4

from django.db import transaction

from contracts.lifecycle.facts import facts_of, terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.rating import periods
from contracts.usage.metering.cloudevents import CLOSING, TYPE_OF
from contracts.usage.metering.ingest import ACCEPTED, ingest
from contracts.usage.metering.places import make_meters
from contracts.usage.metering.queries import closings, is_metered, metered_names
from contracts.usage.meters import figures_of
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused

PERSON = "urn:usefirst:person"  # the source of what people confirm on pages


class OpenPeriod(NamedTuple):
    """A period of a metered figure that is over and that nobody has closed."""

    figure: str
    start: date
    end: date
    due_on: date


def open_periods(contract: LicenceContract) -> list[OpenPeriod]:
    """Oldest first. What is not closed is missing, not nil: its charges wait."""
    if contract.effective_on is None:
        return []
    versions = terms_versions(contract)
    metered = metered_names(versions)
    if not metered:
        return []
    facts = facts_of(contract)
    names = {f.name for v in versions for f in figures_of(v.terms) if is_metered(f.name, metered)}
    closed = closings(contract, metered)
    found = []
    for period in periods(versions, facts, today()):
        if period.end >= today():
            continue
        for name in sorted(names):
            known = {c for c in closed if c.meter == name or (name == "sales" and c.meter in metered)}
            if not _covers(known, period.start, period.end):
                found.append(OpenPeriod(name, period.start, period.end, period.due_on))
    return found


def _covers(closed, start: date, end: date) -> bool:
    days = {day for c in closed for day in range(c.start.toordinal(), c.end.toordinal() + 1)}
    return all(day in days for day in range(start.toordinal(), end.toordinal() + 1))


@transaction.atomic
def close_period(contract: LicenceContract, *, actor, meter: str, start: date, end: date) -> None:
    """A person of the licensee confirms that the events of these days are complete; without any, that there was
    no use. Later events are still taken and corrected.

    Raises NotPermitted unless the actor reports for the licensee, Refused for a period that is not over, lies
    outside the contract or belongs to a meter that it does not have.
    """
    permit(actor, "report.submit", contract.licensee, against=contract.licensor)
    make_meters(contract)
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": PERSON,
        "type": TYPE_OF[CLOSING],
        "subject": contract.number,
        "data": {"meter": meter, "start": start.isoformat(), "end": end.isoformat()},
    }
    result = ingest([event], licensee=contract.licensee, user=actor.user)[0]
    if result.status != ACCEPTED:
        raise Refused(result.reason)
    record(actor, "metering.closed", contract, meter=meter, start=start.isoformat(), end=end.isoformat())
