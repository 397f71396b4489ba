"""What one process does at a time, over all machines: an advisory lock of the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def alone(name: int) -> Iterator[bool]:
    """Whether this connection is the only one that does what `name` stands for (any number that nothing else here uses).
    Nobody waits: who is not the only one leaves it to the other. The lock is the session's, it outlives transactions;
    the database lets go when its process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [name])
        got = cursor.fetchone()[0]
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [name])
