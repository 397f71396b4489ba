"""The triggers notify the database's channel at each commit that changes a page; the worker listens, so that what is
published is found within a second. The timer drains as well: a notification that is lost delays, no more."""

import logging
import threading

import psycopg
from django.db import connections

CHANNEL = "search_outbox"
_PAUSE = 5.0
logger = logging.getLogger(__name__)
_stopped = threading.Event()


def start(task) -> threading.Thread:
    """Listen in a thread of this process and ask a worker to run `task` at each notification."""
    _stopped.clear()
    thread = threading.Thread(target=_listen, args=(task,), name="search-outbox", daemon=True)
    thread.start()
    return thread


def stop() -> None:
    _stopped.set()


def _listen(task) -> None:
    while not _stopped.is_set():
        try:
            _listen_once(task)
        except Exception:  # the connection broke, or the broker; the timer works on meanwhile
            logger.warning("Listening for published pages was cut off; trying again", exc_info=True)
            _stopped.wait(_PAUSE)


def _listen_once(task) -> None:
    parameters = connections["default"].get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(
        **{name: parameters[name] for name in names if name in parameters}, autocommit=True
    ) as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        task.apply_async(retry=False, expires=60)  # what was written before we listened
        while not _stopped.is_set():
            if any(True for _notice in connection.notifies(timeout=1.0, stop_after=1)):
                task.apply_async(retry=False, expires=60)
