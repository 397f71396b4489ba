"""What the worker does for search. Each may run twice, or never: the next run finds what is left."""

import logging

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down

from marketplace.celery import nudge
from search import alerts, indexing, listening, mending, pairing, pushing
from search.engines import client
from search.models import DocumentState

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def drain_outbox() -> None:
    """Bring documents, the index and alerts up to what was published."""
    taken = True

    def follow() -> None:
        nonlocal taken
        taken = taken and _into_index()  # a server that does not answer is not waited for at each batch

    indexing.drain(then=follow)
    follow()  # also what waits of an earlier run
    alerts.run()
    if DocumentState.objects.to_match().exists():
        nudge(match_pages)


def _into_index() -> bool:
    try:
        pushing.push()
        mending.ensure_index()
    except (*client.FAILURES, pushing.IndexProblem):
        logger.warning("Elasticsearch did not take the changes; they wait", exc_info=True)
        return False
    return True


@shared_task(ignore_result=True)
def match_pages() -> None:
    """Tell needs and listings of each other, for a moment: the next drain goes on with what is left."""
    pairing.run(seconds=2)


@shared_task(ignore_result=True)
def send_alert_digests() -> None:
    """Daily and weekly letters of saved searches, once their hour has come."""
    alerts.send_digests()


@shared_task(ignore_result=True)
def watch_index() -> None:
    """Every few minutes: mend an index that was deleted, emptied, half made, or lost documents."""
    try:
        mending.mend()
    except (*client.FAILURES, pushing.IndexProblem):
        logger.warning("The index could not be looked after; the next run will", exc_info=True)


@shared_task(ignore_result=True)
def reconcile() -> None:
    """Every night: compare pages with documents, documents with the index, and mend what differs."""
    pages = indexing.reconcile_documents()
    indexing.drain()
    mending.ensure_index()
    documents = pushing.reconcile_index()
    if pages or documents:
        logger.warning("Reconciled %s pages and %s documents", pages, documents)
    pushing.push()


@worker_ready.connect
def start_listening(sender=None, **kwargs) -> None:
    listening.start(drain_outbox)


@worker_shutting_down.connect
def stop_listening(sender=None, **kwargs) -> None:
    listening.stop()
