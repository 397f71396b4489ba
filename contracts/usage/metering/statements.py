"""The statements that write events. Events and their daily sums are written together, so that no moment exists at
which one is there without the other.

Order of locks, the same in every call, so that no two calls wait for each other in a circle: contracts (an
advisory lock each, by id), keys of events (rows come sorted), daily sums (in key order). Plain usage shares a
contract's lock; a call that corrects or closes something has it alone, because what a correction does depends on
which events are there.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from contracts.lifecycle.models.looks import Task
from contracts.usage.metering.cloudevents import MARK, USAGE, Reading
from marketplace.clock import now
from marketplace.prepared import run

LOCK_SPACE = 0x55464576 << 32  # keeps these advisory locks apart from others

# Whose looks events change. Open periods go by closings; what a breach or a reminder goes by is no event.
READ_USAGE = [Task.CHARGES.value, Task.REPORTS.value]
READ_ALL_EVENTS = [*READ_USAGE, Task.PERIODS.value]

_LOCK = "SELECT {}(%b::int8 + id) FROM unnest(%b::int8[]) AS id"

# What the periodic tasks remember of the contracts (contracts.lifecycle.looks) does not hold any more. Rows are locked in
# the order of their key. Those that somebody holds are not waited for: that may be a look that waits for the lock of the
# contract's events, which this call has.
_FORGET_LOOKS = """
DELETE FROM contracts_look USING (
    SELECT contract_id, task FROM contracts_look WHERE contract_id = ANY(%b::int8[]) AND task = ANY(%b::text[])
    ORDER BY contract_id, task FOR UPDATE {}
) AS those WHERE contracts_look.contract_id = those.contract_id AND contracts_look.task = those.task
"""
_ARE_LOOKS_LEFT = "SELECT EXISTS (SELECT 1 FROM contracts_look WHERE contract_id = ANY(%b::int8[]) AND task = ANY(%b::text[]))"

_COLUMNS = """contract_id, source, event_id, kind, meter_id, product, day, last_day, quantity, happened_at,
    target_source, target_id, content_hash, received_at, key_id, user_id"""

# Usage, by a function of the database (migration 0016): it locks the contracts, writes events and sums, and forgets looks.
_TAKE_USAGE = """
SELECT number, keys, are_looks_left FROM contracts_take_usage(%(repeats)b, %(number)b::int4, %(contracts)b, %(sources)b,
    %(ids)b, %(meters)b, %(products)b, %(days)b, %(quantities)b, %(moments)b, %(hashes)b::bytea, %(received)b::timestamptz,
    %(key)b::int8, %(user)b::int8, %(each)b::int8[], %(space)b::int8, %(tasks)b::text[])
"""

_INSERT_OTHERS = f"""
INSERT INTO contracts_usageevent ({_COLUMNS})
SELECT contract_id, source, event_id, kind, meter_id, product, day, last_day, quantity, to_timestamp(moment),
    target_source, target_id, hash, %b::timestamptz, %b::int8, %b::int8
FROM unnest(%b::int8[], %b::text[], %b::text[], %b::int2[], %b::int8[], %b::text[], %b::int4[], %b::int4[],
    %b::text[]::numeric[], %b::text[]::float8[], %b::text[], %b::text[], %b::bytea[]) AS g (contract_id,
    source, event_id, kind, meter_id, product, day, last_day, quantity, moment, target_source, target_id, hash)
ON CONFLICT DO NOTHING
RETURNING contract_id, source, event_id
"""

# After corrections: which of the events that they touch counted before, and which count now.
_CORRECT_SUMS = """
WITH new AS (
    SELECT e.* FROM unnest(%b::int8[], %b::text[], %b::text[]) AS k (contract_id, source, event_id)
    JOIN contracts_usageevent e USING (contract_id, source, event_id)
), touched AS (
    SELECT contract_id, source, event_id, meter_id, product, day, quantity, false AS was_there
    FROM new WHERE kind = 2
    UNION
    SELECT t.contract_id, t.source, t.event_id, t.meter_id, t.product, t.day, t.quantity,
        NOT EXISTS (SELECT 1 FROM new n WHERE n.contract_id = t.contract_id AND n.source = t.source
            AND n.event_id = t.event_id)
    FROM new JOIN contracts_usageevent t ON t.contract_id = new.contract_id AND t.source = new.target_source
        AND t.event_id = new.target_id
    WHERE t.kind IN (0, 2)
), judged AS (
    SELECT touched.*,
        was_there AND NOT EXISTS (
            SELECT 1 FROM contracts_usageevent c
            WHERE c.contract_id = touched.contract_id AND c.target_source = touched.source
                AND c.target_id = touched.event_id AND c.target_id IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM new n WHERE n.contract_id = c.contract_id
                    AND n.source = c.source AND n.event_id = c.event_id)
        ) AS counted,
        NOT EXISTS (
            SELECT 1 FROM contracts_usageevent c
            WHERE c.contract_id = touched.contract_id AND c.target_source = touched.source
                AND c.target_id = touched.event_id AND c.target_id IS NOT NULL
        ) AS counts
    FROM touched
)
INSERT INTO contracts_dailyusage AS d (meter_id, product, day, quantity, events)
SELECT meter_id, product, day, sum(CASE WHEN counts THEN quantity ELSE -quantity END),
    sum(CASE WHEN counts THEN 1 ELSE -1 END)
