import pytest

from tests.cms.world import University
from tests.factories.ground import signed_in


@pytest.fixture
def uni(db):
    return University()


@pytest.fixture
def other(db):
    return University()


@pytest.fixture
def as_(client):
    """The client, acting as somebody; None is a visitor."""

    def become(acting):
        client.logout()
        return signed_in(client, acting) if acting else client

    return become
