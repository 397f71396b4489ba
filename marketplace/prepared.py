"""Statements that are asked again and again: prepared once a connection, their values bound on the server. Django's
own cursors write the values into the text, and the database reads and plans it anew each time."""

from collections.abc import Mapping, Sequence

import psycopg
from django.db import OperationalError, connection


def run(
    statement: str, values: Sequence | Mapping = (), *, binary: bool = False, prepare: bool = True
) -> psycopg.Cursor:
    """The executed statement, to fetch from; `binary` asks for its rows in binary. Raises Django's own errors, and
    so a broken connection is not kept. Without `prepare` it is planned anew each time, by how large tables are then:
    right for joins, whose kept plan would be the one of a table that was still small."""
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    with connection.wrap_database_errors:
        cursor.execute(statement, values, prepare=prepare, binary=binary)
    return cursor


def run_first(statement: str, values: Sequence | Mapping = ()) -> psycopg.Cursor:
    """The same for the first statement of a request, which must only read: it tells by itself whether the kept
    connection still lives, so nothing else need ask that. Where it does not, a new one is made and asked again."""
    try:
        cursor = run(statement, values)
    except OperationalError:
        lost = connection.connection is not None and connection.connection.closed
        if connection.in_atomic_block or not lost:
            raise
        connection.close()
        cursor = run(statement, values)
    connection.health_check_done = True
    return cursor
