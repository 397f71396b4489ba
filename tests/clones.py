"""A database of its own for tests that need real commits: cloned from the tests' database, dropped afterwards.

A flush would empty Wagtail's root and the append-only tables.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from time import sleep

import dj_database_url
import psycopg
from django.conf import settings
from django.db import connection, connections
from psycopg import sql


@contextmanager
def cloned_database() -> Iterator[str]:
    """Inside the block the default connection, in every thread, is the clone's. Needs an unblocked database."""
    place = connection.settings_dict
    template = place["NAME"]
    clone = f"{template}_clone"
    owner = dj_database_url.parse(settings.DATABASE_OWNER_URL)
    connections.close_all()
    with psycopg.connect(
        host=owner["HOST"],
        port=owner["PORT"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as server:
        _drop(server, clone)
        # A browser's last request may come after its test: its thread then sits in the template, which has to be free.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            " AND backend_type = 'client backend'",
            [template],
        )
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(clone), sql.Identifier(template))
        )
        place["NAME"] = clone
        try:
            yield clone
        finally:
            connections.close_all()
            place["NAME"] = template
            _drop(server, clone)


def _drop(server: psycopg.Connection, name: str) -> None:
    """Once the server's own cleaning (autovacuum), which nobody else may end, has left it."""
    for attempt in range(20):
        try:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            return
        except psycopg.errors.InsufficientPrivilege:
            if attempt == 19:
                raise
            sleep(0.5)


def at_once(*steps: Callable[[], object]) -> list[object]:
    """Run the steps in threads that start together; the result of each, or the exception that it raised."""
    results: list[object] = [None] * len(steps)
    start = Barrier(len(steps))

    def run(place: int, step: Callable[[], object]) -> None:
        try:
            start.wait(10)
            results[place] = step()
        except Exception as problem:
            results[place] = problem
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
