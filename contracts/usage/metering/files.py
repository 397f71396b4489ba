"""Events from a spreadsheet: read, tried without saving anything, looked at, and then taken over.

One line is one event. The first line names the columns. Sums are in major units (yuan), a moment without an offset is
in the contract's time zone, a line without a source has this way's own. A file that is sent twice does no harm: its
lines are on record already.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.lifecycle.models import LicenceContract
from contracts.usage.metering.cloudevents import REPLACEMENT, TYPE_OF, TYPES, USAGE, VOID
from contracts.usage.metering.ingest import ACCEPTED, DUPLICATE, MOST_EVENTS, Result, ingest
from contracts.usage.metering.models import EventFile, EventKind
from contracts.usage.metering.places import make_meters
from contracts.usage.metering.statements import kinds_of
from contracts.usage.sheets import rows_of
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.money import exponent
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused, TransitionRefused

SOURCE = "urn:usefirst:file"
MOST_ROWS = 20_000
COLUMNS = ("id", "time", "meter", "quantity", "product", "type", "target_id", "source")
NEEDED = ("id",)
# Why a line stays out, said of a spreadsheet's columns and in the reader's language; by the codes of ingest.
REASONS = {
    "id": gettext_lazy("The id must be a text of 1 to 100 characters."),
    "source": gettext_lazy("The source must be a text of 1 to 200 characters."),
    "type": gettext_lazy("The type is usage (or empty), void or replacement."),
    "target": gettext_lazy(
        "target_id must name another event that is usage: the one to be voided or replaced."
    ),
    "product": gettext_lazy("The product may have 120 characters."),
    "time": gettext_lazy("The time must be a day and a clock time, e.g. 2026-01-31 08:00."),
    "quantity": gettext_lazy(
        "The quantity must be a number that is not negative (profit may be), with six decimals at most, sums with"
        " those of the currency. A wrong event is corrected by a void or a replacement."
    ),
    "characters": gettext_lazy("Control characters are not allowed in texts."),
    "unknown_meter": gettext_lazy("The contract has no such meter; it has: %(meters)s."),
    "future": gettext_lazy("The time lies more than an hour in the future."),
    "before_contract": gettext_lazy("The time lies before the contract took effect."),
    "after_end": gettext_lazy(
        "The time lies after the end of the licence; the licensor is shown this event."
    ),
    "replaced": gettext_lazy("The event that this one replaces has a replacement already."),
    "other_content": gettext_lazy("This id is on record with other content."),
}
EARLY = "early"  # taken, though what it corrects is not there: a slip in target_id looks the same
REASONS[EARLY] = gettext_lazy(
    "No event “%(target)s” of this source is on record or in this file. The line is taken all the same, and that event will"
    " not count when it comes. If target_id is a slip, correct it first."
)
KINDS = {"": USAGE, "usage": USAGE, "void": VOID, "replacement": REPLACEMENT}


@transaction.atomic
def read_file(contract: LicenceContract, *, actor, name: str, content: bytes) -> EventFile:
    """Keep what a file states and what would become of each line; no event is written yet.

    Raises NotPermitted unless the actor reports for the licensee, Refused for a file that cannot be read or lacks
    a column.
    """
    permit(actor, "report.submit", contract.licensee, against=contract.licensor)
    make_meters(contract)
    events = _events(contract, name, content)
    file = EventFile.objects.create(
        contract=contract,
        name=name[:120],
        sha256=hashlib.sha256(content).hexdigest(),
        events=events,
        results=[list(result) for result in _send(contract, events, dry=True)],
        read_by=actor.user,
        read_at=now(),
    )
    record(actor, "usage_file.read", file, sha256=file.sha256, rows=len(events))
    return file


@transaction.atomic
def take_over(file: EventFile, *, actor) -> EventFile:
    """Write the events; the lines that are refused or contradict what is on record stay out and are told.

    Raises TransitionRefused when it was taken over already.
    """
    permit(actor, "report.submit", file.contract.licensee, against=file.contract.licensor)
    file = EventFile.objects.select_for_update().select_related("contract").get(pk=file.pk)
    if file.taken_at:
        raise TransitionRefused(_("This file was taken over already."))
    file.results = [list(result) for result in _send(file.contract, file.events, user=actor.user)]
    file.taken_at, file.taken_by = now(), actor.user
    file.save(update_fields=["results", "taken_at", "taken_by"])
    record(actor, "usage_file.taken", file, counts=file.counts())
    return file


def _send(contract: LicenceContract, events: list, *, user=None, dry: bool = False) -> list[Result]:
    found: list[Result] = []
    with transaction.atomic():
        for start in range(0, len(events), MOST_EVENTS):
            found += ingest(events[start : start + MOST_EVENTS], licensee=contract.licensee, user=user)
        found = _note_early(contract, events, found)
        if dry:
            transaction.set_rollback(True)
    return found


def _note_early(contract: LicenceContract, events: list[dict], results: list[Result]) -> list[Result]:
    """Results that also say which corrections are taken before the event that they correct."""
    aims = {
        index: (contract.pk, event["source"], event["data"]["target_id"])
        for index, (event, result) in enumerate(zip(events, results, strict=True))
        if "target_id" in event["data"] and result.status in (ACCEPTED, DUPLICATE)
    }
    there = kinds_of([*set(aims.values())])
    early = {index for index, key in aims.items() if key not in there}
    return [r._replace(code=EARLY) if index in early else r for index, r in enumerate(results)]


def _events(contract: LicenceContract, name: str, content: bytes) -> list[dict]:
    rows = rows_of(name, content, MOST_ROWS)
    head = [str(cell or "").strip().lower() for cell in rows[0]] if rows else []
    if missing := [column for column in NEEDED if column not in head]:
        raise Refused(
            _("The first line must name the columns; missing: %(names)s.") % {"names": ", ".join(missing)}
        )
    if unknown := [column for column in head if column and column not in COLUMNS]:
        raise Refused(_("Unknown columns: %(names)s.") % {"names": ", ".join(unknown)})
    if len(set(filter(None, head))) < len([column for column in head if column]):
        raise Refused(_("A column stands there twice."))
    money = set(contract.meters.filter(is_money=True).values_list("name", flat=True))
    zone = ZoneInfo(contract.metering.time_zone)
    places = exponent(contract.terms.currency)
    lines = [dict(zip(head, row, strict=False)) for row in rows[1:] if any(_text(cell) for cell in row)]
    if not lines:
        raise Refused(_("The spreadsheet holds no lines."))
    return [_event(contract, line, zone, money, places) for line in lines]


def _event(contract, line: Mapping, zone: ZoneInfo, money: set[str], places: int) -> dict:
    """A line as an event; what is wrong in it is left for ingest to refuse with words."""
    kind = _text(line.get("type")).lower()
    meter = _text(line.get("meter"))
    event = {
        "specversion": "1.0",
        "id": _text(line.get("id")),
        "source": _text(line.get("source")) or SOURCE,
        "type": TYPE_OF[KINDS[kind]] if kind in KINDS else kind,
        "subject": contract.number,
    }
    target = {"target_id": _text(line.get("target_id"))} if KINDS.get(kind) in (VOID, REPLACEMENT) else {}
    if KINDS.get(kind) == VOID:
        return event | {"data": target}
    quantity = _text(line.get("quantity"))
    if meter in money:
        with contextlib.suppress(InvalidOperation):
            quantity = f"{Decimal(quantity.replace(',', '')).scaleb(places):f}"
    data = {"meter": meter, "quantity": quantity, "product": _text(line.get("product"))}
    return event | {"time": _moment(line.get("time"), zone), "data": data | target}


def _moment(cell: object, zone: ZoneInfo) -> str:
    if isinstance(cell, datetime) or not isinstance(cell, date):
        try:
            moment = cell if isinstance(cell, datetime) else datetime.fromisoformat(_text(cell))
        except ValueError:
            return _text(cell)
    else:
        moment = datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 (the zone is added below)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)):f}".removesuffix(".0")
    return str(cell if cell is not None else "").strip()


def report_lines(file: EventFile) -> list[dict]:
    """For the row report: line number, what it said, what became of it, in the language of whoever reads it."""
    meters = ", ".join(file.contract.meters.order_by("pk").values_list("name", flat=True)) or "–"
    return [
        {
            "line": number,
            "id": event["id"],
            "meter": event["data"].get("meter", ""),
            "quantity": event["data"].get("quantity", ""),
            "time": event.get("time", ""),
            "target": event["data"].get("target_id", ""),
            "kind": EventKind(TYPES[event["type"]]).label if event["type"] in TYPES else event["type"],
            "status": status,
            "reason": REASONS[code] % {"meters": meters, "target": event["data"].get("target_id", "")}
            if code in REASONS
            else reason,
            "is_bad": status not in (ACCEPTED, DUPLICATE),
            "is_early": code == EARLY,
        }
        for number, (event, (status, _source, _id, code, reason)) in enumerate(
            zip(file.events, file.results, strict=True), 2
        )
    ]
