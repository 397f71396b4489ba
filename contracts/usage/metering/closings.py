"""Closing the periods of metered meters: by an event of a program, or by a person, which is the same event."""

from datetime import date
from typing import NamedTuple
from uuid import uuid4

from django.db import transaction
from django.urls import reverse

from contracts.lifecycle.facts import facts_of, terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.services import cure_breach
from contracts.lifecycle.states import UNSETTLED
from contracts.rating import periods
from contracts.usage.metering.cloudevents import CLOSING, TYPE_OF
from contracts.usage.metering.ingest import ACCEPTED, ingest
from contracts.usage.metering.places import make_meters
from contracts.usage.metering.queries import closings, is_closed, is_metered, metered_names, voided_closings
from contracts.usage.meters import figures_of, label_of
from marketplace.audit.services import record
from marketplace.clock import today
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused

PERSON = "urn:usefirst:person"  # the source of what people confirm on pages


class OpenPeriod(NamedTuple):
    """A period of a metered figure that is over and that nobody has closed; `is_deemed`: earlier figures count;
    `reopened`: how many of its closings were voided."""

    figure: str
    start: date
    end: date
    due_on: date
    is_deemed: bool = False
    reopened: int = 0

    @property
    def label(self) -> str:
        return label_of(self.figure)

    @staticmethod
    def path(contract: LicenceContract) -> str:
        """Where it is closed."""
        return reverse("contract_usage", args=[contract.number])


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
    deemed = contract.deemed_closings.values_list("figure", "period_start", "period_end")
    deemed = set(deemed) if any(version.terms.report.deemed for version in versions) else ()
    found = []
    for period in periods(versions, facts, today()):
        if period.end >= today():
            continue
        for name in sorted(names):
            if not is_closed(closed, name, metered, period.start, period.end):
                of = (name, period.start, period.end)
                found.append(OpenPeriod(*of, period.due_on, of in deemed))
    return _with_reopened(contract, metered, found) if found else found


def _with_reopened(contract, metered, found: list[OpenPeriod]) -> list[OpenPeriod]:
    voided = voided_closings(contract, metered)
    return [
        period._replace(
            reopened=sum(
                one.meter == period.figure and one.start <= period.end and one.end >= period.start
                for one in voided
            )
        )
        for period in found
    ]


def breach_key(period: OpenPeriod) -> str:
    """What names the breach and the reminders of a period: others once a closing that had cured it was voided."""
    again = f"-{period.reopened}" if period.reopened else ""
    return f"close{again}:{period.start}:{period.end}:{period.figure}"[:80]


def _of(key: str) -> str:
    """The period that a breach is about, however often it was reopened."""
    return key.partition(":")[2][:70]


def is_notified(contract: LicenceContract, period: OpenPeriod) -> bool:
    """Whether a breach for a period is open: it is not notified a second time while it is."""
    keys = contract.breaches.filter(key__startswith="close", state__in=UNSETTLED).values_list(
        "key", flat=True
    )
    return _of(breach_key(period)) in map(_of, keys)


def cure_closed(contract: LicenceContract) -> None:
    """Breaches for periods that nobody had closed are cured once they are; in the caller's transaction."""
    unsettled = contract.breaches.filter(key__startswith="close", state__in=UNSETTLED)
    if not unsettled.exists():
        return
    still = {_of(breach_key(period)) for period in open_periods(contract)}
    for breach in unsettled.order_by("pk"):
        if _of(breach.key) not in still:
            cure_breach(breach, actor=None)


@transaction.atomic
def close_period(contract: LicenceContract, *, actor, meter: str, start: date, end: date) -> None:
    """A person of the licensee confirms that the events of these days are complete; without any, that there was
    no use. Later events are still taken and corrected.

    Raises NotPermitted unless the actor reports for the licensee, Refused for a period that is not over, lies
    outside the contract or belongs to a meter that it does not have.
    """
    permit(actor, "report.submit", contract.licensee, against=contract.licensor)
    contract = LicenceContract.objects.select_for_update().get(pk=contract.pk)
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
    cure_closed(contract)
