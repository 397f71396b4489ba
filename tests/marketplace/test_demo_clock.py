"""Days pass one by one, and what falls due on each happens."""

from datetime import UTC, date, datetime, timedelta

import pytest
from celery import shared_task
from django.urls import reverse
from django.utils import translation

from marketplace import clock, tasks
from marketplace.demo_clock import after, resume_run, start_run
from marketplace.models import ClockRun
from marketplace.organisations.roles import Kind
from marketplace.refusals import NotPermitted, Refused
from tests.factories.ground import make_acting, signed_in

pytestmark = pytest.mark.django_db
seen: list[tuple[str, date]] = []
broken_on: set[date] = set()


@shared_task
def morning():
    seen.append(("morning", clock.today()))


@shared_task
def evening():
    if clock.today() in broken_on:
        raise RuntimeError("the evening failed")
    seen.append(("evening", clock.today()))


@pytest.fixture(autouse=True)
def demo(settings):
    settings.DEMO = True
    settings.DAILY_TASKS = [f"{__name__}.morning", f"{__name__}.evening"]
    seen.clear()
    broken_on.clear()
    clock.forget()
    with translation.override("en"):
        yield
    clock.forget()


@pytest.fixture
def operator():
    return make_acting(Kind.OPERATOR)


def test_every_day_is_lived_through_in_order(operator):
    start = clock.today()
    run = start_run(start + timedelta(days=2), acting=operator)
    tasks.live_through_days(run.pk)
    run.refresh_from_db()
    assert clock.today() == start + timedelta(days=2)
    assert seen == [
        (name, start + timedelta(days=number)) for number in range(3) for name in ("morning", "evening")
    ]
    assert (run.state, run.days_done, run.days) == ("DONE", 2, 2)
    tasks.live_through_days(run.pk)
    assert len(seen) == 6


def test_a_task_that_fails_stops_the_run_and_it_goes_on_from_there(operator):
    start = clock.today()
    broken_on.add(start + timedelta(days=1))
    run = start_run(start + timedelta(days=3), acting=operator)
    tasks.live_through_days(run.pk)
    run.refresh_from_db()
    assert (run.state, run.task) == ("FAILED", f"{__name__}.evening")
    assert "the evening failed" in run.error
    assert clock.today() == start + timedelta(days=1)
    broken_on.clear()
    resume_run(run, acting=operator)
    tasks.live_through_days(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error, clock.today()) == ("DONE", "", start + timedelta(days=3))


def test_one_move_at_a_time_and_resuming_only_when_silent(operator):
    run = start_run(clock.today() + timedelta(days=1), acting=operator)
    with pytest.raises(Refused):
        start_run(clock.today() + timedelta(days=1), acting=operator)
    with pytest.raises(Refused):
        resume_run(run, acting=operator)
    run.beat_at = datetime.now(UTC) - timedelta(minutes=2)
    run.save()
    resume_run(run, acting=operator)
    with pytest.raises(NotPermitted):
        start_run(clock.today() + timedelta(days=1), acting=make_acting(Kind.UNIVERSITY))


def test_steps_end_with_the_month():
    assert [after(date(2026, 11, 30), step) for step in ("1d", "7d", "1m", "3m", "12m")] == [
        date(2026, 12, 1), date(2026, 12, 7), date(2026, 12, 30), date(2027, 2, 28), date(2027, 11, 30),
    ]  # fmt: skip


def test_page_is_the_operators_in_demo_mode(client, operator, settings):
    url = reverse("demo_clock")
    assert client.get(url).status_code == 302
    signed_in(client, make_acting(Kind.UNIVERSITY))
    assert client.get(url).status_code == 404
    signed_in(client, operator)
    assert client.get(url).status_code == 200
    client.post(url, {"to": (clock.today() - timedelta(days=1)).isoformat()})
    client.post(url, {"to": clock.today().isoformat()})
    client.post(url, {"to": "9999-12-31"})
    client.post(url, {"step": "nonsense"})
    assert not ClockRun.objects.exists()
    client.post(url, {"step": "7d"})
    page = client.get(url)
    assert (page.context["run"].days, page.context["running"]) == (7, True)
    assert "0 of 7 days" in page.content.decode()
    settings.DEMO = False
    assert client.get(url).status_code == 404
