"""What the search box offers while somebody types: institutions first, then keywords and titles."""

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q

from marketplace.organisations.models import Organisation
from search.engines import answer
from search.engines.base import SUGGESTIONS, distinct
from search.facts import PUBLIC, keys, typed_key
from search.models import SearchDocument

INSTITUTIONS = 2
_NAMES, _SECONDS = "search-institutions", 300


def suggest(typed: str) -> list[str]:
    """At most SUGGESTIONS texts, of public pages alone."""
    key = typed_key(typed)
    if not key or (len(key) == 1 and key.isascii()):
        return []
    names = [name for name, spellings in institutions() if any(s.startswith(key) for s in spellings)]
    texts, _is_substitute = answer(lambda engine: engine.suggest(typed))
    return distinct([*names[:INSTITUTIONS], *texts], SUGGESTIONS)


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
