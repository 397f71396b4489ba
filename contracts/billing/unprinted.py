"""Which papers are not printed yet: noted by triggers with the paper itself, so that nobody has to look for them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta

import pgtrigger
from django.db import models
from django.db.models import Q

from contracts.batches import for_a_while, one_by_one
from marketplace.alone import alone
from marketplace.clock import now

SECONDS = 10  # what one run prints; short tasks come in between
AGAIN = timedelta(minutes=10)  # a paper that failed, or whose printer died, is tried again after this


class UnprintedQuerySet(models.QuerySet):
    def due(self, kinds: Iterable[str]):
        return self.filter(Q(again_at=None) | Q(again_at__lte=now()), kind__in=kinds).order_by("pk")


class Unprinted(models.Model):
    """`paper` is the primary key of an invoice, a credit note or a payout (`kind`). Its row is deleted in the transaction that
    stores the PDF, and is the lock of whoever prints it. `again_at`: somebody tries it at this moment, or it failed; not
    to be tried again before."""

    kind = models.CharField(max_length=12)
    paper = models.BigIntegerField()
    again_at = models.DateTimeField(null=True)

    objects = UnprintedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "paper"], name="unprinted_once")]

    def __str__(self):
        return f"{self.kind}:{self.paper}"


def to_print(kind: str) -> pgtrigger.Trigger:
    """For tables of papers: a new row waits to be printed."""
    return pgtrigger.Trigger(
        name=f"to_print_{kind}",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func=f"""
            INSERT INTO contracts_unprinted (kind, paper) VALUES ('{kind}', NEW.id);
            RETURN NULL;
        """,
    )


def print_waiting(
    printers: Mapping[str, Callable[[int], object]], *, lock: int, seconds: float = SECONDS
) -> bool:
    """Print what waits of some kinds, each by its printer, oldest first, for some seconds. One process prints at a time
    (`lock`), so that the others are there for short tasks; who comes meanwhile leaves it to that one. A paper that cannot
    be printed is logged and stops no other. Returns whether more waits to be printed now."""
    with alone(lock) as mine:
        if not mine:
            return False
        one_by_one(for_a_while(_taken(list(printers)), seconds), lambda taken: printers[taken[0]](taken[1]))
    return Unprinted.objects.due(
        printers
    ).exists()  # asked last: what came meanwhile found this process printing


def _taken(kinds: list[str]) -> Iterator[tuple[str, int]]:
    """One paper after the other, each marked before it is tried: one that kills the process is not the first again."""
    while row := Unprinted.objects.due(kinds).first():
        if Unprinted.objects.filter(pk=row.pk).update(again_at=now() + AGAIN):
            yield row.kind, row.paper
