"""The client of docs/api.md, run as it stands there against a live server that fails in the middle."""

import re
import threading
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

from marketplace.clock import now
from marketplace.organisations.api_keys import create_key, revoke_key
from marketplace.organisations.roles import Role
from tests.clones import cloned_database
from tests.contracts.lifecycle import world as made
from tests.contracts.usage.metering.world import event, metered, sums
from tests.marketplace.deals.conftest import person

pytestmark = pytest.mark.slow


class _Quiet(WSGIRequestHandler):
    def log_message(self, *words):
        pass


class Flaky:
    """The product, behind a proxy that loses answers: what was asked for happens, the caller is told 502, or
    hears nothing whole."""

    def __init__(self, application):
        self.application, self.calls = application, 0

    def __call__(self, environ, start_response):
        self.calls += 1
        if self.calls not in (1, 2, 4):
            return self.application(environ, start_response)
        list(self.application(environ, lambda *head: None))
        broken = self.calls == 2
        start_response(
            "200 OK" if broken else "502 Bad Gateway", [("Content-Length", "900" if broken else "0")]
        )
        return [b'{"accep'] if broken else [b""]


@pytest.fixture
def live(django_db_setup, django_db_blocker, _quick_and_clean):
    with django_db_blocker.unblock(), cloned_database():
        world = made.world()
        world.contract = metered(world)
        flaky = Flaky(get_wsgi_application())
        server = make_server("127.0.0.1", 0, flaky, handler_class=_Quiet)

        def serve():
            server.serve_forever(0.05)
            connections.close_all()

        thread = threading.Thread(target=serve)
        thread.start()
        world.flaky, world.address = flaky, f"http://127.0.0.1:{server.server_port}"
        yield world
        server.shutdown()
        thread.join(10)
        server.server_close()


def test_the_documented_client_loses_nothing_and_repeats_nothing(live):
    text = Path(settings.BASE_DIR, "docs", "api.md").read_text("utf-8")
    client: dict = {}
    exec(re.search(r"```python\n(.*?)```", text, re.S)[1], client)
    admin = person(live.firm, Role.ADMIN)
    row, key = create_key(live.firm, actor=admin, name="ERP", scopes=["usage.write"])
    moment = now().isoformat()
    events = [event(live.contract, f"e{n}", 1, time=moment) for n in range(1_500)]
    events[700]["data"]["meter"] = "visits"

    left_out = client["send_events"](live.address, key, events, first_pause=0.01)
    assert [(one["id"], one["code"], one["event"]) for one in left_out] == [
        ("e700", "unknown_meter", events[700])
    ]
    assert live.flaky.calls == 5  # the first batch three times, the second twice
    assert list(sums(live.contract).values()) == ["1499"]

    assert client["send_events"](live.address, key, events[:700], first_pause=0.01) == []
    assert list(sums(live.contract).values()) == ["1499"]
    revoke_key(row, actor=admin)
    with pytest.raises(client["NotTaken"], match="401"):
        client["send_events"](live.address, key, events)
