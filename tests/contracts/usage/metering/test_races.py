"""The same event from everywhere at once, and corrections that cross their events, with real commits."""

import random
from itertools import count

import pytest

from contracts.usage.metering.ingest import ingest
from contracts.usage.metering.recounting import recount
from marketplace.clock import at
from tests.clones import at_once, cloned_database
from tests.contracts.lifecycle import world as made
from tests.contracts.usage.metering.world import NOON, event, metered, replacement, sums, void

pytestmark = pytest.mark.slow
THREADS = 8


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():
        world = made.world()
        world.contract = metered(world)
        yield world


def test_two_thousand_repeats_are_one_event_and_crossing_corrections_add_up(committed):
    world, contract = committed, committed.contract
    once = event(contract, "once", 7)

    def repeats(seed):
        """250 calls of one event each, some inside batches of others; the statuses of the one event."""
        found, own = [], count()
        with at(NOON):
            for _ in range(250):
                others = [
                    event(contract, f"own-{seed}-{next(own)}", 1) for _ in range(random.choice((0, 0, 3)))
                ]
                batch = random.sample([once, *others], 1 + len(others))
                results = ingest(batch, licensee=world.firm)
                found += [result.status for result in results if result.id == "once"]
        return found

    statuses = [
        status
        for found in at_once(*(lambda seed=n: repeats(seed) for n in range(THREADS)))
        for status in found
    ]
    assert sorted(statuses) == ["accepted"] + ["duplicate"] * (250 * THREADS - 1)

    # the same events, voids and replacements in as many orders as there are threads
    story = [event(contract, f"e{n}", 1, time="2026-03-09T09:00:00Z") for n in range(60)]
    story += [void(contract, f"e{n}") for n in range(0, 60, 3)]
    story += [replacement(contract, f"e{n}", 5, time="2026-03-08T09:00:00Z") for n in range(1, 60, 3)]

    def shuffled(seed):
        order = random.Random(seed).sample(story, len(story))
        with at(NOON):
            while order:
                size = random.Random(len(order) + seed).randint(1, 30)
                ingest(order[:size], licensee=world.firm)
                order = order[size:]

    assert at_once(*(lambda seed=n: shuffled(seed) for n in range(THREADS))) == [None] * THREADS
    found = sums(contract)
    assert (found["calls", "", 20260309], found["calls", "", 20260308]) == ("20", "100")
    checked = recount()
    assert (checked.difference_count, checked.events) == (0, int(found["calls", "", 20260310]) - 6 + 40)
