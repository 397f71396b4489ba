"""The cache holds nothing that cannot be worked out again, so nothing fails without it.

While Redis is away, or refuses to write (its disk or memory is full), every question is a miss and every write is
forgotten: pages answer, a little slower. What is counted in the cache (sign-ins, simulations of one address) is not limited
meanwhile, which is better than a market that nobody can enter.
"""

import logging
import time
from collections.abc import Callable

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import RedisError

PAUSE = 5  # seconds after a failure in which nobody waits for Redis again
logger = logging.getLogger(__name__)


def _forgiving(name: str, without: Callable) -> Callable:
    """The client's method, or else what `without` says of the same arguments."""
    asked = getattr(RedisCacheClient, name)

    def method(self, *args):
        if time.monotonic() < self.away_until:
            return without(*args)
        try:
            return asked(self, *args)
        except RedisError:
            self.away_until = time.monotonic() + PAUSE
            logger.warning("The cache does not answer; going on without it", exc_info=True)
            return without(*args)

    return method


def _not_there(key: str, _delta: int) -> None:
    raise ValueError(f"Key {key!r} not found.")  # as of any key that was never set


class ForgivingClient(RedisCacheClient):
    away_until = 0.0

    add = _forgiving("add", lambda *_: True)  # whoever adds first goes on, so everybody does
    get = _forgiving("get", lambda _key, default: default)
    set = _forgiving("set", lambda *_: None)
    touch = _forgiving("touch", lambda *_: False)
    delete = _forgiving("delete", lambda *_: False)
    get_many = _forgiving("get_many", lambda *_: {})
    has_key = _forgiving("has_key", lambda *_: False)
    incr = _forgiving("incr", _not_there)
    set_many = _forgiving("set_many", lambda *_: None)
    delete_many = _forgiving("delete_many", lambda *_: None)
    clear = _forgiving("clear", lambda: False)


class ForgivingRedisCache(RedisCache):
    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = ForgivingClient
