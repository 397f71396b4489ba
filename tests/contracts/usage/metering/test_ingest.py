"""What becomes of an event: accepted, duplicate, conflict or refused, and what it adds to the day's sum."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.usage.metering.ingest import ingest
from contracts.usage.metering.models import RefusedEvent
from marketplace.clock import ZONE
from marketplace.refusals import Refused
from tests.contracts.usage.metering.world import closing, event, metered, replacement, send, sums, void

ACCEPTED, DUPLICATE = ("accepted", ""), ("duplicate", "")


@pytest.fixture
def contract(world):
    return metered(world)


def test_an_event_counts_once_however_often_it_is_sent(world, contract):
    first = event(contract, "e-1", "12.50", data={"product": "A"})
    same = event(contract, "e-1", Decimal("12.5"), time="2026-03-10T01:30:00Z", data={"product": "A"})
    other = event(contract, "e-1", 13, data={"product": "A"})
    assert send(world, first, same, other) == [ACCEPTED, DUPLICATE, ("conflict", "other_content")]
    assert send(world, other, same) == [("conflict", "other_content"), DUPLICATE]
    assert send(world, first | {"source": "urn:example:other"}) == [ACCEPTED]
    assert sums(contract) == {("calls", "A", 20260310): "25"}


def test_the_day_is_that_of_the_contracts_time_zone(world, contract):
    send(
        world,
        event(contract, "a", 1, time="2026-03-08T15:59:59.999999Z"),
        event(contract, "b", 2, time="2026-03-08T16:00:00Z"),
        event(contract, "c", 4, time="2026-03-08T23:00:00-10:00"),
    )
    assert sums(contract) == {("calls", "", 20260308): "1", ("calls", "", 20260309): "6"}


def test_early_and_late_events(world, contract):
    times = {
        "2026-03-10T13:00:00+08:00": ACCEPTED,  # an hour ahead of us is a clock, not the future
        "2026-03-10T13:00:01+08:00": ("refused", "future"),
        "2026-01-30T23:59:59+08:00": ("refused", "before_contract"),
        "2026-01-31T00:00:00+08:00": ACCEPTED,  # late, and taken
    }
    assert send(world, *(event(contract, time, time=time) for time in times)) == list(times.values())
    times = {
        "2036-01-30T23:59:59+08:00": ACCEPTED,
        "2036-01-31T00:00:00+08:00": ("refused", "after_end"),
    }
    events = [event(contract, time, time=time) for time in times]
    assert send(world, *events, moment=datetime(2036, 2, 15, tzinfo=ZONE)) == list(times.values())


def test_what_comes_after_the_end_is_kept_for_the_licensor(world, contract):
    late = event(contract, "late", 7, time="2036-02-01T00:00:00+08:00")
    on_time = event(contract, "fine", 7)
    assert send(world, on_time) == [ACCEPTED]
    for _ in range(2):
        assert send(world, late, on_time, moment=datetime(2036, 2, 2, tzinfo=ZONE)) == [
            ("refused", "after_end"), DUPLICATE,
        ]  # fmt: skip
    kept = RefusedEvent.objects.get(contract=contract)
    assert (kept.event_id, kept.quantity, kept.times) == ("late", 7, 2)
    assert sums(contract) == {("calls", "", 20260310): "7"}


def test_stock_that_may_be_sold_off_is_metered_after_the_end(world, contract):
    contract.licence_ended_on = date(2026, 3, 5)
    contract.save(update_fields=["licence_ended_on"])
    late = event(contract, "stock")
    assert send(world, late) == [("refused", "after_end")]
    contract.wind_down = contract.__class__.wind_down.related.related_model.objects.create(
        contract=contract, certificate_due_on=date(2026, 4, 4), final_report_due_on=date(2026, 5, 4),
        sell_off_until=date(2026, 3, 10),
    )  # fmt: skip
    assert send(world, late, event(contract, "more", time="2026-03-11T00:00:00+08:00"),
                moment=datetime(2026, 3, 20, tzinfo=ZONE)) == [ACCEPTED, ("refused", "after_end")]  # fmt: skip


def test_what_cannot_be_taken_says_why_and_uses_up_no_key(world, contract):
    wrong = [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": "x" * 101}, "id"),
        ({"id": "a\0b"}, "characters"),
        ({"source": 7}, "source"),
        ({"type": "usage"}, "type"),
        ({"subject": "C-2026-999999"}, "unknown_contract"),
        ({"subject": "\0"}, "unknown_contract"),
        ({"subject": "\ud800"}, "unknown_contract"),
        ({"subject": ["C"]}, "unknown_contract"),
        ({"time": "2026-03-10"}, "time"),
        ({"time": "2026-03-10T09:30:00"}, "time"),
        ({"time": 1773106200}, "time"),
        ({"time": "9999-12-31T23:59:59-12:00"}, "time"),
        ({"data": None}, "data"),
        ({"data": {"meter": "visits", "quantity": 1}}, "unknown_meter"),
        ({"data": {"meter": "calls", "quantity": 1, "units": 5}}, "unknown_field"),
        ({"data": {"meter": "calls", "quantity": -1}}, "quantity"),
        ({"data": {"meter": "calls", "quantity": True}}, "quantity"),
        ({"data": {"meter": "calls", "quantity": "NaN"}}, "quantity"),
        ({"data": {"meter": "calls", "quantity": "1e300"}}, "quantity"),
        ({"data": {"meter": "calls", "quantity": "0.0000001"}}, "quantity"),
        ({"data": {"meter": "calls", "quantity": 1, "product": "\ud800"}}, "characters"),
        ({"data": {"meter": "calls", "quantity": 1, "product": "A\x1fB"}}, "characters"),
    ]
    good = event(contract, "good", 1)
    answers = send(world, *(event(contract) | changed for changed, _code in wrong), good, "no object")
    assert answers == [
        *(("refused", code) for _changed, code in wrong),
        ACCEPTED,
        ("refused", "not_an_event"),
    ]
    assert send(world, event(contract)) == [ACCEPTED]


def test_sums_of_money_are_whole_minor_units(world):
    contract = metered(world, _sales())
    assert send(
        world,
        event(contract, "a", "100.5", data={"meter": "sales"}),
        event(contract, "b", "100.0", data={"meter": "sales"}),
        event(contract, "c", 13, data={"meter": "sales.vat"}),
        event(contract, "d", 13, data={"meter": "sales.customs"}),
    ) == [("refused", "quantity"), ACCEPTED, ACCEPTED, ("refused", "unknown_meter")]


def _sales():
    from tests.contracts.rating.samples import fixed, royalty, sheet

    return sheet(royalty(fixed("0.03")), report={"every": "month"})


def test_only_the_licensee_sends_events(world, contract):
    for other in (world.uni, world.agency, world.stranger.organisation):
        assert send(world, event(contract), licensee=other) == [("refused", "unknown_contract")]


def test_a_void_removes_an_event_for_good(world, contract):
    send(world, event(contract, "e-1", 10), event(contract, "e-2", 5))
    assert send(world, void(contract, "e-1"), void(contract, "e-1", "again")) == [ACCEPTED, ACCEPTED]
    assert sums(contract) == {("calls", "", 20260310): "5"}
    assert send(world, event(contract, "e-1", 10), void(contract, "void-e-1")) == [
        DUPLICATE, ("refused", "target"),
    ]  # fmt: skip
    assert sums(contract) == {("calls", "", 20260310): "5"}


def test_an_event_is_replaced_once(world, contract):
    send(world, event(contract, "e-1", 10))
    assert send(world, replacement(contract, "e-1", 8, "r-1", time="2026-03-09T09:00:00+08:00")) == [ACCEPTED]
    assert send(world, replacement(contract, "e-1", 7, "r-2"), replacement(contract, "r-1", 6, "r-3")) == [
        ("conflict", "replaced"), ACCEPTED,
    ]  # fmt: skip
    assert sums(contract) == {("calls", "", 20260310): "6"}
    assert send(world, void(contract, "r-3")) == [ACCEPTED]  # what it had replaced stays replaced
    assert sums(contract) == {}


def test_a_correction_that_comes_first_waits_for_its_event(world, contract):
    assert send(world, void(contract, "e-1"), replacement(contract, "e-2", 3)) == [ACCEPTED, ACCEPTED]
    assert send(world, event(contract, "e-1", 10), event(contract, "e-2", 10)) == [ACCEPTED, ACCEPTED]
    assert sums(contract) == {("calls", "", 20260310): "3"}


def test_closings(world, contract):
    assert send(
        world,
        closing(contract, "2026-01-31", "2026-02-28", "a"),
        closing(contract, "2026-03-01", "2026-03-10", "b"),
        closing(contract, "2026-01-30", "2026-02-28", "c"),
        closing(contract, "2026-02-28", "2026-02-01", "d"),
        closing(contract, "2026-02-01", "2026-02-28", "e", meter="visits"),
        replacement(contract, "a", 3, "f"),
    ) == [ACCEPTED, ("refused", "period"), ("refused", "period"), ("refused", "period"),
          ("refused", "unknown_meter"), ("refused", "target")]  # fmt: skip


def test_too_many_at_once_are_refused_as_a_whole(world, contract):
    with pytest.raises(Refused):
        ingest([event(contract, str(n)) for n in range(1_001)], licensee=world.firm)
    assert sums(contract) == {}


def test_events_cannot_be_rewritten(world, contract):
    send(world, event(contract))
    for statement in ("UPDATE contracts_usageevent SET quantity = 0", "DELETE FROM contracts_usageevent"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_neither_order_nor_batches_nor_repeats_change_the_sums(world, contract, data):
    """Usage, voids and replacements of each other, in any order, cut into any batches, some sent again."""
    names = [f"e{n}" for n in range(4)]
    story = [event(contract, name, data.draw(st.integers(0, 9)), time=f"2026-03-0{n + 1}T09:00:00Z")
             for n, name in enumerate(names)]  # fmt: skip
    replaced: set[str] = set()
    for n in range(data.draw(st.integers(0, 6))):
        target = data.draw(st.sampled_from(names))
        if data.draw(st.booleans()):
            story.append(void(contract, target, f"v{n}"))
        elif target not in replaced:
            replaced.add(target)
            story.append(replacement(contract, target, data.draw(st.integers(0, 9)), f"r{n}"))
            names.append(f"r{n}")
    corrected = {one["data"]["target_id"] for one in story if "target_id" in one["data"]}
    expected: dict = {}
    for one in story:
        if "quantity" in one["data"] and one["id"] not in corrected:
            key = ("calls", "", int(one["time"][:10].replace("-", "")))
            expected[key] = expected.get(key, 0) + one["data"]["quantity"]
    sent = data.draw(st.permutations(story + data.draw(st.lists(st.sampled_from(story), max_size=4))))
    with transaction.atomic():
        while sent:
            size = data.draw(st.integers(1, len(sent)))
            send(world, *sent[:size])
            sent = sent[size:]
        found = sums(contract)
        transaction.set_rollback(True)
    assert found == {key: str(value) for key, value in expected.items()}