FROM judged
WHERE counted <> counts
GROUP BY meter_id, product, day
ORDER BY meter_id, product COLLATE "C", day
ON CONFLICT (meter_id, product, day)
DO UPDATE SET quantity = d.quantity + excluded.quantity, events = d.events + excluded.events
"""

_STORED = """
SELECT e.contract_id, e.source, e.event_id, e.{}
FROM unnest(%b::int8[], %b::text[], %b::text[]) AS k (contract_id, source, event_id)
JOIN contracts_usageevent e USING (contract_id, source, event_id)
"""

_KEEP_REFUSED = """
INSERT INTO contracts_refusedevent AS r (contract_id, source, event_id, meter, product, quantity, happened_at,
    first_at, times)
SELECT contract_id, source, event_id, meter, product, quantity, to_timestamp(moment), %b::timestamptz, 1
FROM unnest(%b::int8[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[]::numeric[],
    %b::text[]::float8[]) AS g (contract_id, source, event_id, meter, product, quantity, moment)
ON CONFLICT (contract_id, source, event_id) DO UPDATE SET times = r.times + 1
"""

Key = tuple[int, str, str]


def write(
    readings: Sequence[Reading], moment: datetime, key_id: int | None, user_id: int | None, *, repeats: bool
) -> set[Key]:
    """Write the events, sorted and each key once; the keys that were new. One that was not is there already, or is the
    second replacement of an event. Without `repeats`, raises IntegrityError when the key of a usage event is on record.
    Usage alone is written whole or not at all; with anything else the caller has a transaction open."""
    if not readings:
        return set()
    plain = [reading for reading in readings if reading.kind == USAGE]
    others = [reading for reading in readings if reading.kind != USAGE]
    written: set[Key] = set()
    contracts = sorted({reading.contract_id for reading in readings})
    if others:
        _lock(contracts, alone={reading.contract_id for reading in others})
    if plain:
        written = _write_usage(plain, contracts, moment, key_id, user_id, repeats)
    if others:
        columns = [list(column) for column in zip(*others, strict=True)]
        del columns[4]  # the meter's name
        new = run(_INSERT_OTHERS, [moment, key_id, user_id, *columns], binary=True).fetchall()
        written.update(new)
        if new:
            run(_CORRECT_SUMS, _columns(new), prepare=False)
        _forget_looks(contracts, READ_ALL_EVENTS)
    return written


def _forget_looks(*which: list) -> None:
    run(_FORGET_LOOKS.format("SKIP LOCKED"), which, prepare=False)
    if run(_ARE_LOOKS_LEFT, which, prepare=False).fetchone()[0]:
        _forget_later(*which)


def _forget_later(*which: list) -> None:
    """What somebody holds now is waited for and deleted once the events are there for all to see; should that fail the
    sender is told so, sends the events again, and it is done then."""
    transaction.on_commit(lambda: run(_FORGET_LOOKS.format(""), which, prepare=False))


def _write_usage(
    plain: Sequence[Reading], contracts: list[int], moment: datetime, key_id, user_id, repeats
) -> set[Key]:
    """The keys that were new."""
    ids, sources, events, _k, _n, meters, products, days, _l, quantities, moments, *_rest, hashes = zip(
        *plain, strict=True
    )
    values = {
        "contracts": MARK.join(map(str, ids)),
        "sources": MARK.join(sources),
        "ids": MARK.join(events),
        "meters": MARK.join(map(str, meters)),
        "products": MARK.join(products),
        "days": MARK.join(map(str, days)),
        "quantities": MARK.join(quantities),
        "moments": MARK.join(moments),
        "hashes": b"".join(hashes),
        "number": len(plain),
        "received": moment,
        "key": key_id,
        "user": user_id,
        "each": contracts,
        "space": LOCK_SPACE,
        "tasks": READ_USAGE,
        "repeats": repeats,
    }
    number, keys, are_looks_left = run(_TAKE_USAGE, values, binary=True).fetchone()
    if are_looks_left:
        _forget_later(contracts, READ_USAGE)
    if number == len(plain):
        return set(zip(ids, sources, events, strict=True))
    found = (name.split(MARK) for name in keys or ())
    return {(int(contract), source, event_id) for contract, source, event_id in found}


def _lock(contracts: list[int], alone: set[int]) -> None:
    for contract_id in contracts:
        how = "pg_advisory_xact_lock" if contract_id in alone else "pg_advisory_xact_lock_shared"
        run(_LOCK.format(how), [LOCK_SPACE, [contract_id]])


def keep_refused(readings: Sequence[Reading]) -> None:
    """Note what was refused because it came after the end: once a key, with the number of times."""
    if readings:
        columns = zip(*((*r[:3], r.meter, r.product, r.quantity, r.moment) for r in readings), strict=True)
        run(_KEEP_REFUSED, [now(), *map(list, columns)])


def hold_events(*contracts: int) -> None:
    """Until the end of the transaction, no event of these contracts comes in; outside of one, nothing. The contracts'
    own rows are locked before, never after."""
    if contracts and connection.in_atomic_block:
        run(_LOCK.format("pg_advisory_xact_lock"), [LOCK_SPACE, sorted(contracts)])


def stored_hashes(keys: Sequence[Key]) -> dict[Key, bytes]:
    """What is on record under these keys."""
    return _stored("content_hash", keys)


def kinds_of(keys: Sequence[Key]) -> dict[Key, int]:
    return _stored("kind", keys)


def _stored(column: str, keys: Sequence[Key]) -> dict:
    if not keys:
        return {}
    rows = run(_STORED.format(column), _columns(keys), binary=True, prepare=False).fetchall()
    return {(contract_id, source, event_id): value for contract_id, source, event_id, value in rows}


def _columns(keys: Sequence[Key]) -> list[list]:
    return [list(column) for column in zip(*keys, strict=True)]
