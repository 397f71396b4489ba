"""From changed pages to documents: the outbox is drained into the document table, in the same way for both engines.

    trigger → OutboxRow → drain() → SearchDocument (version + 1) → push() → Elasticsearch
                                                                 → alerts.run()

Each arrow is safe to be cut: what is left to do is read from the database, never remembered.
"""

import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from search.documents import facts_of_pages
from search.facts import SHAPE, Facts, document, suggestion_rows
from search.models import DocumentState, OutboxRow, SearchDocument, Suggestion

logger = logging.getLogger(__name__)
BATCH = 500
MAX_ATTEMPTS = 8
_COLUMNS = [f.name for f in SearchDocument._meta.concrete_fields if f.name != "page_id"]
PAGES = " UNION ALL ".join(
    f"SELECT page_ptr_id AS id FROM {table}"
    for table in ("cms_listingpage", "cms_needpage", "cms_servicepage", "cms_institutionpage")
)
# Pages of enterprises, which only hold their needs, are live and have no document (search.documents).
_DIFFERENT = f"""
    FROM (
        SELECT w.id FROM wagtailcore_page w JOIN ({PAGES}) m ON m.id = w.id WHERE w.live AND w.id NOT IN (
            SELECT i.page_ptr_id FROM cms_institutionpage i
            JOIN organisations_organisation o ON o.id = i.organisation_id WHERE o.kind IN ('ENTERPRISE', 'OPERATOR')
        )
    ) p
    FULL JOIN search_searchdocument d ON d.page_id = p.id
    WHERE p.id IS NULL OR d.page_id IS NULL OR d.shape <> %s
"""


def drain(then: Callable[[], object] = lambda: None) -> int:
    """Bring the documents of waiting pages up to date, a batch to a transaction, until nothing is due; the number
    of pages. `then` is called after each batch, so that the first pages of many need not wait for the last. Several
    workers may drain at once. A page that cannot be read is tried again later."""
    done = 0
    while batch := _drain_batch():
        done += batch
        then()
    return done


def _drain_batch() -> int:
    """The pages of the oldest rows, with all that waits of them: a page that was changed in many places is made once."""
    with transaction.atomic():
        due = OutboxRow.objects.select_for_update(skip_locked=True).filter(
            is_dead=False, next_try_at__lte=Now()
        )
        rows = list(due.order_by("id")[:BATCH])
        if not rows:
            return 0
        pages = {row.page_id for row in rows}
        if len(rows) == BATCH:
            rows += due.filter(page_id__in=pages).exclude(pk__in=[row.pk for row in rows])
        try:
            with transaction.atomic():
                refresh(pages)
        except Exception:
            logger.exception("A batch of %s pages could not be indexed; trying them one by one", len(pages))
            _one_by_one(rows)
        else:
            OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
        return len(pages)


def _one_by_one(rows: list[OutboxRow]) -> None:
    """One bad page must not hold up the others: its rows wait longer each time, and are dead after MAX_ATTEMPTS."""
    by_page: dict[int, list[OutboxRow]] = defaultdict(list)
    for row in rows:
        by_page[row.page_id].append(row)
    for page, own in by_page.items():
        try:
            with transaction.atomic():
                refresh([page])
        except Exception:
            for row in own:
                attempts = row.attempts + 1
                OutboxRow.objects.filter(pk=row.pk).update(
                    attempts=attempts,
                    error=traceback.format_exc()[-2000:],
                    is_dead=attempts >= MAX_ATTEMPTS,
                    next_try_at=Now() + _backoff(attempts),
                )
        else:
            OutboxRow.objects.filter(pk__in=[row.pk for row in own]).delete()


def _backoff(attempts: int) -> timedelta:
    return timedelta(seconds=min(2**attempts, 600))


def refresh(page_ids: Iterable[int]) -> None:
    """Make the documents of these pages anew, from what the pages say now. Their states are locked before the pages
    are read: of two workers the later one reads the later state and writes the higher version."""
    ids = sorted(set(page_ids))
    versions = lock(ids)
    facts = facts_of_pages(ids)
    store(facts.values(), versions)
    remove([pk for pk in ids if pk not in facts and versions[pk]])
    DocumentState.objects.filter(pk__in=ids, version=0).delete()  # drafts that were never published


def lock(ids: list[int]) -> dict[int, int]:
    """Lock the states of documents in the order of their ids, making those that are missing; their versions."""
    DocumentState.objects.bulk_create([DocumentState(page_id=pk) for pk in ids], ignore_conflicts=True)
    states = DocumentState.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    return dict(states.values_list("pk", "version"))


def store(facts: Iterable[Facts], versions: dict[int, int]) -> None:
    """Write documents whose states are locked, with the next version, and what is suggested of them."""
    facts = list(facts)
    if not facts:
        return
    rows = [document(f) for f in facts]
    for row in rows:
        row.version = versions[row.page_id] + 1
    ids = [row.page_id for row in rows]
    SearchDocument.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["page_id"], update_fields=_COLUMNS
    )
    Suggestion.objects.filter(document__in=ids).delete()
    Suggestion.objects.bulk_create([row for f in facts for row in suggestion_rows(f)], batch_size=2000)
    _raise_version(ids, is_deleted=False)


def remove(ids: list[int]) -> None:
    """Take documents away whose states are locked; the states stay as tombstones."""
    SearchDocument.objects.filter(pk__in=ids).delete()
    _raise_version(ids, is_deleted=True)


def _raise_version(ids: list[int], *, is_deleted: bool) -> None:
    DocumentState.objects.filter(pk__in=ids).update(
        version=F("version") + 1,
        is_deleted=is_deleted,
        next_push_at=Now(),
        push_attempts=0,
        push_error="",
    )


def reconcile_documents() -> int:
    """Queue pages whose document is missing, left over, or of an older shape; the number of them. Triggers should
    leave nothing to find here; a restored backup or a new version of this code does."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO search_outboxrow (page_id) SELECT coalesce(p.id, d.page_id) {_DIFFERENT}", [SHAPE]
        )
        return cursor.rowcount


def drift() -> int:
    """How many pages reconcile_documents() would queue."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_DIFFERENT}", [SHAPE])
        return cursor.fetchone()[0]


def queue_all() -> int:
    """Queue every page that is published or has a document."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO search_outboxrow (page_id) SELECT id FROM ({PAGES}) p"
            " UNION SELECT page_id FROM search_searchdocument"
        )
        return cursor.rowcount


def waiting() -> dict[str, int]:
    """The state of the pipeline, for the operator's page: rows waiting and dead, documents waiting and refused."""
    outbox = OutboxRow.objects.all()
    documents = DocumentState.objects.to_push()
    return {
        "waiting": outbox.filter(is_dead=False).count(),
        "dead": outbox.filter(is_dead=True).count(),
        "to_push": documents.count(),
        "refused": documents.filter(~Q(push_error="")).count(),
    }
