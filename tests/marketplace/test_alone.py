"""One process at a time: the other is told so at once, and the lock goes with its holder."""

import pytest
from django.db import connection

from marketplace.alone import alone

NAME = 0x7465737473


@pytest.fixture
def other(db):
    """Another process: a connection of its own."""
    made = connection.copy()
    yield made
    made.close()


def takes(other) -> bool:
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [NAME])
        return cursor.fetchone()[0]


def test_the_one_keeps_the_other_out_until_it_is_done(other):
    with alone(NAME) as mine:
        assert (mine, takes(other)) == (True, False)
    assert takes(other)


def test_who_is_not_the_one_takes_nothing_from_the_other(other):
    assert takes(other)
    with alone(NAME) as mine:
        assert not mine
    with alone(NAME) as mine:
        assert not mine
    other.close()  # its process died
    with alone(NAME) as mine:
        assert mine


def test_work_that_fails_lets_go(other):
    with pytest.raises(ZeroDivisionError), alone(NAME):
        1 / 0  # noqa: B018
    assert takes(other)
