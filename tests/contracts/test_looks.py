"""The periodic tasks look at what changed and at what a day brings: with the result of looking at everything."""

import os
from datetime import date, timedelta
from random import Random
from threading import Event
from time import sleep

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from contracts.billing.models import Charge, RatingRun
from contracts.billing.tasks import charge_due
from contracts.lifecycle import services as lifecycle
from contracts.lifecycle.due import run_due
from contracts.lifecycle.models import Breach, LicenceContract, Look, Reminder
from contracts.lifecycle.models.looks import Task
from contracts.usage import services as usage
from contracts.usage.metering.ingest import ingest
from contracts.usage.metering.statements import hold_events
from contracts.usage.models import DeemedReport, UsageReport
from contracts.usage.tasks import chase_open_periods, remind_missing_reports, schedule_due_reports
from marketplace.audit.models import AuditEvent
from marketplace.clock import at
from marketplace.notifications.models import Notification
from tests.bench.many import copies
from tests.clones import at_once, cloned_database
from tests.contracts.billing.life import Life
from tests.contracts.billing.test_acceptance import AnyLife
from tests.contracts.lifecycle import world as made
from tests.contracts.rating.samples import after, fixed, lump, minimum, royalty, sheet
from tests.contracts.usage.metering.world import event

EXAMPLES = int(os.environ.get("LOOKS_EXAMPLES", "2"))
STEPS = int(os.environ.get("LOOKS_STEPS", "12"))
DAYS = int(os.environ.get("LOOKS_DAYS", "260"))
TASKS = (run_due, schedule_due_reports, remind_missing_reports, chase_open_periods, charge_due)


def a_pass() -> None:
    for task in TASKS:
        task()


def everything() -> list:
    """What the tasks bring about, row by row; letters and the audit trail by their number."""
    return [
        *(list(model.objects.order_by("pk").values()) for model in (LicenceContract, Breach, UsageReport, Charge)),
        *(model.objects.count() for model in (RatingRun, Reminder, DeemedReport, Notification, AuditEvent)),
    ]  # fmt: skip


def come_to_rest() -> list:
    """The tasks run until they find nothing to do."""
    before = everything()
    for _pass in range(8):
        a_pass()
        found = everything()
        if found == before:
            return found
        before = found
    raise AssertionError("the tasks never come to rest")


def nothing_was_passed_over() -> None:
    """Looking at everything finds no more than looking at what changed."""
    found = come_to_rest()
    with transaction.atomic():
        Look.objects.all().delete()
        a_pass()
        assert everything() == found
        transaction.set_rollback(True)


class LifeOfTasks(Life):
    """Nothing but the tasks makes things happen with time."""

    def pass_days(self, days):
        self.on += timedelta(days=days)
        with self.at():
            a_pass()


class AnyLifeLookedAfter(AnyLife):
    kind = LifeOfTasks

    @rule(days=st.integers(1, 60))
    def let_time_pass(self, days):
        self.life.on += timedelta(days=days)

    @precondition(lambda self: self.life is not None)
    @invariant()
    def nothing_is_passed_over(self):
        with self.life.at():
            nothing_was_passed_over()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


