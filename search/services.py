"""Saving searches and pages, and giving changes that failed another round."""

from django.core import signing
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.translation import gettext as _

from marketplace.accounts.models import User
from marketplace.audit.services import record
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import NotPermitted, Refused
from search.engines.database import DatabaseEngine
from search.finding import read_query
from search.models import (
    DocumentState,
    Frequency,
    MatchLetters,
    OutboxRow,
    SavedHit,
    SavedPage,
    SavedSearch,
    SearchDocument,
)
from search.params import SearchParams
from search.viewer import viewer_of

MOST_SEARCHES = 50
MOST_PAGES = 500
_STOP = "saved-search-stop"
_STOP_MATCHES = "match-stop"


def params_of(search: SavedSearch) -> SearchParams:
    return SearchParams.from_query(QueryDict(search.query))


@transaction.atomic
def save_search(*, actor: Acting, query: str, name: str, frequency: str = Frequency.AT_ONCE) -> SavedSearch:
    """Keep a search for a person, for the organisation they act for. What it finds now is known and never told.
    Saving the same search again changes its name and when it tells. Raises NotPermitted for visitors, Refused past
    MOST_SEARCHES."""
    if actor.user is None:
        raise NotPermitted(_("Sign in to save a search."))
    own = SavedSearch.objects.filter(user=actor.user, organisation=actor.organisation)
    existing = own.filter(query=query).first()
    if existing is None and own.count() >= MOST_SEARCHES:
        raise Refused(_("You have saved 50 searches already. Delete one that you no longer need."))
    search, created = SavedSearch.objects.update_or_create(
        user=actor.user,
        organisation=actor.organisation,
        query=query,
        defaults={"name": name, "frequency": frequency},
    )
    if created:
        params = params_of(search)
        known = DatabaseEngine().matching(params, read_query(params.q), viewer_of(actor))
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO search_savedhit (search_id, page_id, found_at)"
                " SELECT %s, unnest(%s::bigint[]), now() ON CONFLICT DO NOTHING",
                [search.pk, known],
            )
    return search


@transaction.atomic
def set_frequency(search: SavedSearch, *, actor: Acting, frequency: str) -> SavedSearch:
    """Choose when one's own search tells. While it tells nothing new hits are kept as known, and not told later;
    what waits for a digest follows the new choice."""
    _own(search, actor)
    return _tell(search, frequency)


@transaction.atomic
def stop_alerts(token: str) -> SavedSearch:
    """Switch a search off by the link of its letters, whoever holds it. Raises SavedSearch.DoesNotExist for a link
    that is not ours, or whose search was deleted."""
    return _tell(stopped_by(token), Frequency.NEVER)


def stop_token(search: SavedSearch) -> str:
    return signing.dumps(search.pk, salt=_STOP)


def stopped_by(token: str) -> SavedSearch:
    """The search that a link switches off; it holds for ever, as letters are kept."""
    try:
        pk = signing.loads(token, salt=_STOP)
    except signing.BadSignature:
        raise SavedSearch.DoesNotExist from None
    return SavedSearch.objects.get(pk=pk)


def match_stop_token(user: User, organisation: Organisation) -> str:
    return signing.dumps([user.pk, organisation.pk], salt=_STOP_MATCHES)


def read_match_token(token: str) -> tuple[User, Organisation]:
    """Whose letters about matches a link ends. Raises User.DoesNotExist for a link that is not ours any more."""
    try:
        user, organisation = signing.loads(token, salt=_STOP_MATCHES)
        return User.objects.get(pk=user), Organisation.objects.get(pk=organisation)
    except (signing.BadSignature, Organisation.DoesNotExist):
        raise User.DoesNotExist from None


def tell_matches(user: User, organisation: Organisation, *, wanted: bool) -> None:
    """Whether a person is told of matches as one of an organisation; the list of matches is there in any case."""
    stopped = MatchLetters.objects.filter(user=user, organisation=organisation)
    if wanted:
        stopped.delete()
    elif not stopped.exists():
        MatchLetters.objects.bulk_create(
            [MatchLetters(user=user, organisation=organisation)], ignore_conflicts=True
        )


def _tell(search: SavedSearch, frequency: str) -> SavedSearch:
    search.frequency = Frequency(frequency)
    search.save(update_fields=["frequency"])
    if frequency == Frequency.NEVER:
        SavedHit.objects.filter(search=search, is_waiting=True).update(is_waiting=False)
    return search


@transaction.atomic
def delete_search(search: SavedSearch, *, actor: Acting) -> None:
    _own(search, actor)
    SavedHit.objects.filter(search=search).delete()
    search.delete()


def _own(search: SavedSearch, actor: Acting) -> None:
    if actor.user is None or search.user_id != actor.user.pk:
        raise NotPermitted()


@transaction.atomic
def save_page(document: SearchDocument, *, actor: Acting) -> None:
    """Keep a page at hand for a person, for the organisation they act for; saved again it stays as it was. Raises
    NotPermitted for visitors, Refused past MOST_PAGES."""
    if actor.user is None:
        raise NotPermitted(_("Sign in to save a page."))
    own = SavedPage.objects.visible_to(actor)
    if not own.filter(page_id=document.pk).exists() and own.count() >= MOST_PAGES:
        raise Refused(_("You have saved 500 pages already. Take out some that you no longer need."))
    new = SavedPage(user=actor.user, organisation=actor.organisation, page_id=document.pk)
    SavedPage.objects.bulk_create([new], ignore_conflicts=True)


def take_out_page(page_id: int, *, actor: Acting) -> None:
    """Take a page out of one's own saved ones, whether it is still offered or not."""
    SavedPage.objects.visible_to(actor).filter(page_id=page_id).delete()


@transaction.atomic
def retry_dead(*, actor: Acting) -> int:
    """Give changes that failed too often, and documents that the index refused, another round now; the number of
    both. Recorded in the audit trail."""
    permit(actor, "search.keep", actor.organisation)
    number = OutboxRow.objects.filter(is_dead=True).update(is_dead=False, attempts=0, next_try_at=Now())
    refused = DocumentState.objects.to_push().exclude(push_error="")
    number += refused.update(push_attempts=0, next_push_at=Now())
    record(actor, "search.retried", actor.organisation, rows=number)
    return number
