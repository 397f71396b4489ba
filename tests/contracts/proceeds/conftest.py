import pytest

from tests.contracts.payments import world as made


@pytest.fixture
def world(db):
    return made.world()
