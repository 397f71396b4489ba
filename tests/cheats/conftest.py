"""What people try who hurry or cheat: everything twice, numbers of others in hidden fields, forged messages, wrong
files, absurd sums. The answer is a page that says so, and nothing half done."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from marketplace.clock import today
from tests.factories.road import road
from tests.flows.browser import Person


def pytest_collection_modifyitems(items):
    """One worker runs them all, so that the road is walked once."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker("slow")
            item.add_marker(pytest.mark.xdist_group("cheats"))


@pytest.fixture(scope="package")
def market(django_db_setup, django_db_blocker, tmp_path_factory):
    """One road for all tests of this folder: made once, in a transaction that is never committed."""
    how = {
        "ELASTICSEARCH_URL": "",
        "MEDIA_ROOT": tmp_path_factory.mktemp("media"),
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }
    with django_db_blocker.unblock(), override_settings(**how), transaction.atomic():
        call_command("load_programmes", verbosity=0)
        found = road()
        found.media, found.day = how["MEDIA_ROOT"], today()
        yield found
        found.calendar.end()
        transaction.set_rollback(True)
    connection.close()


@pytest.fixture
def made(market, settings):
    """The market as the road left it, whatever the test before did."""
    settings.ELASTICSEARCH_URL, settings.MEDIA_ROOT = "", market.media
    market.calendar.begin(market.day)
    point = transaction.savepoint()
    yield market
    transaction.savepoint_rollback(point)


@pytest.fixture
def who(made):
    """Browsers by place: uni, firm, other_uni …; `approver` and `finance` are different people of the university."""
    browsers = {place: Person.already_in(acting) for place, acting in made.people.items() if acting}
    for role in ("APPROVER", "FINANCE"):
        browsers[role.lower()] = Person.already_in(made.cast.licensor_as(role))
    return browsers
