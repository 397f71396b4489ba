"""Which contracts a periodic task has to look at: those of which something changed, whose day has come, or at which
nobody has looked for a day. So a task takes as long as there is something to do, not as there are contracts.

A look holds the contract's row. It is on record before anything is read, and due again at once; whatever changes the
contract deletes that record (`models.forgetting`), also what the look itself changes; in the end those that are still
there get the day until which the look holds (`clock.watching`). Who changes something holds the contract's row as well,
or, for usage events, the lock of its events, which a look that reads them takes too; so nothing slips in between.
A look that fails leaves no record: it is tried again at each run.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from contracts.batches import batches, work_off
from contracts.lifecycle.models import LicenceContract, Look
from contracts.lifecycle.models.known import ClockTimestamp
from contracts.lifecycle.models.looks import Task
from marketplace.clock import today

logger = logging.getLogger(__name__)
BATCH = 50

_BEGIN = """
INSERT INTO contracts_look (contract_id, task, looked_on, again_on, stale_at)
SELECT id, %s, %s, %s, clock_timestamp() FROM unnest(%s::int8[]) AS id ORDER BY id
ON CONFLICT (contract_id, task) DO UPDATE
SET looked_on = excluded.looked_on, again_on = excluded.again_on, stale_at = excluded.stale_at
"""
# Looks that were made together do not become stale together.
_REMEMBER = """
UPDATE contracts_look AS look
SET again_on = found.day, stale_at = clock_timestamp() + interval '18 hours' + random() * interval '6 hours'
FROM unnest(%s::int8[], %s::date[]) AS found (id, day)
WHERE look.contract_id = found.id AND look.task = %s
"""

Work = Callable[[Sequence[LicenceContract]], Mapping[int, date]]


def to_look_at(task: Task, contracts: QuerySet) -> list[int]:
    """The ids of those among some contracts at which a task has to look now."""
    on = today()
    remembered = Look.objects.filter(
        contract=OuterRef("pk"), task=task, looked_on__lte=on, again_on__gt=on, stale_at__gt=ClockTimestamp()
    )
    return list(contracts.filter(~Exists(remembered)).order_by("pk").values_list("pk", flat=True))


def look_after(task: Task, contracts: QuerySet, work: Work) -> set[int]:
    """Have `work` look at each of the contracts at which a task has to look now, some at a time in one transaction,
    locked; where that fails each in one of its own, so that one that fails stops no other. The ids of those at which
    the look failed: nothing of it was kept.

    `work` answers with the first later day on which the same look could come out otherwise, by contract; those that it
    leaves out are looked at again by the next run.
    """

    def look(ids: Sequence[int]) -> None:
        found = list(contracts.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))
        with connection.cursor() as cursor:
            on = today()
            cursor.execute(_BEGIN, [task, on, on, [contract.pk for contract in found]])
            days = work(found)
            if days:
                cursor.execute(_REMEMBER, [list(days), list(days.values()), task])

    failed: set[int] = set()
    for batch in batches(to_look_at(task, contracts), BATCH):
        for pk, problem in work_off(batch, look).items():
            failed.add(pk)
            logger.error("Contract %s: what is due could not be done (%s): %s", pk, task, problem)
    return failed
