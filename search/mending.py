"""The index as the document table says it should be, whatever happened to it: deleted, emptied, half made and left.

every drain          ensure_index()   one that can be searched is there
every few minutes    mend()           nothing half made lies about, the number of documents is right
every night          pushing.reconcile_index() compares version by version
"""

import logging

from search import pushing
from search.engines import client
from search.models import DocumentState

logger = logging.getLogger(__name__)


def ensure_index() -> bool:
    """Fill a new index where none can be searched, or where an empty one stands for documents that it took; whether
    there was need to. Raises what pushing.rebuild raises; somebody else's rebuild is left to finish."""
    if not client.configured() or not _is_lost():
        return False
    logger.error("The search index is gone or empty; a new one is filled")
    try:
        pushing.rebuild()
    except pushing.RebuildRunning:
        return False
    return True


def mend() -> int:
    """Look after the index; the number of documents that were queued or thrown out. What waits to be pushed is no
    difference yet."""
    if not client.configured() or ensure_index():
        return 0
    sweep()
    if DocumentState.objects.to_push().filter(push_error="").exists() or documents() == _expected():
        return 0
    number = pushing.reconcile_index()
    logger.error("The search index had lost or kept documents it should not: %s mended", number)
    pushing.push()
    return number


def sweep() -> list[str]:
    """Delete the half-made indices that a killed rebuild left, and that every change would be written to for ever."""
    try:
        with pushing.one_at_a_time():
            server, read = client.for_worker(), set(read_indices())
            left = [name for name in pushing.written_indices() if name not in read] if read else []
            for name in left:
                server.options(ignore_status=404).indices.delete(index=name)
    except pushing.RebuildRunning:
        return []
    if left:
        logger.warning("Deleted what a killed rebuild left: %s", ", ".join(left))
    return left


def read_indices() -> list[str]:
    """The index that searches read; none before the first rebuild, or when it was deleted."""
    answer = client.for_worker().options(ignore_status=404).indices.get_alias(name=client.read_alias())
    return sorted(name for name in answer.body if isinstance(answer.body[name], dict))


def documents() -> int:
    return client.for_worker().count(index=client.read_alias()).body["count"]


def _is_lost() -> bool:
    taken = DocumentState.objects.filter(is_deleted=False, pushed_version__gt=0)
    if not read_indices():
        return DocumentState.objects.filter(is_deleted=False).exists()
    return taken.exists() and documents() == 0


def _expected() -> int:
    return DocumentState.objects.filter(is_deleted=False, pushed_version__gt=0).count()
