import pytest

from tests.contracts.lifecycle import world as made


@pytest.fixture
def world(db):
    return made.world()
