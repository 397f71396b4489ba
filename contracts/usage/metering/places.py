"""The contracts that events may name: looked up once for a batch, by one statement."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import prefetch_related_objects

from contracts.lifecycle.facts import terms_versions
from contracts.lifecycle.models import LicenceContract
from contracts.usage.metering.cloudevents import Place, day_number
from contracts.usage.metering.models import Meter, Metering
from contracts.usage.meters import components_of, figures_of
from marketplace.organisations.models import Organisation
from marketplace.prepared import run

_FIND = """
SELECT c.number, c.id, g.time_zone, c.effective_on, coalesce(c.licence_ended_on, c.term_ends_on),
       w.sell_off_until, array_agg(m.name ORDER BY m.id), array_agg(m.id ORDER BY m.id),
       array_agg(m.is_money ORDER BY m.id)
FROM contracts_licencecontract c
JOIN contracts_metering g ON g.contract_id = c.id
LEFT JOIN contracts_meter m ON m.contract_id = c.id
LEFT JOIN contracts_winddown w ON w.contract_id = c.id
WHERE c.licensee_id = %s AND c.number = ANY(%s) AND c.effective_on IS NOT NULL
GROUP BY c.id, g.time_zone, w.sell_off_until
"""


def find_places(licensee: Organisation, numbers: Iterable[str]) -> dict[str, Place]:
    """number → Place of the contracts in effect of which the organisation is the licensee. A contract whose
    meters were not made yet (it took effect a moment ago) gets them here."""
    wanted = {
        number for number in numbers if number.isascii() and "\0" not in number
    }  # others cannot be asked for
    found = _find(licensee, wanted)
    if len(found) < len(wanted):
        new = LicenceContract.objects.filter(
            licensee=licensee, number__in=wanted - found.keys(), effective_on__isnull=False, metering=None
        )
        for contract in new:
            make_meters(contract)
            found |= _find(licensee, {contract.number})
    return found


def _find(licensee: Organisation, numbers: set[str]) -> dict[str, Place]:
    rows = run(_FIND, [licensee.pk, list(numbers)]).fetchall()
    return {
        number: Place(
            contract_id,
            ZoneInfo(zone),
            _meters(names, ids, money),
            day_number(first),
            day_number(max(last, sell_off) if sell_off else last),
        )
        for number, contract_id, zone, first, last, sell_off, names, ids, money in rows
    }


def _meters(names: list, ids: list, money: list) -> dict[str, tuple[int, bool]]:
    if names == [None]:  # a licence whose terms ask for no figures
        return {}
    return dict(zip(names, zip(ids, money, strict=True), strict=True))


@transaction.atomic
def make_meters(contract: LicenceContract) -> None:
    """The meters that the terms of a contract in effect ask for; an amendment adds, nothing takes one away.
    Records the time zone, which never changes once there are events. Running it again changes nothing."""
    make_meters_of([contract])


def make_meters_of(contracts: Sequence[LicenceContract]) -> None:
    """`make_meters` for several contracts, in the caller's transaction."""
    prefetch_related_objects(contracts, "versions")
    ids = [contract.pk for contract in contracts]
    decided = set(Metering.objects.filter(contract__in=ids).values_list("contract_id", flat=True))
    new = [Metering(contract_id=pk) for pk in ids if pk not in decided]
    if new:
        Metering.objects.bulk_create(new, ignore_conflicts=True)
    there = set(Meter.objects.filter(contract__in=ids).values_list("contract_id", "name"))
    missing = [
        Meter(contract=contract, name=name, is_money=is_money)
        for contract in contracts
        for name, is_money in _wanted(contract).items()
        if (contract.pk, name) not in there
    ]
    if missing:
        Meter.objects.bulk_create(missing, ignore_conflicts=True)


def _wanted(contract: LicenceContract) -> dict[str, bool]:
    """name → whether it is money."""
    wanted: dict[str, bool] = {}
    for version in terms_versions(contract):
        for figure in figures_of(version.terms):
            wanted[figure.name] = figure.is_money
            if figure.is_sales:
                wanted |= {f"sales.{name}": True for name in components_of(version.terms)[1:]}
    return wanted
