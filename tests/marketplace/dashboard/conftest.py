import pytest
from django.core.cache import cache

from tests.contracts.payments import world as made


@pytest.fixture
def world(db):
    """A contract in force between a university and a firm; the home page counts anew."""
    cache.clear()
    return made.world()
