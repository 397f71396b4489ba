"""A circuit breaker: after a few failures in a row it stays open for a while, and nobody waits for a dead server.
Each failure alone opens it for a moment, so that one page does not wait twice."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Three failures open it for 30 seconds; then one caller at a time may try again. Fewer open it for one second."""

    def __init__(
        self,
        failures: int = 3,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        pause: float = 1.0,
    ) -> None:
        self.limit, self.seconds, self.clock, self.pause = failures, seconds, clock, pause
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self._failures, self._open_until = 0, float("-inf")

    @property
    def is_open(self) -> bool:
        return self._failures >= self.limit

    def allows(self) -> bool:
        """Whether a call may be tried now. When the time is over the first caller tries, the others wait on."""
        with self._lock:
            now = self.clock()
            if now < self._open_until:
                return False
            if self._failures < self.limit:
                return True
            self._open_until = now + self.seconds
            return True

    def succeeded(self) -> None:
        with self._lock:
            self.reset()

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._open_until = self.clock() + (self.seconds if self._failures >= self.limit else self.pause)