@pytest.mark.slow
def test_whatever_happens_looking_at_what_changed_is_looking_at_everything(db):
    AnyLifeLookedAfter.world = made.world()
    run_state_machine_as_test(
        AnyLifeLookedAfter,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


FEES = (
    {"kind": "yearly_fee", "id": "yearly", "commitment": "contingent", "amounts": [100_000], "trigger": after(0)},
    lump("1000", "later", trigger=after(5)),
)  # fmt: skip
STORIES = {
    "reported": sheet(
        royalty(fixed("0.03")), minimum("600"), *FEES, report={"every": "month", "days": 10, "deemed": {"days": 20}}
    ),
    "option": sheet(
        royalty(fixed("0.03"), commitment="option", trigger=None), lump("900", trigger=after(2)), trial={"months": 6}
    ),
    "metered": sheet(
        royalty(fixed("2"), "units", meter="calls"), trial={"months": 3},
        report={"metered": ["calls"], "every": "month", "deemed": {"days": 20}},
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_as_years_pass_looking_at_what_changed_is_looking_at_everything(db, name):
    """Nobody does anything but now and then: most of what happens is brought by a day."""
    life, random = LifeOfTasks(made.world(), STORIES[name]), Random(name)
    charged, end = set(), life.on + timedelta(days=DAYS)
    while life.on < end:
        if random.random() < 0.25:
            life.send(0, 20, 40)
            life.close(most=1)
            for report in life.open_reports()[:1]:
                life.accept(report, lambda meter, piece: 1_000_000)
        life.on += timedelta(days=random.choice([1, 1, 2, 5, 11, 23]))
        with life.at():
            nothing_was_passed_over()
        charged |= set(life.contract.charges.values_list("element_id", flat=True))
    assert charged


@pytest.fixture
def life(db):
    return Life(made.world(), sheet(royalty(fixed("0.03")), every="month"))


def looks(task=Task.CHARGES) -> dict:
    return dict(Look.objects.filter(task=task).values_list("contract", "again_on"))


def test_a_pass_over_contracts_of_which_nothing_changed_asks_the_same_few_questions(
    life, django_assert_num_queries
):
    with life.at():
        a_pass()
        a_pass()
        with django_assert_num_queries(10):
            a_pass()
        more = copies(life.contract, 30)
        a_pass()
        a_pass()
        assert set(more) < set(looks())
        with django_assert_num_queries(10):
            a_pass()


def test_contracts_that_are_looked_at_are_read_together(life, django_assert_num_queries):
    with life.at():
        a_pass()
        a_pass()
        for count in (1, 31):
            for task, queries in ((run_due, 14), (schedule_due_reports, 13), (charge_due, 13)):
                Look.objects.all().delete()
                with django_assert_num_queries(queries):
                    task()
            if count == 1:
                copies(life.contract, 30)
                a_pass()
                a_pass()


def test_metered_contracts_are_read_together_and_events_forget_what_reads_them(db, django_assert_num_queries):
    world = made.world()
    lives = [LifeOfTasks(world, STORIES["metered"]) for _place in range(3)]
    for life in lives:
        life.pass_days(45)
    with lives[0].at():
        come_to_rest()
        for contracts in (lives[:1], lives):
            Look.objects.filter(contract__in=[life.contract.pk for life in contracts]).delete()
            with django_assert_num_queries(17):
                charge_due()
            come_to_rest()
        lives[0].send(0, 3, 5)
        told = Look.objects.filter(contract=lives[0].contract).values_list("task", flat=True)
        assert set(told) == {Task.DUE, Task.PERIODS}
        lives[1].close()
        told = Look.objects.filter(contract=lives[1].contract).values_list("task", flat=True)
        assert set(told) == {Task.DUE}


def test_a_change_is_looked_at_by_the_next_run_and_a_day_by_the_first_run_of_it(life):
    with life.at():
        a_pass()
        a_pass()
        assert looks() == {life.contract.pk: date(2026, 2, 28)}
        schedule_due_reports()
        assert looks(Task.REPORTS) == {life.contract.pk: date(2026, 2, 28)}
        lifecycle.raise_dispute(life.contract, actor=life.world.signatory, reason="有争议")
        assert Look.objects.count() == 0
        charge_due()
        assert looks() == {life.contract.pk: date.max}


def test_a_contract_that_failed_is_tried_again_and_stops_no_other(life, caplog):
    [other] = copies(life.contract, 1)
    whole = life.contract.versions.get().terms
    life.contract.versions.update(terms={"format": 99})
    with life.at():
        charge_due()
        charge_due()
        assert set(looks()) == {other}
        assert caplog.text.count("what is due could not be done") == 2
        life.contract.versions.update(terms=whole)
        charge_due()
        assert set(looks()) == {life.contract.pk, other}


def test_what_was_looked_at_a_day_ago_is_looked_at_again_whatever_it_said(life):
    with life.at():
        charge_due()
        charge_due()
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE contracts_look SET stale_at = stale_at - interval '1 day', looked_on = '2020-01-01'"
            )
        charge_due()
        assert Look.objects.get(task=Task.CHARGES).looked_on == life.on
    with at(life.on - timedelta(days=1)):  # a clock that was set back
        charge_due()
        assert Look.objects.get(task=Task.CHARGES).looked_on == life.on - timedelta(days=1)


def test_after_a_deployment_everything_is_looked_at(life):
    with life.at():
        charge_due()
    assert Look.objects.exists()
    contracts = apps.get_app_config("contracts")
    post_migrate.send(sender=contracts, app_config=contracts, verbosity=0, interactive=False, using="default")
    assert not Look.objects.exists()


@pytest.mark.slow
def test_what_changes_while_tasks_look_is_looked_at_afterwards(django_db_setup, django_db_blocker):
    """Two of each task, events, reports, a breach and a dispute at the same moment, on connections of their own."""
    with django_db_blocker.unblock(), cloned_database():
        world = made.world()
        lives = [LifeOfTasks(world, STORIES["metered"]), LifeOfTasks(world, STORIES["reported"])]
        calls, sales = lives
        for life in lives:
            life.pass_days(60)
            life.events_sent.clear()
        on = calls.on
        report = sales.open_reports()[0]

        def then(step, *arguments, **more):
            def run():
                with at(on):
                    return step(*arguments, **more)

            return run

        def use(name):
            return ingest(
                [
                    event(calls.contract, f"{name}-{n}", "5", time="2026-03-20T09:30:00+08:00")
                    for n in range(20)
                ],
                licensee=world.firm,
            )

        def submit():
            usage.submit_report(report, actor=world.reporter, draft=usage.Draft(is_nil=True))
            return usage.accept_report(report, actor=world.officer)

        for place in range(3):
            found = at_once(
                *(then(a_pass) for _time in range(3)),
                *(then(use, f"{place}-{client}") for client in range(3)),
                *([then(submit), then(lifecycle.raise_dispute, sales.contract, actor=world.signatory, reason="有争议")]
                  if not place else []),
            )  # fmt: skip
            assert [result for result in found if isinstance(result, Exception)] == []
            with at(on):
                nothing_was_passed_over()


def test_events_and_a_look_never_wait_for_each_other(django_db_setup, django_db_blocker):
    """A look that has its row comes for the lock of the events, when a call that has that lock comes for the row."""
    with django_db_blocker.unblock(), cloned_database():
        life = LifeOfTasks(made.world(), STORIES["metered"])
        life.pass_days(40)
        with life.at():
            come_to_rest()
        contract, has_row = life.contract.pk, Event()
        look = Look.objects.filter(contract=contract, task=Task.CHARGES)
        assert look.exists()

        def call_is_there() -> bool:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock')"
                    " OR EXISTS (SELECT 1 FROM contracts_usageevent WHERE event_id = 'crossing')"
                )
                return cursor.fetchone()[0]

        def have_a_look():
            with transaction.atomic():
                look.update(again_on=life.on)
                has_row.set()
                while not call_is_there():
                    sleep(0.01)
                hold_events(contract)
                look.update(again_on=date.max)

        def send():
            has_row.wait(10)
            with life.at():
                yesterday = life.on - timedelta(days=1)
                one = event(life.contract, "crossing", "5", time=f"{yesterday}T09:30:00+08:00")
                return [result.status for result in ingest([one], licensee=life.world.firm)]

        assert at_once(have_a_look, send) == [None, ["accepted"]]
        assert not look.exists()
