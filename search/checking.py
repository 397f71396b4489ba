"""Which of thousands of saved searches find some changed documents. Most searches are let go by what this process
knows of the documents (audience, facets, terms); what is left is asked of the engine, hundreds at a time.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from django.db import connection
from django.http import QueryDict

from marketplace.organisations.models import Membership
from search.analysis import stem
from search.engines import DatabaseEngine, ElasticEngine, EngineDown, client
from search.engines.base import NUMBERS, Asked
from search.engines.database import COLUMNS
from search.finding import thesaurus
from search.models import DocumentState, SavedSearch, SearchDocument
from search.params import FACETS, SearchParams, number_range, trl_range
from search.thesaurus import Phrase, Thesaurus, Word
from search.viewer import ANONYMOUS, Viewer
from search.words import Query, read

logger = logging.getLogger(__name__)
SEARCHES = 200  # held against the documents in one question
Owner = tuple[int, int | None]  # a person, and the organisation they searched for


class _Row(NamedTuple):
    pk: int
    user_id: int
    organisation_id: int | None
    query: str


@dataclass(frozen=True)
class _Held:
    """What one document holds, in the terms of the database's index."""

    document: SearchDocument
    audience: frozenset[str]
    terms: frozenset[str]
    characters: frozenset[str]


def viewers() -> dict[Owner, Viewer]:
    """What each owner may see now: members as their organisation does, those without one as the public does. Who has
    left an organisation is told nothing more for it."""
    rows = Membership.objects.select_related("organisation").filter(
        user__saved_searches__isnull=False, user__is_active=True
    )
    found: dict = {
        (row.user_id, row.organisation_id): Viewer(row.organisation_id, row.organisation.is_verified)
        for row in rows.distinct()
    }
    alone = SavedSearch.objects.filter(organisation=None, user__is_active=True)
    return found | {(pk, None): ANONYMOUS for pk in alone.values_list("user_id", flat=True)}


def found_by_searches(documents: Sequence[SearchDocument]) -> dict[int, list[int]]:
    """For each saved search that finds any of the documents which they are, newest first."""
    held = _held(documents)
    known, owners = thesaurus(), viewers()
    everything = frozenset().union(*(one.terms | one.characters for one in held))
    rows = SavedSearch.objects.order_by("pk").values_list("pk", "user_id", "organisation_id", "query")
    found: dict[int, list[int]] = {}
    for portion in _portions(_asked(rows.iterator(chunk_size=2_000), owners, held, everything, known)):
        answers = _ask([asked for _pk, asked in portion])
        found |= {pk: ids for (pk, _asked_), ids in zip(portion, answers, strict=True) if ids}
    return found


def _asked(
    rows: Iterable[tuple],
    owners: Mapping[Owner, Viewer],
    held: Sequence[_Held],
    everything: frozenset[str],
    known: Thesaurus,
) -> Iterator[tuple[int, Asked]]:
    """The searches that may find some of the documents, with those."""
    keys = {owner: frozenset(viewer.keys) for owner, viewer in owners.items()}
    for row in map(_Row._make, rows):
        owner = (row.user_id, row.organisation_id)
        if owner not in owners:
            continue
        params, query = _read(row.query, known)
        if query and not may_hold(query, everything, everything):
            continue
        possible = [
            one.document.pk
            for one in held
            if not keys[owner].isdisjoint(one.audience)
            and fits(one.document, params)
            and (not query or may_hold(query, one.terms, one.characters, one.document.identifiers))
        ]
        if possible:
            yield row.pk, Asked(params, query, owners[owner], possible)


def _portions(asked: Iterator[tuple[int, Asked]]) -> Iterator[list[tuple[int, Asked]]]:
    while portion := list(islice(asked, SEARCHES)):
        yield portion


def _ask(asked: Sequence[Asked]) -> list[list[int]]:
    """Of Elasticsearch where it holds these documents as they are now, else of the database."""
    pages = {pk for one in asked for pk in one.ids}
    if client.configured() and not DocumentState.objects.to_push().filter(pk__in=pages).exists():
        try:
            return ElasticEngine().matching_each(asked)
        except EngineDown:
            logger.warning("Saved searches are held against changes by the database", exc_info=True)
    return DatabaseEngine().matching_each(asked)


@lru_cache(maxsize=10_000)
def _read(query: str, known: Thesaurus) -> tuple[SearchParams, Query]:
    params = SearchParams.from_query(QueryDict(query))
    return params, read(params.q, known)


def _held(documents: Sequence[SearchDocument]) -> list[_Held]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT page_id, tsvector_to_array(words), tsvector_to_array(characters)"
            " FROM search_searchdocument WHERE page_id = ANY(%s)",
            [[document.pk for document in documents]],
        )
        terms = {pk: (frozenset(words), frozenset(characters)) for pk, words, characters in cursor.fetchall()}
    return [
        _Held(document, frozenset(document.audience), *terms[document.pk])
        for document in documents
        if document.pk in terms
    ]


def may_hold(
    query: Query, terms: frozenset[str], characters: frozenset[str], identifiers: Iterable[str] | None = None
) -> bool:
    """Whether a document of these terms may be a hit; never False for one that is. `identifiers`: None where they
    are not known."""
    if query.identifiers and (identifiers is None or set(query.identifiers) & set(identifiers)):
        return True
    holds = all if query.wants_whole_words else any
    return any(_holds(word, terms, characters, holds) for word in query.words) or any(
        _holds_phrase(phrase, terms, characters) for phrase in query.synonyms
    )


def _holds_phrase(phrase: Phrase, terms: frozenset[str], characters: frozenset[str]) -> bool:
    return all(_holds(word, terms, characters, all) for word in phrase)


def _holds(word: Word, terms: frozenset[str], characters: frozenset[str], holds) -> bool:
    if word.is_character:
        return word.text in characters
    # Of letters with digits, or with accents, the database makes terms of its own.
    if not word.is_han and not (word.text.isascii() and (word.text.isalpha() or word.text.isdigit())):
        return True
    return holds(stem(term) in terms for term in word.terms)


def fits(document: SearchDocument, params: SearchParams) -> bool:
    """Whether the facets let the document through, as far as that needs no question."""
    for name in FACETS:
        chosen = params.chosen(name)
        if (
            not chosen
            or name == "eligible"
            or any(number_range(value) for value in chosen if name in NUMBERS)
        ):
            continue  # left to the query
        column, several = COLUMNS[name]
        value = getattr(document, column)
        if name == "trl":
            if value not in {level for text in chosen for level in trl_range(text)}:
                return False
        elif not set(value if several else [value]) & set(chosen):
            return False
    return True
