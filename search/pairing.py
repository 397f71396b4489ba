"""Needs and listings that fit each other: told once, for ever, to the side that was there before.

A page that is new, or has changed, is compared with the other side. A pair is worth a letter where each is among the
best few for the other, and both name the same things (matching.is_close); so there is no score to be tuned.
"""

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import override

from marketplace.clock import now
from marketplace.notifications.services import notify
from marketplace.organisations.acting import addressed
from marketplace.organisations.models import Mandate, Membership, Organisation
from marketplace.organisations.roles import allowed
from search.engines import Likeness, answer
from search.matching import is_close, likeness_of, reasons
from search.models import DocumentState, Kind, MatchedPair, MatchLetters, SearchDocument
from search.services import match_stop_token
from search.viewer import Viewer

SECONDS = 10.0  # for an answer: nobody waits for a page here, only other tasks
BATCH = 10  # pages in one transaction: each asks the engine several times
BEST = 5  # how many of the other side a page may be told of at a time, and among how many it must itself be
NAMED = 5  # pages in a letter
_HEAVY = ("words", "characters", "source")
_OTHER = {Kind.LISTING: Kind.NEED, Kind.NEED: Kind.LISTING}
Waiting = dict[int, list[SearchDocument]]  # by the page that was there before: what is new for it


def run(seconds: float = float("inf")) -> int:
    """Tell whose page was there before of new pages that fit it; the number of letters. Begins no further page after
    so many seconds: what is published meanwhile must not wait for a large import, and the next run goes on."""
    told, until = 0, time.monotonic() + seconds
    while states := list(DocumentState.objects.to_match().order_by("page_id")[:BATCH]):
        told += _run_batch([state.pk for state in states], until)
        if time.monotonic() >= until:
            break
    return told


@transaction.atomic
def _run_batch(ids: list[int], until: float) -> int:
    """One transaction: pairs, letters and the mark that these pages are done, or none of it; at least one page."""
    locked = DocumentState.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    versions = {state.pk: state.version for state in locked if state.matched_version < state.version}
    pages = SearchDocument.objects.filter(pk__in=versions, kind__in=list(_OTHER)).defer(*_HEAVY)
    before: dict[int, SearchDocument] = {}
    new: Waiting = defaultdict(list)
    # Listings first: where both are new, the one who looks for something is told.
    waiting = deque(sorted(pages, key=lambda page: (page.kind != Kind.LISTING, page.pk)))
    while waiting:
        page = waiting.popleft()
        for other in _fitting(page):
            if _remember(page, other):
                before[other.pk] = other
                new[other.pk].append(page)
        if time.monotonic() >= until:
            break
    told = sum(_tell(before[pk], fresh) for pk, fresh in new.items())
    done = versions.keys() - {page.pk for page in waiting}
    DocumentState.objects.filter(pk__in=done).update(matched_version=F("version"))
    return told


def _fitting(page: SearchDocument) -> list[SearchDocument]:
    """What was there before and fits the page. Its owner must be allowed to see the page; and who looks for something
    must be allowed to see the listing, else nothing can come of it."""
    [found] = _alike([likeness_of(page, (_OTHER[Kind(page.kind)],), None)])
    others = SearchDocument.objects.defer(*_HEAVY).in_bulk([pk for pk, _score in found])
    owners = {page.organisation_id, *(other.organisation_id for other in others.values())}
    viewers = {
        owner.pk: Viewer(owner.pk, owner.is_verified) for owner in Organisation.objects.filter(pk__in=owners)
    }
    mine = viewers.get(page.organisation_id)
    close: list[tuple[SearchDocument, Viewer]] = []
    for other in (others[pk] for pk, _score in found if pk in others):
        theirs = viewers.get(other.organisation_id)
        if mine is None or theirs is None or theirs == mine or not _sees(theirs, page):
            continue
        if page.kind == Kind.NEED and not _sees(mine, other):
            continue
        if is_close(other, page):
            close.append((other, theirs))
    best = _alike([likeness_of(other, (page.kind,), theirs) for other, theirs in close])
    return [other for (other, _theirs), ranked in zip(close, best, strict=True) if page.pk in dict(ranked)]


def _sees(viewer: Viewer, page: SearchDocument) -> bool:
    return not set(viewer.keys).isdisjoint(page.audience)


def _alike(questions: Sequence[Likeness]) -> list[list[tuple[int, float]]]:
    found, _is_substitute = answer(lambda engine: engine.alike(questions, BEST), SECONDS)
    return found


def _remember(page: SearchDocument, other: SearchDocument) -> bool:
    """Keep the pair; False if it was known."""
    need, listing = (page, other) if page.kind == Kind.NEED else (other, page)
    _pair, is_new = MatchedPair.objects.get_or_create(
        need_id=need.pk, listing_id=listing.pk, defaults={"found_at": now()}
    )
    return is_new


def _tell(before: SearchDocument, new: list[SearchDocument]) -> int:
    """One letter to the people of the page that was there before, and one to each agency that acts for them."""
    owner = Organisation.objects.get(pk=before.organisation_id)
    told = int(_tell_house(owner, None, before, new))
    if before.institution:  # whose owner stays unnamed is not named to an agency either
        for mandate in (
            Mandate.objects.in_force().filter(client=owner).select_related("agency").order_by("pk")
        ):
            told += _tell_house(mandate.agency, owner, before, new)
    return told


def _tell_house(
    house: Organisation, client: Organisation | None, before: SearchDocument, new: Iterable[SearchDocument]
) -> bool:
    """`client`: for whom the house acts; None where the page is its own."""
    viewer = Viewer(house.pk, house.is_verified)
    seen = [page for page in new if _sees(viewer, page)]
    readers = _readers(house)
    if not seen or not readers or not _sees(viewer, before):
        return False
    for reader in readers:  # each has a way out of their own
        notify(
            [addressed(reader, house)],
            "search/new_matches",
            path=_path(before, seen, client),
            stop_path=reverse("match_stop", args=[match_stop_token(reader, house)]),
            page=before,
            client=client,
            is_need=before.kind == Kind.NEED,
            # Said in the language that a letter is rendered in
            matches=[(page, lazy(_why, str)(before, page)) for page in seen[:NAMED]],
            count=len(seen),
            more=max(0, len(seen) - NAMED),
        )
    return True


def _path(before: SearchDocument, seen: list[SearchDocument], client: Organisation | None) -> str:
    """To the only new page; else to the page that was there before, which shows them all, or the list of matches."""
    with override("en"):
        if len(seen) == 1:
            return seen[0].get_absolute_url()
        return reverse("matches") if client else before.get_absolute_url()


def _why(before: SearchDocument, page: SearchDocument) -> str:
    return " · ".join(reasons([(before, page)])[0])


def _readers(house: Organisation) -> list:
    stopped = MatchLetters.objects.filter(organisation=house).values("user")
    rows = Membership.objects.filter(organisation=house, user__is_active=True).exclude(user__in=stopped)
    return [
        row.user for row in rows.select_related("user").order_by("pk") if allowed("match.told", row.roles)
    ]
