"""From the document table to Elasticsearch: changes as they come, and whole rebuilds behind an alias."""

import json
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Least, Now
from elasticsearch import Elasticsearch

from marketplace.alone import alone
from search.engines import client
from search.engines.mapping import MAPPING, SETTINGS
from search.models import DocumentState, SearchDocument

logger = logging.getLogger(__name__)
BATCH = 500
FILL_BYTES = 4_000_000
FILL_SECONDS = 180  # a new index may keep the worker waiting longer than a change does
MOST_REFUSED, MOST_REFUSED_SHARE = 10, 0.001  # more of them are the fault of the mapping
_DONE = {200, 201, 404, 409}  # 404: deleted already; 409: Elasticsearch holds a newer version
REBUILDING = 7_302_118  # the name of an advisory lock
# Not the fault of a document: a full disk, an index that is closed, gone or overloaded. Everything waits for it.
_TAKES_NOTHING = frozenset(
    {
        "cluster_block_exception",
        "es_rejected_execution_exception",
        "index_closed_exception",
        "index_not_found_exception",
        "unavailable_shards_exception",
    }
)


class IndexProblem(Exception):
    """An index that takes nothing, or a rebuild that could not be finished; the old index goes on answering."""


class RebuildRunning(IndexProblem):
    """Somebody else fills a new index now."""


def push() -> int:
    """Bring Elasticsearch up to the document table; the number of documents it took. Raises client.FAILURES when
    it does not answer: nothing is lost, the next run goes on. Without an index there is nothing to push into:
    a rebuild makes one."""
    if not client.configured():
        return 0
    pushed = 0
    while rows := _due():
        # Asked after the rows are read: a rebuild that begins later reads at least these versions itself.
        indices = written_indices()
        if not indices:
            rebuild()
            continue
        refused = {}
        for index in indices:
            refused |= _bulk(index, rows)
        _keep(rows, refused)
        pushed += len(rows) - len(refused)
        client.for_worker().indices.refresh(index=",".join(indices))
    return pushed


def _due() -> list[tuple]:
    """(page, version, is it gone, source) of the next documents to push; the text of the version itself."""
    states = (
        DocumentState.objects.to_push().filter(next_push_at__lte=Now()).order_by("next_push_at", "page_id")
    )
    rows = states.values_list("page_id", "version", "is_deleted")[:BATCH]
    gone = [(pk, version, True, "") for pk, version, is_deleted in rows if is_deleted]
    there = [pk for pk, _version, is_deleted in rows if not is_deleted]
    documents = SearchDocument.objects.filter(pk__in=there).values_list("page_id", "version", "source")
    return gone + [(pk, version, False, source) for pk, version, source in documents]


def written_indices(server: Elasticsearch | None = None) -> list[str]:
    """The index in use and, while a rebuild fills one, the new one as well."""
    answer = (
        (server or client.for_worker())
        .options(ignore_status=404)
        .indices.get_alias(name=client.write_alias())
    )
    return sorted(name for name in answer.body if isinstance(answer.body[name], dict))


def _lines(rows: Iterable[tuple]) -> Iterator[str]:
    for page_id, version, is_deleted, source in rows:
        meta = f'"_id":"{page_id}","version":{version},"version_type":"external_gte"'
        if not is_deleted:
            yield f'{{"index":{{{meta}}}}}\n{{"page_id":{page_id},{source[1:]}\n'
        else:
            yield f'{{"delete":{{{meta}}}}}\n'


def _bulk(index: str, rows: list[tuple]) -> dict[int, str]:
    """The documents that the index refuses for good or for now, with the reason."""
    answer = client.for_worker().bulk(
        index=index, operations="".join(_lines(rows)).encode(), filter_path="items.*.status,items.*.error,items.*._id,errors"
    )  # fmt: skip
    found = [next(iter(item.values())) for item in answer.body["items"]]
    away = [i["error"] for i in found if i.get("error", {}).get("type") in _TAKES_NOTHING]
    if away:
        raise IndexProblem(f"{index} takes no changes now: {json.dumps(away[0], ensure_ascii=False)}")
    return {int(i["_id"]): json.dumps(i.get("error", i)) for i in found if i["status"] not in _DONE}


def _keep(rows: list[tuple], refused: dict[int, str]) -> None:
    """Remember what was taken: of each document the version that was sent, which may be old by now."""
    taken = [(pk, version) for pk, version, _deleted, _source in rows if pk not in refused]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE search_documentstate d SET pushed_version = greatest(d.pushed_version, s.version),"
            " push_attempts = 0, push_error = ''"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS s(page_id, version) WHERE d.page_id = s.page_id",
            [[pk for pk, _version in taken], [version for _pk, version in taken]],
        )
        _set_aside(refused)


