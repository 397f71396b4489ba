"""How search stands: which engine answers, from what index, how far behind, and what a person has to see to."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from django.db.models import F, Min
from django.utils import timezone

from search import indexing, pushing
from search.engines import client
from search.engines.mapping import FINGERPRINT
from search.models import DocumentState, OutboxRow, SearchDocument

LATE_SECONDS = 300  # a change that waits longer than this is held up by something


@dataclass(frozen=True)
class Index:
    """The index that searches read. `fingerprint` is of the mapping and analysers that it was made with."""

    name: str
    made_at: datetime
    documents: int
    fingerprint: str
    others: tuple[str, ...] = ()  # being filled now, or left by a rebuild that was killed

    @property
    def is_current(self) -> bool:
        return self.fingerprint == FINGERPRINT

    @property
    def age_seconds(self) -> int:
        return int((timezone.now() - self.made_at).total_seconds())


@dataclass(frozen=True)
class Status:
    engine: str
    documents: int
    waiting: dict[str, int]
    lag_seconds: int  # of the change that has waited longest
    drift_documents: int  # pages whose document is missing, left over or of older code
    index: Index | None = None
    index_error: str = ""
    drift_index: int | None = None  # documents of which the index holds another version; None: not compared
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict:
        """Of plain values; times as ISO 8601."""
        found = asdict(self)
        if self.index is not None:
            found["index"] |= {
                "made_at": self.index.made_at.isoformat(),
                "age_seconds": self.index.age_seconds,
                "is_current": self.index.is_current,
            }
        return found | {"code_fingerprint": FINGERPRINT}


def status(*, compare: bool = False) -> Status:
    """What is known now; `compare` also holds every version in the index against ours, which takes a while for
    large markets. Never raises because of Elasticsearch."""
    configured = client.configured()
    waiting = indexing.waiting()
    if not configured:
        waiting |= {"to_push": 0, "refused": 0}
    index, error, drift = None, "", None
    if configured:
        try:
            with client.within(client.PAGE_SECONDS):
                index = read_index()
            if index and compare:
                drift = sum(len(part) for part in pushing.differing())
        except client.FAILURES as problem:
            error = str(problem) or type(problem).__name__
    found = Status(
        engine="elasticsearch" if configured else "database",
        documents=SearchDocument.objects.count(),
        waiting=waiting,
        lag_seconds=_lag(configured),
        drift_documents=indexing.drift(),
        index=index,
        index_error=error,
        drift_index=drift,
    )
    found.problems.extend(_problems(found))
    return found


def read_index() -> Index | None:
    """The index in use; None where there is none. Raises client.FAILURES."""
    server = client.for_pages()
    answer = server.options(ignore_status=404).indices.get(index=client.read_alias()).body
    if "error" in answer:
        return None
    name, found = next(iter(answer.items()))
    return Index(
        name=name,
        made_at=datetime.fromtimestamp(int(found["settings"]["index"]["creation_date"]) / 1000, UTC),
        documents=server.count(index=name).body["count"],
        fingerprint=found["mappings"].get("_meta", {}).get("fingerprint", ""),
        others=tuple(other for other in pushing.written_indices(server) if other != name),
    )


def _lag(configured: bool) -> int:
    oldest = [OutboxRow.objects.filter(is_dead=False).aggregate(at=Min("created_at"))["at"]]
    if configured:
        behind = DocumentState.objects.filter(pushed_version__lt=F("version"), push_error="")
        oldest.append(behind.aggregate(at=Min("next_push_at"))["at"])
    waits = [(timezone.now() - at).total_seconds() for at in oldest if at is not None]
    return max(0, int(max(waits, default=0)))


def _problems(found: Status) -> list[str]:
    """What somebody has to do something about, in English: for the command line and logs."""
    checks = [
        (
            found.index_error,
            f"Elasticsearch does not answer, the database answers instead: {found.index_error}",
        ),
        (
            found.engine == "elasticsearch" and not found.index and not found.index_error,
            "There is no index, the database answers instead: run manage.py reindex, or wait for the worker.",
        ),
        (
            found.index and not found.index.is_current,
            "The mapping changed since the index was made: run manage.py reindex --if-needed.",
        ),
        (
            found.drift_documents,
            f"{found.drift_documents} pages have no document, one too many or one of older code: run manage.py reindex --if-needed.",
        ),
        (
            found.drift_index,
            f"The index differs in {found.drift_index} documents; the nightly comparison mends it.",
        ),
        (
            found.waiting["dead"],
            f"{found.waiting['dead']} changes were given up: see the page State of search.",
        ),
        (
            found.waiting["refused"],
            f"Elasticsearch refuses {found.waiting['refused']} documents: see the page State of search.",
        ),
        (
            found.lag_seconds > LATE_SECONDS,
            f"A change has waited for {found.lag_seconds} s: is the worker running, does the index take changes?",
        ),
    ]
    return [text for is_so, text in checks if is_so]
