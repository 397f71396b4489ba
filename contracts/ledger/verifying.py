"""Re-add everything: the chain, the balance of every entry, and every entry against the fact that it books.

What this can and cannot prove is said in docs/ledger.md.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from contracts.batches import batches
from contracts.ledger.models import Entry, FindingKind, LedgerCheck, LedgerFinding, LedgerHead
from contracts.ledger.services import Line, content_hash, linked
from contracts.ledger.sources import ledger_checks, sources, witnesses
from marketplace.clock import now
from marketplace.organisations.models import Organisation

CHUNK = 500
KEPT = 200  # findings that are stored; the rest is only counted


@dataclass(frozen=True)
class Finding:
    """`what` names the row (an entry's key, a document's number), `detail` says in words what is wrong with it."""

    kind: str
    issuer_id: int
    what: str
    detail: str = ""

    def __str__(self):
        text = f"{FindingKind(self.kind).label}: {self.what}"
        return f"{text} ({self.detail})" if self.detail else text


@dataclass
class Report:
    """`heads` per issuer: (sequence, hash) as recomputed. `waiting`: facts that are pulled and not booked yet."""

    entries: int = 0
    waiting: int = 0
    heads: dict[int, tuple[int, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@contextmanager
def _one_moment() -> Iterator[None]:
    """One snapshot of the database for the whole check, so that work going on beside it is no finding."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def verify_ledger(
    issuer: Organisation | None = None, *, stated: Iterable[tuple[int, str]] = (), files: bool = False
) -> Report:
    """Check one book, or all. `stated` are heads from outside, (sequence, hash), as a paper printed them;
    `files` also hashes every stored paper again. Memory stays flat: everything is read in pieces."""
    report = Report()
    with _one_moment():
        for pk in [issuer.pk] if issuer else _issuers():
            _check_chain(pk, report)
            _check_heads(pk, stated, report)
            _check_unbooked(pk, report)
            for check in ledger_checks():
                report.findings += check(pk, files=files)
    return report


def _issuers() -> list[int]:
    """Everybody with a head, an entry, or a fact that should have one."""
    found = set(LedgerHead.objects.values_list("issuer", flat=True))
    found |= set(Entry.objects.order_by().values_list("issuer", flat=True).distinct())
    for source in sources().values():
        found |= set(source.rows().order_by().values_list(source.issuer, flat=True).distinct())
    return sorted(found)


def keep_check(report: Report) -> LedgerCheck:
    """Store what a check of all books found; the operator's page shows the newest."""
    check = LedgerCheck.objects.create(
        at=now(), entries=report.entries, waiting=report.waiting, found=len(report.findings)
    )
    LedgerFinding.objects.bulk_create(
        LedgerFinding(
            of=check, kind=row.kind, issuer_id=row.issuer_id, what=row.what[:120], detail=row.detail[:500]
        )
        for row in report.findings[:KEPT]
    )
    return check


def _check_chain(pk: int, report: Report) -> None:
    """Walk a book from its first entry. A finding names the entry; the walk goes on with what stands there."""
    before, previous = 0, "0" * 64
    rows = Entry.objects.filter(issuer=pk).order_by("sequence").select_related("reverses")
    for chunk in batches(rows.prefetch_related("postings").iterator(CHUNK), CHUNK):
        report.findings += _against_facts(pk, chunk)
        for entry in chunk:
            report.entries += 1
            for missing in range(before + 1, min(entry.sequence, before + 1 + KEPT)):
                report.findings.append(Finding(FindingKind.MISSING, pk, _("entry %s") % missing))
            expected = linked(entry.previous_hash, _content(pk, entry))
            if entry.hash != expected:
                report.findings.append(Finding(FindingKind.CHANGED, pk, _name(entry)))
            elif entry.previous_hash != previous and entry.sequence == before + 1:
                report.findings.append(
                    Finding(FindingKind.CHAIN, pk, _name(entry), _("it or the entry before it was rewritten"))
                )
            report.findings += _unbalanced(pk, entry)
            before, previous = entry.sequence, entry.hash
    head = LedgerHead.objects.filter(issuer=pk).first()
    stands = (head.sequence, head.hash) if head else (0, "0" * 64)
    report.heads[pk] = (before, previous)
    if stands != (before, previous):
        detail = _("the head says entry %(head)s, the last entry is %(last)s") % {
            "head": stands[0],
            "last": before,
        }
        report.findings.append(Finding(FindingKind.HEAD, pk, _("end of the chain"), detail))
    doubled = Entry.objects.filter(issuer=pk).values("key").annotate(n=Count("pk")).filter(n__gt=1)
    report.findings += [
        Finding(FindingKind.ADDED, pk, row["key"], _("booked %s times") % row["n"])
        for row in doubled.order_by("key")[:KEPT]
    ]


