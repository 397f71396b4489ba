"""Saved searches: what is new for them is told once.

Every document that changed is held against every saved search with an alert, by the database engine: the same
conditions as the result page, narrowed to the changed documents; exact, and no second store of queries.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from marketplace.clock import now
from marketplace.notifications.services import notify
from marketplace.organisations.acting import addressed
from marketplace.organisations.models import Membership
from search.engines.base import NUMBERS
from search.engines.database import COLUMNS, DatabaseEngine
from search.finding import read_query
from search.models import DocumentState, Frequency, SavedHit, SavedSearch, SearchDocument
from search.params import FACETS, SearchParams, number_range, trl_range
from search.services import params_of, stop_token
from search.viewer import ANONYMOUS, Viewer

BATCH = 500
NAMED = 5  # titles in a letter
DIGEST_HOUR = 8
_HEAVY = ("words", "characters", "source", "body_zh", "body_en")


def run() -> int:
    """Tell owners of saved searches what changed since the last run and is new to them; the number of letters."""
    told = 0
    while states := list(DocumentState.objects.to_alert().order_by("page_id")[:BATCH]):
        told += _run_batch(states)
    return told


@transaction.atomic
def _run_batch(states: list[DocumentState]) -> int:
    """One transaction: hits, letters and the mark that these documents are done, or none of it."""
    ids = [state.pk for state in states]
    locked = DocumentState.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    versions = {state.pk: state.version for state in locked if state.alerted_version < state.version}
    documents = list(SearchDocument.objects.filter(pk__in=versions).defer(*_HEAVY))
    told = 0
    if documents:
        viewers = _viewers()
        for search in SavedSearch.objects.select_related("user").order_by("pk").iterator(chunk_size=500):
            viewer = viewers.get((search.user_id, search.organisation_id))
            if viewer is not None and search.user.is_active:
                told += _run_one(search, viewer, documents)
    DocumentState.objects.filter(pk__in=versions).update(alerted_version=F("version"))
    return told


def _viewers() -> dict[tuple[int, int | None], Viewer]:
    """What each owner may see now: members as their organisation does, those without one as the public does. Who has
    left an organisation is told nothing more for it."""
    rows = Membership.objects.select_related("organisation").filter(user__saved_searches__isnull=False)
    viewers: dict = {
        (row.user_id, row.organisation_id): Viewer(row.organisation_id, row.organisation.is_verified)
        for row in rows.distinct()
    }
    alone = SavedSearch.objects.filter(organisation=None).values_list("user_id", flat=True)
    return viewers | {(pk, None): ANONYMOUS for pk in alone}


def _run_one(search: SavedSearch, viewer: Viewer, documents: list[SearchDocument]) -> int:
    params = params_of(search)
    possible = [d.pk for d in documents if set(viewer.keys) & set(d.audience) and _fits(d, params)]
    if not possible:
        return 0
    found = DatabaseEngine().matching(params, read_query(params.q), viewer, possible)
    known = set(SavedHit.objects.filter(search=search, page_id__in=found).values_list("page_id", flat=True))
    new = [pk for pk in found if pk not in known]
    if not new:
        return 0
    waits = search.frequency in (Frequency.DAILY, Frequency.WEEKLY)
    SavedHit.objects.bulk_create(
        [SavedHit(search=search, page_id=pk, found_at=now(), is_waiting=waits) for pk in new],
        ignore_conflicts=True,
    )
    search.last_hit_at = now()
    search.save(update_fields=["last_hit_at"])
    if search.frequency != Frequency.AT_ONCE:
        return 0
    by_id = {d.pk: d for d in documents}
    _tell(search, [by_id[pk] for pk in new])
    return 1


def _tell(search: SavedSearch, documents: list[SearchDocument]) -> None:
    notify(
        [addressed(search.user, search.organisation) if search.organisation else search.user],
        "search/new_hits",
        path=_path(search, documents),
        stop_path=reverse("saved_search_stop", args=[stop_token(search)]),
        search=search,
        documents=documents[:NAMED],
        count=len(documents),
        more=max(0, len(documents) - NAMED),
    )


def send_digests() -> int:
    """Tell what was gathered for daily and weekly searches, and what still waits for one that was changed to "at
    once"; the number of letters. Which hits are due is read from when they were found, so a run that is missed
    delays a letter and loses nothing."""
    viewers = _viewers()
    told = 0
    due = SavedHit.objects.filter(is_waiting=True).filter(_due())
    for pk in list(due.order_by("search_id").values_list("search_id", flat=True).distinct()):
        told += _send_digest(pk, viewers)
    return told


def _due() -> Q:
    known = Q(pk__in=[])
    for frequency in (Frequency.AT_ONCE, Frequency.DAILY, Frequency.WEEKLY):
        known |= Q(search__frequency=frequency, found_at__lt=gathered_until(frequency))
    return known


def gathered_until(frequency: str) -> datetime:
    """The last eight o'clock here, for weekly letters that of a Monday; the present moment for "at once"."""
    here = timezone.localtime(now())
    if frequency == Frequency.AT_ONCE:
        return here
    until = here.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    if until > here:
        until -= timedelta(days=1)
    return until - timedelta(days=until.weekday()) if frequency == Frequency.WEEKLY else until


@transaction.atomic
def _send_digest(pk: int, viewers: dict) -> int:
    """One letter of one search. What its owner may not see any more is forgotten, and found again if it returns."""
    search = (
        SavedSearch.objects.select_for_update(of=("self",)).select_related("user", "organisation").get(pk=pk)
    )
    hits = SavedHit.objects.filter(_due(), search=search, is_waiting=True)
    pages = list(hits.values_list("page_id", flat=True))
    viewer = viewers.get((search.user_id, search.organisation_id))
    if not pages:
        return 0  # another run was first
    documents = []
    if viewer is not None and search.user.is_active:
        seen = SearchDocument.objects.visible_to(viewer).filter(pk__in=pages)
        documents = list(seen.defer(*_HEAVY).order_by(F("published_at").desc(nulls_last=True), "-pk"))
    there = {document.pk for document in documents}
    SavedHit.objects.filter(search=search, page_id__in=[pk for pk in pages if pk not in there]).delete()
    SavedHit.objects.filter(search=search, page_id__in=there).update(is_waiting=False)
    if not documents:
        return 0
    _tell(search, documents)
    return 1


def _path(search: SavedSearch, documents: list[SearchDocument]) -> str:
    """To the only new hit, else to the search, newest first."""
    with override("en"):
        if len(documents) == 1:
            return documents[0].get_absolute_url()
        params = params_of(search)
        query = params.but(sort="newest").to_query() or urlencode({"sort": "newest"})
        return f"{reverse('search')}?{query}"


def _fits(document: SearchDocument, params: SearchParams) -> bool:
    """Whether the facets let the document through; saves most searches a query."""
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
