"""Saved searches: what is new for them is told once.

Every document that changed is held against every saved search (search.checking): the same conditions as the result
page, narrowed to the changed documents; exact, and no second store of queries.
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
from search.checking import found_by_searches, viewers
from search.models import DocumentState, Frequency, SavedHit, SavedSearch, SearchDocument
from search.services import params_of, stop_token

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
    told = _tell_new(documents) if documents else 0
    DocumentState.objects.filter(pk__in=versions).update(alerted_version=F("version"))
    return told


def _tell_new(documents: list[SearchDocument]) -> int:
    found = found_by_searches(documents)
    pages = {pk for ids in found.values() for pk in ids}
    hits = SavedHit.objects.filter(search__in=found, page_id__in=pages)
    known = set(hits.values_list("search_id", "page_id"))
    by_id = {d.pk: d for d in documents}
    new = {s: [by_id[pk] for pk in ids if (s, pk) not in known] for s, ids in found.items()}
    new = {s: fresh for s, fresh in new.items() if fresh}
    searches = SavedSearch.objects.select_related("user", "organisation").in_bulk(new)
    return _keep({searches[pk]: fresh for pk, fresh in new.items() if pk in searches})


def _keep(new: dict[SavedSearch, list[SearchDocument]]) -> int:
    """Remember what is new for each search; tell it, or let it wait. The number of letters."""
    gathered = (Frequency.DAILY, Frequency.WEEKLY)
    SavedHit.objects.bulk_create(
        [
            SavedHit(search=s, page_id=d.pk, found_at=now(), is_waiting=s.frequency in gathered)
            for s, documents in new.items()
            for d in documents
        ],
        ignore_conflicts=True,
    )
    SavedSearch.objects.filter(pk__in=[search.pk for search in new]).update(last_hit_at=now())
    to_tell = [search for search in new if search.frequency == Frequency.AT_ONCE]
    for search in to_tell:
        _tell(search, new[search])
    return len(to_tell)


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
    sighted = viewers()
    told = 0
    due = SavedHit.objects.filter(is_waiting=True).filter(_due())
    for pk in list(due.order_by("search_id").values_list("search_id", flat=True).distinct()):
        told += _send_digest(pk, sighted)
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
def _send_digest(pk: int, sighted: dict) -> int:
    """One letter of one search. What its owner may not see any more is forgotten, and found again if it returns."""
    search = (
        SavedSearch.objects.select_for_update(of=("self",)).select_related("user", "organisation").get(pk=pk)
    )
    hits = SavedHit.objects.filter(_due(), search=search, is_waiting=True)
    pages = list(hits.values_list("page_id", flat=True))
    viewer = sighted.get((search.user_id, search.organisation_id))
    if not pages:
        return 0  # another run was first
    documents = []
    if viewer is not None:
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
