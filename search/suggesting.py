"""What the search box offers while somebody types: institutions first, then keywords and titles. PostgreSQL answers,
whichever engine searches: it knows what is public at this moment, and a prefix is one of its quickest questions."""

from collections.abc import Iterable

from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef, Q

from marketplace.organisations.models import Organisation
from search.facts import KEYWORD, PUBLIC, TITLE, keys, typed_key
from search.models import SearchDocument

SUGGESTIONS = 8
INSTITUTIONS = 2
_END = "\U0010ffff"  # behind all that begins alike
# From each spelling straight to the next different one: a keyword of ten thousand documents costs as much as one of one.
_SPELLINGS = """
    WITH RECURSIVE found AS (
        (SELECT key, text FROM search_suggestion WHERE weight = %(weight)s AND key >= %(first)s AND key < %(end)s
         ORDER BY key, text LIMIT 1)
        UNION ALL
        SELECT following.key, following.text FROM found CROSS JOIN LATERAL (
            SELECT key, text FROM search_suggestion
            WHERE weight = %(weight)s AND (key, text) > (found.key, found.text) AND key < %(end)s
            ORDER BY key, text LIMIT 1
        ) following
    )
    SELECT text FROM found LIMIT %(limit)s
"""
_NAMES, _SECONDS = "search-institutions", 300


def suggest(typed: str) -> list[str]:
    """At most SUGGESTIONS texts, of public pages alone."""
    key = typed_key(typed)
    if not _is_beginning(key):
        return []
    names = [name for name, spellings in institutions() if any(s.startswith(key) for s in spellings)]
    return _distinct([*names[:INSTITUTIONS], *texts(typed)])


def texts(typed: str) -> list[str]:
    """Keywords, then titles, of which a spelling begins with what was typed; those spelled shortest first."""
    key = typed_key(typed)
    found: list[str] = []
    for weight in (KEYWORD, TITLE) if _is_beginning(key) else ():
        if len(set(found)) < SUGGESTIONS:
            values = {"weight": weight, "first": key, "end": key + _END, "limit": 2 * SUGGESTIONS}
            with connection.cursor() as cursor:
                cursor.execute(_SPELLINGS, values)
                found += [text for (text,) in cursor.fetchall()]
    return _distinct(found)


def _is_beginning(key: str) -> bool:
    """One Latin letter is the beginning of too much."""
    return len(key) > 1 or (bool(key) and not key.isascii())


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))[:SUGGESTIONS]


def institutions() -> list[tuple[str, list[str]]]:
    """The names of organisations with something public, and how they may be typed; read every few minutes."""
    known = cache.get(_NAMES)
    if known is None:
        public = SearchDocument.objects.filter(
            organisation_id=OuterRef("pk"), audience__contains=[PUBLIC]
        ).exclude(Q(institution="") | Q(kind="INSTITUTION"))
        rows = Organisation.objects.verified().filter(Exists(public)).values_list("name_zh", "name_en")
        known = [(name, keys(name)) for names in rows for name in names if name]
        cache.set(_NAMES, known, _SECONDS)
    return known
