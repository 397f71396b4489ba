"""A few processes that live and die together, without a process manager."""

import signal
import subprocess
import time
from collections.abc import Callable
from typing import IO

from machine.place import say
from machine.process import end_groups

PATIENCE = 10  # seconds between asking a process to end and ending it


class Supervisor:
    """Starts children in process groups of their own and hands SIGINT and SIGTERM on, each group once."""

    def __init__(self, output: IO | None = None):
        self.output = output
        self.children: dict[str, subprocess.Popen] = {}
        self.asked_to_stop = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_soon)

    def _stop_soon(self, *_signal) -> None:
        self.asked_to_stop = True

    def start(self, name: str, command: list, environment: dict[str, str]) -> None:
        self.children[name] = subprocess.Popen(
            command, env=environment, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=self.output, stderr=self.output,
        )  # fmt: skip

    def ended(self) -> tuple[str, int] | None:
        """The first child that is not running any more, and its code as a shell would give it."""
        for name, child in self.children.items():
            code = child.poll()
            if code is not None:
                return name, code if code >= 0 else 128 - code
        return None

    def wait(self, ready: Callable[[], bool] | None = None, seconds: float = float("inf")) -> int | None:
        """Wait until `ready`, a signal (0), or until a child has ended (its code, 1 if it ended without one).

        None means ready, or that the time is over: the caller asks again.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.asked_to_stop:
                return 0
            if ended := self.ended():
                name, code = ended
                say(f"{name} ended by itself with {code}; stopping the others")
                return code or 1
            if ready and ready():
                return None
            time.sleep(0.2)
        return None

    def stop(self) -> None:
        end_groups([child.pid for child in self.children.values()], PATIENCE)
        for child in self.children.values():
            child.wait()
        self.children.clear()
