"""A server of its own that is really frozen, killed, started again and emptied, while people publish: pages answer in
time from the database and say so, nothing is lost, and everything is well again without a hand."""

import os
import shutil
import signal
import time

import pytest

from cms import services
from machine import elasticsearch, packages
from machine.place import profile_folder
from machine.process import is_free
from search import engines, pushing, tasks
from search.engines import client
from search.models import DocumentState
from tests.cms.world import University
from tests.search.asked import NOTE, found, page

pytestmark = [pytest.mark.django_db, pytest.mark.elasticsearch, pytest.mark.slow]
SMALL = ("-Xms300m", "-Xmx300m", "-XX:TieredStopAtLevel=1")  # starts with half the work
NO_TREE = "no Elasticsearch of our own to stop: bin/services up test --with elasticsearch fetches one"


class Own:
    """Small, on a port and a folder of its own; the one that all other tests use is left alone."""

    def __init__(self, folder):
        self.folder = folder
        self.server = elasticsearch.Elasticsearch(
            folder, "stopped", options=SMALL, first_port=19_600 + os.getpid() % 300
        )

    def start(self) -> str:
        tree, java, _source = elasticsearch.install()
        return self.server.url(self.server.start(tree, java))

    def send(self, number: signal.Signals) -> None:
        os.killpg(self.server.group(), number)

    def kill(self) -> None:
        """Until it has let go of its port: it would start again on another one, and stay unknown there."""
        port = self.server.port()
        self.send(signal.SIGKILL)
        self.server.stop()
        over = time.monotonic() + 30
        while port and not is_free(port):
            assert time.monotonic() < over, "the killed server keeps its port"
            time.sleep(0.05)

    def empty(self) -> None:
        shutil.rmtree(self.server.home / "data")


@pytest.fixture
def own(settings, monkeypatch):
    if not (elasticsearch.tree().exists() and packages.find("java")):
        pytest.fail(NO_TREE) if os.environ.get("CI") else pytest.skip(NO_TREE)
    monkeypatch.setattr(engines.breaker, "seconds", 3.0)
    own = Own(profile_folder("test") / f"stopped-{os.getpid()}")
    own.folder.mkdir()
    try:
        settings.ELASTICSEARCH_URL = own.start()
        yield own
    finally:
        if own.server.group():
            own.kill()
        shutil.rmtree(own.folder)


@pytest.fixture
def university():
    return University(name_zh="示例大学", name_en="Example University")


def timers() -> None:
    """What the worker does without being asked, every few seconds and every few minutes."""
    tasks.drain_outbox()
    tasks.watch_index()


def well_by_itself(seconds: float = 60) -> None:
    over = time.monotonic() + seconds
    while NOTE in page("q=alphaxq")[0]:
        assert time.monotonic() < over, "pages still say that the server does not answer"
        timers()
        time.sleep(0.2)
    timers()
    assert pushing.differing() == ([], [])
    assert not DocumentState.objects.to_push().exists()


def numbers(*words: str) -> dict[str, tuple[int, bool]]:
    return {word: found(word) for word in words}


def answers_at_once() -> None:
    text, seconds = page("q=gammaxq")
    assert NOTE in text
    assert "<mark>gammaxq</mark>" in text
    assert seconds < 2.5


def test_server_that_is_frozen_killed_started_again_and_emptied(own, university, monkeypatch):
    alpha, beta, _gamma = (
        university.published(title_en=f"Listing {word}") for word in ("alphaxq", "betaxq", "gammaxq")
    )
    timers()
    assert numbers("alphaxq", "betaxq", "gammaxq") == dict.fromkeys(
        ("alphaxq", "betaxq", "gammaxq"), (1, False)
    )

    own.send(signal.SIGSTOP)
    answers_at_once()
    university.published(title_en="Listing deltaxq")
    with monkeypatch.context() as patience:
        patience.setattr(client, "WORKER_SECONDS", 1)  # a worker waits a minute, the test need not
        timers()
    assert numbers("deltaxq") == {"deltaxq": (1, True)}
    own.send(signal.SIGCONT)
    well_by_itself()
    assert numbers("alphaxq", "deltaxq") == {"alphaxq": (1, False), "deltaxq": (1, False)}

    own.kill()
    answers_at_once()
    university.published(title_en="Listing epsilonxq")
    changed = services.change(alpha, actor=university.editor, title_en="Listing omegaxq")
    services.approve_listing(
        services.submit_listing(changed, actor=university.editor), actor=university.approver
    )
    services.unpublish_listing(beta, actor=university.approver, reason="sold")
    timers()
    now = {"alphaxq": 0, "betaxq": 0, "gammaxq": 1, "deltaxq": 1, "epsilonxq": 1, "omegaxq": 1}
    assert numbers(*now) == {word: (number, True) for word, number in now.items()}
    assert DocumentState.objects.to_push().count() == 3
    own.start()
    well_by_itself()
    assert numbers(*now) == {word: (number, False) for word, number in now.items()}

    own.kill()
    own.empty()
    own.start()
    assert numbers("gammaxq") == {"gammaxq": (1, True)}  # nothing to ask it, so the database answers
    well_by_itself()
    assert numbers(*now) == {word: (number, False) for word, number in now.items()}
