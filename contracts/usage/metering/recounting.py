"""Daily sums added up again from the events, in one statement and so at one moment: there must be no difference."""

from datetime import timedelta

from django.db import connection, transaction

from contracts.usage.metering.cloudevents import day_of
from contracts.usage.metering.models import Recount
from contracts.usage.metering.statements import LOCK_SPACE
from marketplace.clock import now

SHOWN = 50  # differences kept in words; all are counted
KEPT = timedelta(days=400)

_COUNTED = """
    SELECT e.meter_id, e.product, e.day, sum(e.quantity) AS quantity, count(*) AS events
    FROM contracts_usageevent e
    WHERE e.kind IN (0, 2) AND NOT EXISTS (
        SELECT 1 FROM contracts_usageevent c
        WHERE c.target_id IS NOT NULL AND c.contract_id = e.contract_id AND c.target_source = e.source
            AND c.target_id = e.event_id
    ) {where}
    GROUP BY e.meter_id, e.product, e.day
"""
_COMPARE = f"""
WITH counted AS MATERIALIZED ({_COUNTED.format(where="")}),
differ AS MATERIALIZED (
    SELECT meter_id, product, day, c.quantity AS counted, d.quantity AS kept, c.events AS counted_events,
        d.events AS kept_events
    FROM counted c FULL JOIN contracts_dailyusage d USING (meter_id, product, day)
    WHERE coalesce(c.quantity, 0) <> coalesce(d.quantity, 0) OR coalesce(c.events, 0) <> coalesce(d.events, 0)
)
SELECT (SELECT coalesce(sum(events), 0) FROM counted), (SELECT count(*) FROM counted),
    (SELECT count(*) FROM differ),
    (SELECT coalesce(json_agg(s), '[]') FROM (
        SELECT m.contract_id AS contract, m.name AS meter, f.product, f.day, f.counted::text, f.kept::text,
            f.counted_events, f.kept_events
        FROM differ f JOIN contracts_meter m ON m.id = f.meter_id
        ORDER BY m.contract_id, f.meter_id, f.day, f.product LIMIT %s) s)
"""
_REPAIR = f"""
WITH counted AS ({_COUNTED.format(where="AND e.contract_id = %(contract)s")}),
gone AS (
    UPDATE contracts_dailyusage d SET quantity = 0, events = 0
    FROM contracts_meter m
    WHERE m.id = d.meter_id AND m.contract_id = %(contract)s AND d.events <> 0 AND NOT EXISTS (
        SELECT 1 FROM counted c WHERE (c.meter_id, c.product, c.day) = (d.meter_id, d.product, d.day))
)
INSERT INTO contracts_dailyusage AS d (meter_id, product, day, quantity, events)
SELECT meter_id, product, day, quantity, events FROM counted
ORDER BY meter_id, product COLLATE "C", day
ON CONFLICT (meter_id, product, day) DO UPDATE SET quantity = excluded.quantity, events = excluded.events
WHERE d.quantity <> excluded.quantity OR d.events <> excluded.events
"""


def recount() -> Recount:
    """Add up all events and compare; what was found is kept and shown to the operator. Changes no sum."""
    row = Recount.objects.create(started_at=now())
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, [SHOWN])
        row.events, row.rows, row.difference_count, row.differences = cursor.fetchone()
    for difference in row.differences:
        difference["day"] = day_of(difference["day"]).isoformat()
    row.ended_at = now()
    row.save()
    Recount.objects.filter(started_at__lt=now() - KEPT).delete()
    return row


@transaction.atomic
def repair(contract_id: int) -> None:
    """Write a contract's daily sums anew from its events, while no event of it comes in. For a person who has
    understood how the difference came about."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s::int8 + %s)", [LOCK_SPACE, contract_id])
        cursor.execute(_REPAIR, {"contract": contract_id})
