"""Statements that the database keeps, and the connection that went away."""

import pytest
from django.db import OperationalError, connection, transaction

from marketplace.prepared import run, run_first
from tests.clones import cloned_database

ASK = "SELECT %s::int + 1"


def test_a_statement_is_prepared_and_planned_once(db):
    assert [run(ASK, [n]).fetchone() for n in range(10)] == [(n + 1,) for n in range(10)]
    kept = run("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = %s", [
        ASK.replace("%s", "$1")
    ]).fetchall()  # fmt: skip
    assert kept == [(10, 0)]


def test_the_first_statement_of_a_request_makes_a_new_connection(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), cloned_database():

        def lose():
            run_first(ASK, [1])
            gone = connection.connection.info.backend_pid
            with connection.copy().cursor() as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [gone])

        lose()
        assert run_first(ASK, [1]).fetchone() == (2,)
        lose()
        with pytest.raises(OperationalError), transaction.atomic():  # what went before would be lost
            run_first(ASK, [1])
        connection.close()
        assert run_first(ASK, [1]).fetchone() == (2,)

        connection.close()
        place = connection.settings_dict
        port, place["PORT"] = place["PORT"], "1"
        with pytest.raises(OperationalError):  # nobody there at all
            run_first(ASK, [1])
        place["PORT"] = port
