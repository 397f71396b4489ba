"""How rare a term is among the stored documents, from the statistics that PostgreSQL keeps of the column anyway."""

import math
import threading
import time
from collections.abc import Iterable

from django.db import connection

_SECONDS = 300
_RAREST = 1e-6
_lock = threading.Lock()
_known: tuple[float, dict[str, float], float] = (float("-inf"), {}, _RAREST)


def rarity(lexeme: str) -> float:
    """The logarithm of one in how many documents holds it (inverse document frequency); the same for all terms
    until the table has been analysed for the first time."""
    _read_at, frequencies, floor = _current()
    return max(0.05, -math.log(frequencies.get(lexeme, floor))) if frequencies else 1.0


def lexemes() -> Iterable[tuple[str, float]]:
    """The commonest terms with the share of documents that hold them."""
    return _current()[1].items()


def forget() -> None:
    global _known
    _known = (float("-inf"), {}, _RAREST)


def _current() -> tuple[float, dict[str, float], float]:
    global _known
    with _lock:
        if time.monotonic() - _known[0] > _SECONDS:
            frequencies = _read()
            floor = max(_RAREST, min(frequencies.values(), default=_RAREST) / 2)
            _known = (time.monotonic(), frequencies, floor)
        return _known


def _read() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.lexeme, e.frequency FROM pg_stats s
            JOIN pg_class c ON c.oid = 'search_searchdocument'::regclass AND c.relname = s.tablename
            JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = s.schemaname
            CROSS JOIN LATERAL unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs)
                AS e(lexeme, frequency)
            WHERE s.attname = 'words' AND e.lexeme IS NOT NULL AND e.frequency > 0
            """
        )
        return dict(cursor.fetchall())