def _name(entry: Entry) -> str:
    return _("entry %(sequence)s, %(key)s") % {"sequence": entry.sequence, "key": entry.key}


def _lines(entry: Entry) -> list:
    return sorted(entry.postings.all(), key=lambda posting: posting.pk)


def _content(pk: int, entry: Entry) -> str:
    return content_hash(
        issuer_id=pk,
        sequence=entry.sequence,
        key=entry.key,
        booked_on=entry.booked_on,
        created_at=entry.created_at,
        text=entry.text,
        reverses=entry.reverses.key if entry.reverses else "",
        lines=_lines(entry),
    )


def _unbalanced(pk: int, entry: Entry) -> list[Finding]:
    totals: Counter[str] = Counter()
    for posting in entry.postings.all():
        totals[posting.currency] += posting.amount_minor
    wrong = ", ".join(f"{total} {currency}" for currency, total in sorted(totals.items()) if total)
    if not totals:
        wrong = _("it has no postings")
    return [Finding(FindingKind.UNBALANCED, pk, _name(entry), wrong)] if wrong else []


def _plain(lines: Iterable) -> Counter:
    """Lines as they count, in whatever order."""
    return Counter(
        (str(x.account), x.amount_minor, x.currency, x.contract_number) for x in lines if x.amount_minor
    )


def _against_facts(pk: int, chunk: list[Entry]) -> list[Finding]:
    """Every entry beside its fact, booked once more: what is no fact, and what the fact would book otherwise."""
    by_kind: dict[str, dict[int, Entry]] = {}
    findings = []
    for entry in chunk:
        kind, _sep, number = entry.key.partition(":")
        if kind in sources() and number.isdecimal():
            by_kind.setdefault(kind, {})[int(number)] = entry
        elif entry.reverses is not None and entry.key == f"reverse:{entry.reverses.key}":
            undone = [
                Line(x.account, -x.amount_minor, x.currency, x.contract_number)
                for x in entry.reverses.postings.all()
            ]
            findings += _compared(pk, entry, undone)
        else:
            findings.append(Finding(FindingKind.ADDED, pk, _name(entry), _("no fact has this name")))
    for kind, entries in by_kind.items():
        source = sources()[kind]
        facts = {row.pk: source.fact(row) for row in source.rows().filter(pk__in=entries)}
        for number, entry in entries.items():
            fact = facts.get(number)
            if fact is None or fact.issuer_id != pk:
                detail = _("there is no such fact in this book")
                findings.append(Finding(FindingKind.ADDED, pk, _name(entry), detail))
            else:
                findings += _compared(pk, entry, fact.lines)
    return findings


def _compared(pk: int, entry: Entry, wanted: Iterable[Line]) -> list[Finding]:
    stands, should = _plain(_lines(entry)), _plain(wanted)
    if stands == should:
        return []
    detail = _("booked %(stands)s, the fact says %(should)s") % {
        "stands": _in_words(stands - should),
        "should": _in_words(should - stands),
    }
    return [Finding(FindingKind.DIFFERS, pk, _name(entry), detail)]


def _in_words(lines: Counter) -> str:
    parts = [f"{account} {amount} {currency}" for account, amount, currency, _number in sorted(lines)]
    return "; ".join(parts) or _("nothing")


def _check_heads(pk: int, stated: Iterable[tuple[int, str]], report: Report) -> None:
    """Heads that documents copied, and those given from outside, must lie on the chain."""
    outside = ((sequence, value, _("given head")) for sequence, value in stated)
    for stream in (outside, *(witness(pk) for witness in witnesses())):
        for chunk in batches(stream, CHUNK):
            known = dict(
                Entry.objects.filter(issuer=pk, sequence__in={row[0] for row in chunk}).values_list(
                    "sequence", "hash"
                )
            )
            report.findings += [
                Finding(
                    FindingKind.WITNESS, pk, document, _("it states another hash for entry %s") % sequence
                )
                for sequence, value, document in chunk
                if (known.get(sequence) if sequence else "0" * 64) != value
            ]


def _check_unbooked(pk: int, report: Report) -> None:
    for source in sources().values():
        rows = source.unbooked().filter(**{source.issuer: pk})
        for row in rows.iterator(CHUNK):
            if source.fact(row) is None:
                continue
            if source.at_once:
                report.findings.append(Finding(FindingKind.UNBOOKED, pk, f"{source.kind}:{row.pk}"))
            else:
                report.waiting += 1
