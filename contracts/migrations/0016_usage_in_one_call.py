from django.db import migrations

# The events of a call and their daily sums, under the lock of their contracts, by one call of the database: as four
# statements (begin, lock, write, commit) they took half as long again (docs/scale.md). Each statement of a volatile function sees
# what was committed before it began, so what is written is judged after the lock is held.
#
# Columns come as one text each, cut at a mark that no value holds: arrays would cost the client more than everything
# else. What waits for an event (a void or a replacement that came first) keeps it out of the sums; it is looked for by a
# subquery with LIMIT on purpose: as a join, planned while the table was still empty, it would read the whole table at each
# call until the next ANALYZE.
WRITE = """
        WITH written AS (
            INSERT INTO contracts_usageevent (contract_id, source, event_id, kind, meter_id, product, day, quantity,
                happened_at, content_hash, received_at, key_id, user_id)
            SELECT g.contract_id, g.source, g.event_id, 0, g.meter_id, coalesce(g.product, ''), g.day, g.quantity,
                to_timestamp(g.moment), substr(given_hashes, 32 * g.n - 31, 32), given_received, given_key, given_user
            FROM (
                SELECT unnest(string_to_array(given_contracts, E'\\x1f')::int8[]) AS contract_id,
                    unnest(string_to_array(given_sources, E'\\x1f')) AS source,
                    unnest(string_to_array(given_ids, E'\\x1f')) AS event_id,
                    unnest(string_to_array(given_meters, E'\\x1f')::int8[]) AS meter_id,
                    unnest(string_to_array(given_products, E'\\x1f')) AS product,
                    unnest(string_to_array(given_days, E'\\x1f')::int4[]) AS day,
                    unnest(string_to_array(given_quantities, E'\\x1f')::numeric[]) AS quantity,
                    unnest(string_to_array(given_moments, E'\\x1f')::float8[]) AS moment,
                    generate_series(1, given_number) AS n
            ) g
            {conflict}
            RETURNING contract_id, source, event_id, meter_id, product, day, quantity
        ), summed AS (
            INSERT INTO contracts_dailyusage AS d (meter_id, product, day, quantity, events)
            SELECT meter_id, product, day, sum(quantity), count(*)
            FROM written w
            WHERE (
                SELECT true FROM contracts_usageevent c
                WHERE c.contract_id = w.contract_id AND c.target_source = w.source AND c.target_id = w.event_id
                    AND c.target_id IS NOT NULL
                LIMIT 1
            ) IS NULL
            GROUP BY meter_id, product, day
            ORDER BY meter_id, product COLLATE "C", day
            ON CONFLICT (meter_id, product, day)
            DO UPDATE SET quantity = d.quantity + excluded.quantity, events = d.events + excluded.events
        )
        SELECT count(*), CASE WHEN count(*) < given_number
            THEN array_agg(contract_id || E'\\x1f' || source || E'\\x1f' || event_id) END
        INTO number, keys
        FROM written;
"""
# Nearly all events are new, and finding out by the unique key saves a third of the database's work. Only when it refuses
# one is the call done again, leaving out what is there.
#
# What the periodic tasks remember of the contracts (contracts.lifecycle.looks) does not hold any more. Nearly always there
# is nothing: only the first call after a look finds something. Rows are locked in the order of their key. Those that
# somebody holds are not waited for: that may be a look that waits for the lock of the contract's events, which this call has.
TAKE = f"""
CREATE FUNCTION contracts_take_usage(
    given_repeats boolean, given_number integer, given_contracts text, given_sources text, given_ids text,
    given_meters text, given_products text, given_days text, given_quantities text, given_moments text,
    given_hashes bytea, given_received timestamptz, given_key bigint, given_user bigint, given_each bigint[],
    given_space bigint, given_tasks text[], OUT number bigint, OUT keys text[], OUT are_looks_left boolean
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(given_space + id) FROM unnest(given_each) AS id;
    IF given_repeats THEN {WRITE.format(conflict="ON CONFLICT DO NOTHING")}
    ELSE {WRITE.format(conflict="")}
    END IF;
    are_looks_left := EXISTS (
        SELECT 1 FROM unnest(given_each) AS id
        WHERE (SELECT true FROM contracts_look WHERE contract_id = id AND task = ANY(given_tasks) LIMIT 1)
    );
    IF are_looks_left THEN
        DELETE FROM contracts_look USING (
            SELECT contract_id, task FROM contracts_look WHERE contract_id = ANY(given_each) AND task = ANY(given_tasks)
            ORDER BY contract_id, task FOR UPDATE SKIP LOCKED
        ) AS those WHERE contracts_look.contract_id = those.contract_id AND contracts_look.task = those.task;
        are_looks_left := EXISTS (
            SELECT 1 FROM contracts_look WHERE contract_id = ANY(given_each) AND task = ANY(given_tasks)
        );
    END IF;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0015_statements_that_wait")]

    operations = [migrations.RunSQL(TAKE, "DROP FUNCTION contracts_take_usage")]
