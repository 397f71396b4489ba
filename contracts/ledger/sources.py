"""Where entries come from: each later step registers its facts and how they are booked, so that booking and
checking read the same description."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import translation

from contracts.batches import batches, work_off
from contracts.ledger.models import Entry, Unbooked
from contracts.ledger.services import Fact, Line, post_many
from marketplace.organisations.models import Organisation

Booking = tuple[Organisation, date, str, list[Line]]
BATCH = 200


@dataclass(frozen=True)
class Source:
    """One kind of fact. `rows` gives those that belong into a book, with all that `booking` reads; `booking` is
    None for one that moves nothing. `issuer` is the path from a row to the owner of the book. `at_once`: written
    in the transaction of its entry, so that one without the other is an error; others are pulled soon after."""

    kind: str
    rows: Callable[[], QuerySet]
    booking: Callable[[object], Booking | None]
    issuer: str = "issuer"
    at_once: bool = False

    def unbooked(self) -> QuerySet:
        """Rows without an entry in the book of their issuer, oldest first."""
        key = Concat(Value(f"{self.kind}:"), Cast(OuterRef("pk"), CharField()))
        entry = Entry.objects.annotate(fact=F("key")).filter(issuer=OuterRef(self.issuer), fact=key)
        return self.rows().filter(~Exists(entry)).order_by("pk")

    def fact(self, row) -> Fact | None:
        """The row as the book takes it; texts in the language of the market's authorities."""
        with translation.override("zh-hans"):
            booked = self.booking(row)
        if booked is None:
            return None
        issuer, day, text, lines = booked
        return Fact(issuer.pk, f"{self.kind}:{row.pk}", day, text, tuple(lines))

    def book(self) -> int:
        """Post what came or changed since the last time (`Unbooked`), in batches; a row that cannot be booked is
        logged, tried again each time and stops no other. Returns how many entries were made."""
        made: list[Entry] = []

        def work(batch: Sequence[tuple[int, int]]) -> None:
            rows = self.rows().filter(pk__in={fact for _place, fact in batch}).order_by("pk")
            facts = [fact for fact in map(self.fact, rows) if fact is not None]
            posted = post_many(facts) if facts else []
            Unbooked.objects.filter(pk__in=[place for place, _fact in batch]).delete()
            made.extend(posted)

        waiting = Unbooked.objects.filter(kind=self.kind).order_by("pk").values_list("pk", "fact")
        for batch in batches(list(waiting), BATCH):
            work_off(batch, work)
        return len(made)


def book(sources: Iterable[Source]) -> int:
    """Post what waits of several kinds, in their order. Returns how many entries were made."""
    waiting = set(Unbooked.objects.values_list("kind", flat=True).distinct())
    return sum(source.book() for source in sources if source.kind in waiting)


# (issuer, sequence, hash, document): the head of a chain as a document states it, by sequence.
Witness = tuple[int, str, str]
_sources: dict[str, Source] = {}
_witnesses: dict[str, Callable[[int], Iterable[Witness]]] = {}
_checks: dict[str, Callable] = {}


def register(source: Source) -> Source:
    _sources[source.kind] = source
    return source


def sources() -> dict[str, Source]:
    return _sources


def witness(function):
    """Register `function(issuer_id)` → (sequence, hash, document) of heads that documents state, by sequence."""
    _witnesses[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def witnesses() -> list[Callable[[int], Iterable[Witness]]]:
    return list(_witnesses.values())


def ledger_check(function):
    """Register `function(issuer_id)` → findings of a later step's own: numbers, sums, papers."""
    _checks[f"{function.__module__}.{function.__qualname__}"] = function
    return function


def ledger_checks() -> list[Callable]:
    return list(_checks.values())
