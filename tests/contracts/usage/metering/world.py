"""Events as a licensee's programs send them, and what is on record of them."""

from datetime import date, datetime

from contracts.usage.metering.ingest import ingest
from contracts.usage.metering.models import DailyUsage
from contracts.usage.metering.places import make_meters
from marketplace.clock import ZONE, at
from tests.contracts.lifecycle.world import trying
from tests.contracts.rating.samples import fixed, royalty, sheet

EFFECT = date(2026, 1, 31)
NOON = datetime(2026, 3, 10, 12, tzinfo=ZONE)
SOURCE = "urn:example:erp"


def per_call(**more):
    """Two yuan a call, from the start, metered: charged as it comes."""
    return sheet(
        royalty(fixed("2"), "units", meter="calls"), report={"metered": ["calls"], "every": "month"}, **more
    )


def metered(world, agreed=None, **how):
    contract = trying(world, agreed or per_call(), on=EFFECT, **how)
    make_meters(contract)
    return contract


def event(contract, event_id="e-1", quantity="10", *, time="2026-03-10T09:30:00+08:00", **more) -> dict:
    data = {"meter": "calls", "quantity": quantity} | more.pop("data", {})
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": "usefirst.usage.v1",
        "subject": contract.number,
        "time": time,
        "data": data,
    } | more


def void(contract, target_id, event_id=None) -> dict:
    return _about(contract, event_id or f"void-{target_id}", "usefirst.void.v1", {"target_id": target_id})


def replacement(contract, target_id, quantity, event_id=None, **more) -> dict:
    changed = event(contract, event_id or f"new-{target_id}", quantity, **more)
    changed["type"] = "usefirst.replacement.v1"
    changed["data"]["target_id"] = target_id
    return changed


def closing(contract, start, end, event_id="close-1", meter="calls") -> dict:
    data = {"meter": meter, "start": start, "end": end}
    return _about(contract, event_id, "usefirst.period_closed.v1", data)


def _about(contract, event_id, kind, data) -> dict:
    return {
        "specversion": "1.0", "id": event_id, "source": SOURCE, "type": kind, "subject": contract.number,
        "data": data,
    }  # fmt: skip


def send(world, *events, moment=NOON, **who):
    """(status, code) of each."""
    with at(moment):
        results = ingest(list(events), licensee=who.pop("licensee", world.firm), **who)
    return [(result.status, result.code) for result in results]


def sums(contract) -> dict[tuple[str, str, int], str]:
    """(meter, product, day) → quantity, of days with events that count."""
    rows = DailyUsage.objects.filter(meter__contract=contract, events__gt=0).select_related("meter")
    return {(row.meter.name, row.product, row.day): f"{row.quantity.normalize():f}" for row in rows}
