"""The one way in for events, whether a program, a file or a form sends them."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from contracts.usage.metering.cloudevents import (
    CLOSING,
    FUTURE,
    REPLACEMENT,
    USAGE,
    VOID,
    Place,
    Reading,
    Unreadable,
    day_number,
    read_event,
)
from contracts.usage.metering.places import find_places
from contracts.usage.metering.statements import Key, keep_refused, kinds_of, stored_hashes, write
from marketplace.clock import now
from marketplace.organisations.models import ApiKey, Organisation
from marketplace.refusals import Refused

MOST_EVENTS = 1_000
ACCEPTED, DUPLICATE, CONFLICT, REFUSED = "accepted", "duplicate", "conflict", "refused"


class Result(NamedTuple):
    """What became of one event. `code` says why it was not accepted, `reason` the same in words."""

    status: str
    source: object
    id: object
    code: str = ""
    reason: str = ""


def ingest(
    events: Sequence[object], *, licensee: Organisation, key: ApiKey | None = None, user=None
) -> list[Result]:
    """Take in up to 1,000 events of a licensee's contracts, in one transaction; one result each, in order.

    accepted: new, and counted from now on. duplicate: on record with the same content; nothing changed.
    conflict: on record with other content, or a second replacement of one event; nothing changed.
    refused: cannot be taken; it uses up no key, so a corrected one may come under the same id.

    Every key (contract, source, id) is taken once and for ever, by whatever number of calls at once. A void or a
    replacement may come before the event that it corrects. Raises Refused above 1,000 events.
    """
    if len(events) > MOST_EVENTS:
        raise Refused(_("At most %(limit)s events in one call.") % {"limit": MOST_EVENTS})
    moment = now()
    subjects = [event.get("subject") for event in events if type(event) is dict]
    places = find_places(licensee, {subject for subject in subjects if type(subject) is str})
    by_id = {place.contract_id: place for place in places.values()}
    latest = (moment + FUTURE).timestamp()
    results: list[Result | None] = [None] * len(events)
    readings: list[Reading | None] = [None] * len(events)
    doubtful: dict[int, Unreadable] = {}
    wanted: dict[Key, Reading] = {}
    for index, event in enumerate(events):
        try:
            reading = readings[index] = read_event(event, places)
        except Unreadable as problem:
            results[index] = _refusal(event, problem)
            continue
        problem = _judge(reading, by_id[reading.contract_id], moment, latest)
        if problem is None:
            wanted.setdefault(reading[:3], reading)
        else:
            doubtful[index] = problem
    by = (moment, key and key.pk, user and user.pk)
    try:
        written, known = _store(readings, wanted, doubtful, by, repeats=False)
    except IntegrityError:  # a key is on record, or came in by another call just now
        written, known = _store(readings, wanted, doubtful, by, repeats=True)
    if len(written) == len(events):
        return [Result(ACCEPTED, reading.source, reading.event_id) for reading in readings]
    for index, reading in enumerate(readings):
        if reading is None:
            continue
        key_ = reading[:3]
        if index in doubtful and key_ not in known:
            results[index] = _refusal(events[index], doubtful[index])
        elif key_ in written and index not in doubtful:
            written.discard(key_)  # the first of equal keys in this call is the one that was written
            results[index] = Result(ACCEPTED, reading.source, reading.event_id)
        else:
            results[index] = _repeat(reading, known.get(key_))
    return results


def _store(
    readings: list[Reading | None], wanted: dict[Key, Reading], doubtful: dict[int, Unreadable], by: tuple,
    *, repeats: bool,
) -> tuple[set[Key], dict[Key, bytes]]:  # fmt: skip
    """(the keys written, the hashes on record under every key of the call); see statements.write for `repeats`. Usage
    alone is one call of the database, and needs no transaction around it."""
    alone = not doubtful and all(reading.kind == USAGE for reading in wanted.values())
    with nullcontext() if alone and not connection.in_atomic_block else transaction.atomic():
        if any(reading.target_id is not None for reading in wanted.values()):
            doubtful |= _drop_pointless(readings, wanted, doubtful)
        known = stored_hashes([readings[index][:3] for index in doubtful])
        _keep_late(doubtful, readings, known)  # looks at the contract's row: before any lock on its events
        written = write(sorted(wanted.values()), *by, repeats=repeats)
        if len(written) < len(readings):
            known |= stored_hashes([key for key in wanted if key not in written])
            known |= {key: wanted[key].content_hash for key in written}
    return written, known


def _judge(reading: Reading, place: Place, moment: datetime, latest: float) -> Unreadable | None:
    """Why an event that is well formed cannot be taken: a meter or a day that the contract does not know."""
    if reading.kind == VOID:
        return None
    if reading.meter_id is None:
        names = ", ".join(place.meters) or "–"
        return Unreadable(
            "unknown_meter", _("The contract has no such meter; it has: %(names)s.") % {"names": names}
        )
    if reading.kind == CLOSING:
        return _judge_closing(reading, place, moment)
    if float(reading.moment) > latest:
        return Unreadable("future", _("`time` lies more than an hour in the future."))
    if reading.day < place.first_day:
        return Unreadable("before_contract", _("`time` lies before the contract took effect."))
    if reading.day > place.until:
        return Unreadable(
            "after_end", _("`time` lies after the end of the licence; the licensor is shown this event.")
        )
    return None


def _judge_closing(reading: Reading, place: Place, moment: datetime) -> Unreadable | None:
    if reading.meter.startswith("sales."):
        return Unreadable("unknown_meter", _("Close the meter “sales”: its components are closed with it."))
    if reading.day < place.first_day or reading.last_day > place.until:
        return Unreadable("period", _("The period lies outside the contract."))
    if reading.last_day >= day_number(moment.astimezone(place.zone).date()):
        return Unreadable("period", _("The period is not over yet; close it from the day after its end."))
    return None


def _drop_pointless(
    readings: list[Reading | None], wanted: dict[Key, Reading], doubtful: dict[int, Unreadable]
) -> dict[int, Unreadable]:
    """Take corrections out of `wanted` whose target is known to be none: voids are for good, and what is not
    usage has nothing to replace it. Returns why, by index."""
    pointing = {
        key: (reading.contract_id, reading.target_source, reading.target_id)
        for key, reading in wanted.items()
        if reading.target_id is not None
    }
    kinds = kinds_of([*pointing.values()]) | {key: reading.kind for key, reading in wanted.items()}
    found: dict[int, Unreadable] = {}
    for index, reading in enumerate(readings):
        if reading is None or index in doubtful or reading.target_id is None:
            continue
        target = kinds.get((reading.contract_id, reading.target_source, reading.target_id))
        if target == VOID:
            found[index] = Unreadable(
                "target", _("A void is for good: it can be neither voided nor replaced.")
            )
        elif target == CLOSING and reading.kind == REPLACEMENT:
            found[index] = Unreadable("target", _("A closing is voided and sent anew, not replaced."))
        if index in found:
            wanted.pop(reading[:3], None)
    return found


def _keep_late(doubtful: dict[int, Unreadable], readings: list[Reading | None], known) -> None:
    """What came after the end of the licence is shown to the licensor."""
    late = {
        readings[index][:3]: readings[index]
        for index, problem in doubtful.items()
        if problem.code == "after_end" and readings[index][:3] not in known
    }
    keep_refused([late[key] for key in sorted(late)])


def _refusal(event: object, problem: Unreadable) -> Result:
    named = event if type(event) is dict else {}
    return Result(REFUSED, named.get("source"), named.get("id"), problem.code, problem.words)


def _repeat(reading: Reading, stored: bytes | None) -> Result:
    if stored == reading.content_hash:
        return Result(DUPLICATE, reading.source, reading.event_id)
    if stored is None:
        words = _("The event %(target)s has a replacement already.") % {"target": reading.target_id}
        return Result(CONFLICT, reading.source, reading.event_id, "replaced", words)
    words = _("This id is on record with other content.")
    return Result(CONFLICT, reading.source, reading.event_id, "other_content", words)
