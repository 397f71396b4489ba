"""A commit that changes a page wakes the worker."""

import time

import psycopg
import pytest
from django.db import connections

from search import listening


class Task:
    def __init__(self):
        self.calls = 0

    def apply_async(self, **options):
        self.calls += 1


@pytest.mark.django_db
def test_notification_wakes_the_worker_within_a_second():
    task = Task()
    thread = listening.start(task)
    try:
        wait_for(lambda: task.calls == 1)  # it listens now
        parameters = connections["default"].get_connection_params()
        address = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port")}
        with psycopg.connect(**address, autocommit=True) as other:
            other.execute("SELECT search_outbox_told(1)")
        wait_for(lambda: task.calls == 2, seconds=1)
    finally:
        listening.stop()
        thread.join(5)
    assert not thread.is_alive()


def wait_for(condition, seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