def _set_aside(refused: dict[int, str]) -> None:
    """Documents that an index refuses: shown with the reason on the operator's page, tried again ever more rarely."""
    for pk, reason in refused.items():
        row = DocumentState.objects.get(pk=pk)
        wait = timedelta(seconds=min(2 ** min(row.push_attempts + 1, 12), 3600))
        DocumentState.objects.filter(pk=pk).update(
            push_attempts=F("push_attempts") + 1,
            push_error=reason[:2000],
            next_push_at=Now() + wait,
            pushed_version=Least("pushed_version", F("version") - 1),  # an older index may have taken it
        )
        logger.error("Elasticsearch refuses document %s: %s", pk, reason)


def rebuild() -> int:
    """Fill a new index from the document table and switch to it; the number of documents. Searches go on in the
    old one; changes made meanwhile are written to both. Single documents that the new index refuses are set aside;
    a rebuild that fails, or of which more than a few are refused, deletes its half-made index."""
    server = client.for_worker().options(request_timeout=FILL_SECONDS)
    with one_at_a_time():
        name = (
            f"{settings.SEARCH_INDEX_PREFIX}_{time.strftime('%Y%m%d%H%M%S')}_{time.time_ns() % 1_000_000:06d}"
        )
        filling = {**SETTINGS, "refresh_interval": "-1", "number_of_replicas": 0}
        try:
            server.indices.create(
                index=name, settings=filling, mappings=MAPPING, aliases={client.write_alias(): {}}
            )  # in one step: what is killed from here on is found by its alias, and swept
            number, refused = fill(name)
            if len(refused) > max(MOST_REFUSED, MOST_REFUSED_SHARE * number):
                reasons = "; ".join(list(refused.values())[:3])
                raise IndexProblem(
                    f"{name} refuses {len(refused)} of {number + len(refused)} documents: {reasons}"
                )
            server.indices.put_settings(
                index=name, settings={"index.refresh_interval": SETTINGS["refresh_interval"]}
            )
            server.indices.refresh(index=name)
            _check(name, number)
            _switch(name)
            _set_aside(refused)
        except BaseException:
            server.options(ignore_status=404).indices.delete(index=name)
            raise
    return number


def fill(index: str) -> tuple[int, dict[int, str]]:
    """Copy all documents into an index, in the order of their ids, a few megabytes to a request; how many it took, and
    which it refused, with the reason. Two requests are under way at a time, so that Elasticsearch works on one while
    the other travels."""
    number, refused, under_way = 0, {}, deque()
    with ThreadPoolExecutor(max_workers=2) as pool:
        for sent, operations in _portions():
            under_way.append((sent, pool.submit(_send, index, operations)))
            if len(under_way) > 2:
                number += _filled(*under_way.popleft(), refused)
        while under_way:
            number += _filled(*under_way.popleft(), refused)
    return number, refused


def _portions() -> Iterator[tuple[list[tuple[int, int]], bytes]]:
    """(page, version) of the documents of one request, and its body."""
    sent: list[tuple[int, int]] = []
    parts, size = [], 0
    for row in _stored():
        line = next(_lines([row])).encode()
        parts.append(line)
        sent.append(row[:2])
        size += len(line)
        if size > FILL_BYTES:
            yield sent, b"".join(parts)
            sent, parts, size = [], [], 0
    if parts:
        yield sent, b"".join(parts)


def _send(index: str, operations: bytes) -> list[dict]:
    """What came of the documents that were not simply taken. A request that a busy server does not answer in time is
    sent once more: documents that it took meanwhile are of the same version and do no harm."""
    server = client.for_worker().options(request_timeout=FILL_SECONDS, max_retries=1, retry_on_timeout=True)
    answer = server.bulk(index=index, operations=operations, filter_path="errors,items.*.error,items.*._id")
    if not answer.body["errors"]:
        return []
    return [part for item in answer.body["items"] for part in item.values() if "error" in part]


def _filled(sent: list[tuple[int, int]], answer: Future, refused: dict[int, str]) -> int:
    """A conflict means that a newer version is there already, written by the worker meanwhile."""
    problems = [p for p in answer.result() if p["error"].get("type") != "version_conflict_engine_exception"]
    if away := [p["error"] for p in problems if p["error"].get("type") in _TAKES_NOTHING]:
        raise IndexProblem(json.dumps(away[:3], ensure_ascii=False))
    set_aside = {int(p["_id"]): json.dumps(p["error"], ensure_ascii=False) for p in problems}
    refused |= set_aside
    taken = [(pk, version) for pk, version in sent if pk not in set_aside]
    _mark_filled(taken)
    return len(taken)


