from datetime import date

import pytest
from django.core.cache import cache

from tests.flows.days import Calendar
from tests.flows.market import market

START = date(2026, 1, 5)


@pytest.fixture(autouse=True)
def _database_search(settings):
    settings.ELASTICSEARCH_URL = ""


@pytest.fixture
def calendar():
    """Stands on the first day of the story."""
    cache.clear()  # limits on sign-ins from one address
    days = Calendar()
    days.begin(START)
    yield days
    days.end()
    cache.clear()


@pytest.fixture
def people(db, calendar):
    return market()
