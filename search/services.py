"""Saving searches, and giving changes that failed another round."""

from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.organisations.acting import Acting, permit
from marketplace.refusals import NotPermitted, Refused
from search.engines.database import DatabaseEngine
from search.finding import read_query
from search.models import DocumentState, OutboxRow, SavedHit, SavedSearch
from search.params import SearchParams
from search.viewer import viewer_of

MOST_SEARCHES = 50


def params_of(search: SavedSearch) -> SearchParams:
    return SearchParams.from_query(QueryDict(search.query))


@transaction.atomic
def save_search(*, actor: Acting, query: str, name: str, alert: bool = True) -> SavedSearch:
    """Keep a search for a person, for the organisation they act for. What it finds now is known and never told.
    Saving the same search again changes its name and alert. Raises NotPermitted for visitors, Refused past
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
        defaults={"name": name, "alert": alert},
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
def set_alert(search: SavedSearch, *, actor: Acting, alert: bool) -> SavedSearch:
    """Switch the alert of one's own search. While it is off new hits are kept as known, and not told later."""
    _own(search, actor)
    search.alert = alert
    search.save(update_fields=["alert"])
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
def retry_dead(*, actor: Acting) -> int:
    """Give changes that failed too often, and documents that the index refused, another round now; the number of
    both. Recorded in the audit trail."""
    permit(actor, "search.keep", actor.organisation)
    number = OutboxRow.objects.filter(is_dead=True).update(is_dead=False, attempts=0, next_try_at=Now())
    refused = DocumentState.objects.to_push().exclude(push_error="")
    number += refused.update(push_attempts=0, next_push_at=Now())
    record(actor, "search.retried", actor.organisation, rows=number)
    return number