def _stored() -> Iterator[tuple]:
    """All documents in the order of their ids, in portions: a cursor over all of them would be kept on disk."""
    last = -(2**63)
    rows = SearchDocument.objects.order_by("page_id").values_list("page_id", "version", "source")
    while portion := list(rows.filter(page_id__gt=last)[:2000]):
        for page_id, version, source in portion:
            yield page_id, version, False, source
        last = portion[-1][0]


def _mark_filled(sent: list[tuple[int, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE search_documentstate d SET pushed_version = s.version"
            " FROM unnest(%s::bigint[], %s::bigint[]) AS s(page_id, version)"
            " WHERE d.page_id = s.page_id AND d.pushed_version < s.version",
            [[pk for pk, _version in sent], [version for _pk, version in sent]],
        )


def _check(index: str, number: int) -> None:
    """The new index holds what was sent, but for what was withdrawn or published meanwhile."""
    there = client.for_worker().count(index=index).body["count"]
    if there < number * 0.99 - 10:
        raise IndexProblem(f"{index} holds {there} of {number} documents")


def _switch(name: str) -> None:
    """Let searches read the new index, in one step, and delete the old ones."""
    server = client.for_worker()
    pattern = f"{settings.SEARCH_INDEX_PREFIX}_2*"
    old = [
        index for index in server.options(ignore_status=404).indices.get(index=pattern).body if index != name
    ]
    actions: list[dict] = [{"add": {"index": name, "alias": client.read_alias()}}]
    actions += [{"remove_index": {"index": index}} for index in old]
    server.indices.update_aliases(actions=actions)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Raises RebuildRunning where another process rebuilds or sweeps."""
    with alone(REBUILDING) as mine:
        if not mine:
            raise RebuildRunning("another rebuild is running")
        yield


def reconcile_index() -> int:
    """Compare (id, version) of the document table and the index, both ways, and queue what differs; the number.
    An index that is ahead belongs to a database that was restored: our version is raised above it."""
    if not client.configured() or not written_indices():
        return 0
    stale, strangers = differing()
    _queue_again(stale)
    for index in written_indices():
        for start in range(0, len(strangers), 1000):
            part = strangers[start : start + 1000]
            operations = "".join(f'{{"delete":{{"_id":"{pk}"}}}}\n' for pk in part)
            client.for_worker().bulk(index=index, operations=operations.encode())
    return len(stale) + len(strangers)


def differing() -> tuple[list[tuple[int, int]], list[int]]:
    """(page, the version that ours must have) of documents that the index holds in another version, lacks or should
    not hold any more; and what it holds of pages that we never knew."""
    theirs = dict(_versions())
    ours = DocumentState.objects.values_list("page_id", "version", "is_deleted")
    stale, known = [], set()
    for page_id, version, is_deleted in ours:
        known.add(page_id)
        there = theirs.get(page_id)
        if (there is not None) if is_deleted else there != version:
            stale.append((page_id, version if (there or 0) <= version else there + 1))
    return stale, [pk for pk in theirs if pk not in known]


def _queue_again(stale: list[tuple[int, int]]) -> None:
    """Push these once more, with at least these versions."""
    arrays = [[pk for pk, _version in stale], [version for _pk, version in stale]]
    both = "FROM unnest(%s::bigint[], %s::bigint[]) AS s(page_id, version) WHERE d.page_id = s.page_id"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE search_documentstate d SET version = greatest(d.version, s.version), pushed_version = -1,"
            f" next_push_at = now() {both}",
            arrays,
        )
        cursor.execute(
            f"UPDATE search_searchdocument d SET version = greatest(d.version, s.version) {both}"
            " AND d.version < s.version",
            arrays,
        )


def _versions() -> Iterator[tuple[int, int]]:
    server, after = client.for_worker(), None
    server.indices.refresh(index=client.read_alias())
    while True:
        body = {"size": 5000, "version": True, "_source": False, "sort": [{"page_id": "asc"}]}
        if after is not None:
            body["search_after"] = after
        hits = server.search(index=client.read_alias(), body=body).body["hits"]["hits"]
        if not hits:
            return
        for hit in hits:
            yield int(hit["_id"]), hit["_version"]
        after = hits[-1]["sort"]
