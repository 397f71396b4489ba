import pytest
from django.core.cache import cache

from tests.contracts.lifecycle import world as made


@pytest.fixture(autouse=True)
def fresh_minute():
    cache.clear()


@pytest.fixture
def world(db):
    return made.world()
