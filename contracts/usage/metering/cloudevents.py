"""What an event says: CloudEvents 1.0 (JSON) read into plain values, checked, and hashed over what it means.

An event names its contract as `subject`. Four types:

    usefirst.usage.v1          data: meter, quantity, product?                          time: when it happened
    usefirst.void.v1           data: target_id, target_source?                          that event never happened
    usefirst.replacement.v1    data: target_id, target_source?, meter, quantity, product?   what happened instead
    usefirst.period_closed.v1  data: meter, start, end                                  these days are complete

Quantities are whole minor units on money meters and numbers with up to six decimals on others. The hash is over
normalised values: 12.50 is 12.5 and `Z` is `+00:00`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from contracts.usage.metering.models import EventKind

USAGE, VOID, REPLACEMENT, CLOSING = EventKind.values
TYPES = {
    "usefirst.usage.v1": USAGE,
    "usefirst.void.v1": VOID,
    "usefirst.replacement.v1": REPLACEMENT,
    "usefirst.period_closed.v1": CLOSING,
}
TYPE_OF = {kind: name for name, kind in TYPES.items()}
FUTURE = timedelta(hours=1)  # how far a sender's clock may be ahead
_MOST, _DECIMALS = 10**17, 6
_NUMBER = re.compile(r"-?[0-9]{1,17}(?:\.[0-9]{1,20})?", re.ASCII).fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARK = "\x1f"  # between hashed values; refused inside them
_FIELDS = {
    USAGE: frozenset({"meter", "quantity", "product"}),
    VOID: frozenset({"target_id", "target_source"}),
    REPLACEMENT: frozenset({"target_id", "target_source", "meter", "quantity", "product"}),
    CLOSING: frozenset({"meter", "start", "end"}),
}


class Place(NamedTuple):
    """A contract, as far as its events must know it. `until` is the last day of use, sale of stock included."""

    contract_id: int
    zone: ZoneInfo
    meters: Mapping[str, tuple[int, bool]]  # name → its row's id, whether it is money
    first_day: int
    until: int


class Reading(NamedTuple):
    """One event, read. `meter` is the name as stated, `meter_id` is None while the contract has no such meter."""

    contract_id: int
    source: str
    event_id: str
    kind: int
    meter: str
    meter_id: int | None
    product: str
    day: int | None
    last_day: int | None
    quantity: str | None  # written out, normalised
    moment: str | None  # seconds since 1970, with microseconds
    target_source: str | None
    target_id: str | None
    content_hash: bytes


_reading = partial(tuple.__new__, Reading)  # half the time of Reading(…): a thousand in each call


class Unreadable(Exception):
    """The event cannot be understood: a code for programs, words for people."""

    def __init__(self, code: str, words: str):
        super().__init__(words)
        self.code, self.words = code, words


def day_number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    return date(number // 10_000, number // 100 % 100, number % 100)


def read_event(event: object, places: Mapping[str, Place]) -> Reading:
    """Raises Unreadable for what is no event of ours; whether its day and meter are acceptable is judged later."""
    if type(event) is not dict:
        raise Unreadable("not_an_event", _("An event is a JSON object."))
    if event.get("specversion") != "1.0":
        raise Unreadable("specversion", _('`specversion` must be "1.0" (CloudEvents).'))
    event_id, source = event.get("id"), event.get("source")
    if not isinstance(event_id, str) or not 0 < len(event_id) <= 100:
        raise Unreadable("id", _("`id` must be a text of 1 to 100 characters."))
    if not isinstance(source, str) or not 0 < len(source) <= 200:
        raise Unreadable("source", _("`source` must be a text of 1 to 200 characters."))
    name, subject = event.get("type"), event.get("subject")
    kind = TYPES.get(name) if type(name) is str else None
    if kind is None:
        raise Unreadable("type", _("`type` must be one of: %(types)s.") % {"types": ", ".join(TYPES)})
    place = places.get(subject) if type(subject) is str else None
    if place is None:
        raise Unreadable("unknown_contract", _("`subject` names no contract of your organisation in effect."))
    data = event.get("data")
    if type(data) is not dict:
        raise Unreadable("data", _("`data` must be a JSON object."))
    if not _FIELDS[kind].issuperset(data):
        unknown = ", ".join(sorted(map(str, data.keys() - _FIELDS[kind])))
        raise Unreadable(
            "unknown_field", _("`data` holds what this type does not know: %(names)s.") % {"names": unknown}
        )
    if kind == USAGE:
        return _stated(event, data, place, source, event_id, USAGE, None, None)
    if kind == CLOSING:
        return _closing(data, place, source, event_id)
    target_source, target_id = data.get("target_source", source), data.get("target_id")
    if not isinstance(target_id, str) or not 0 < len(target_id) <= 100:
        raise Unreadable("target", _("`data.target_id` must be the id of the event that this one corrects."))
    if not isinstance(target_source, str) or not 0 < len(target_source) <= 200:
        raise Unreadable("target", _("`data.target_source` must be a source."))
    if (target_source, target_id) == (source, event_id):
        raise Unreadable("target", _("An event cannot correct itself."))
    if kind == REPLACEMENT:
        return _stated(event, data, place, source, event_id, REPLACEMENT, target_source, target_id)
    digest = _hash(source, event_id, "void", target_source, target_id)
    return Reading(
        place.contract_id, source, event_id, VOID, "", None, "", None, None, None, None,
        target_source, target_id, digest,
    )  # fmt: skip


def _stated(event, data, place, source, event_id, kind, target_source, target_id) -> Reading:
    meter, product = data.get("meter"), data.get("product", "")
    if type(meter) is not str:
        raise Unreadable("meter", _("`data.meter` must be the name of a meter."))
    if type(product) is not str or len(product) > 120:
        raise Unreadable("product", _("`data.product` must be a text of at most 120 characters."))
    time = event.get("time")
    try:
        happened_at = datetime.fromisoformat(time)
        local = happened_at.astimezone(place.zone)
        since = happened_at - _EPOCH
    except (TypeError, ValueError, OverflowError):  # no moment, or one without an offset
        raise Unreadable(
            "time", _("`time` must be a moment with its offset, e.g. 2026-01-31T08:00:00+08:00.")
        ) from None
    known = place.meters.get(meter)
    quantity = _quantity(data.get("quantity"), meter, known is not None and known[1])
    moment = f"{since.days * 86_400 + since.seconds}.{since.microseconds:06}"
    digest = _hash(
        source, event_id, str(kind), meter, product, quantity, moment, target_source or "", target_id or ""
    )
    return _reading((
        place.contract_id, source, event_id, kind, meter, known and known[0], product,
        local.year * 10_000 + local.month * 100 + local.day, None, quantity, moment,
        target_source, target_id, digest,
    ))  # fmt: skip


def _quantity(value: object, meter: str, is_money: bool) -> str:
    """Written out without needless zeros, so that equal quantities are written the same."""
    if type(value) is int:
        value = str(value) if -_MOST < value < _MOST else ""
    elif isinstance(value, Decimal):  # a number with decimals in JSON
        value = f"{value:f}" if value.is_finite() and -20 < value.adjusted() < 20 else ""
    if type(value) is not str or not _NUMBER(value):
        raise Unreadable(
            "quantity",
            _(
                '`data.quantity` must be a number with at most 17 digits before the point; decimals best as text: "12.5".'
            ),
        )
    sign = value[0] == "-"
    whole, _point, decimals = value[sign:].partition(".")
    whole, decimals = whole.lstrip("0") or "0", decimals.rstrip("0")
    if decimals and is_money:
        raise Unreadable("quantity", _("Sums are whole minor units: fen, not yuan with decimals."))
    if len(decimals) > _DECIMALS:
        raise Unreadable("quantity", _("`data.quantity` has more than six decimals."))
    written = f"{whole}.{decimals}" if decimals else whole
    if not sign or written == "0":
        return written
    if meter != "profit":
        raise Unreadable(
            "quantity",
            _("`data.quantity` must not be negative; correct an event by a void or a replacement."),
        )
    return f"-{written}"


def _closing(data, place, source, event_id) -> Reading:
    meter = data.get("meter")
    if type(meter) is not str:
        raise Unreadable("meter", _("`data.meter` must be the name of a meter."))
    try:
        start, end = date.fromisoformat(data.get("start")), date.fromisoformat(data.get("end"))
    except (TypeError, ValueError):
        raise Unreadable("period", _("`data.start` and `data.end` must be days, e.g. 2026-01-31.")) from None
    if end < start:
        raise Unreadable("period", _("The period ends before it begins."))
    known = place.meters.get(meter)
    digest = _hash(source, event_id, "closing", meter, start.isoformat(), end.isoformat())
    return Reading(
        place.contract_id, source, event_id, CLOSING, meter, known and known[0], "",
        day_number(start), day_number(end), None, None, None, None, digest,
    )  # fmt: skip


def _hash(*values: str) -> bytes:
    text = MARK.join(values)
    if text.count(MARK) != len(values) - 1 or "\0" in text:
        raise Unreadable("characters", _("Control characters are not allowed in texts."))
    try:
        return sha256(text.encode()).digest()
    except UnicodeEncodeError:
        raise Unreadable("characters", _("A text is not valid Unicode.")) from None
