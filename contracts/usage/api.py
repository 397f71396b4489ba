"""POST /api/v1/events: usage as CloudEvents 1.0, single or batched; GET …/usage: what is on record of it."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema

from contracts.lifecycle.models import LicenceContract
from contracts.usage.metering.cloudevents import TYPES, day_of
from contracts.usage.metering.ingest import ACCEPTED, CONFLICT, DUPLICATE, MOST_EVENTS, Result, ingest
from contracts.usage.metering.queries import daily_sums
from marketplace.http_api import Problem, problem
from marketplace.organisations.key_auth import KeyAuth
from marketplace.organisations.models import Scope

BATCH = "application/cloudevents-batch+json"
STRUCTURED = "application/cloudevents+json"
PER_PAGE = 1_000
MOST_DAYS = 10**9  # no contract has as many; the database counts no further than a bigint
router = Router(tags=["usage"])
_EVENT = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "maxLength": 100, "description": "unique for ever per contract and source"},
        "source": {"type": "string", "maxLength": 200},
        "type": {"enum": list(TYPES)},
        "subject": {"type": "string", "description": "number of the contract"},
        "time": {"type": "string", "format": "date-time", "description": "when it was used"},
        "data": {
            "type": "object",
            "properties": {
                "meter": {"type": "string"},
                "quantity": {"type": ["string", "integer", "number"]},
                "product": {"type": "string", "maxLength": 120},
                "target_id": {"type": "string"},
                "target_source": {"type": "string"},
                "start": {"type": "string", "format": "date"},
                "end": {"type": "string", "format": "date"},
            },
        },
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            BATCH: {"schema": {"type": "array", "maxItems": MOST_EVENTS, "items": _EVENT}},
            STRUCTURED: {"schema": _EVENT},
            "application/json": {"schema": _EVENT["properties"]["data"]},
        },
    }
}


class Row(Schema):
    """What became of one event of a batch, in the order of the batch."""

    source: str | None
    id: str | None
    status: str
    code: str = ""
    reason: str = ""


class Batch(Schema):
    accepted: int
    duplicate: int
    conflict: int
    refused: int
    results: list[Row]


class Taken(Schema):
    source: str
    id: str
    status: str


@router.post(
    "/events",
    auth=KeyAuth(Scope.USAGE_WRITE),
    response={
        200: Batch | Taken, 201: Taken, 400: Problem, 401: Problem, 403: Problem, 409: Problem, 413: Problem,
        415: Problem, 422: Problem,
    },
    url_name="api_events",
    summary="Send usage events",
    openapi_extra=_BODY,
)  # fmt: skip
def events(request: HttpRequest) -> HttpResponse:
    """A batch is answered by 200 with one result a row; a single event by 201 (new), 200 (on record already),
    409 (on record with other content) or 422 (refused)."""
    kind = request.content_type
    if kind not in (BATCH, STRUCTURED) and not (
        kind == "application/json" and "ce-specversion" in request.headers
    ):
        title = _("Send %(batch)s, %(single)s, or application/json with ce- headers.")
        return problem(415, title % {"batch": BATCH, "single": STRUCTURED}, code="content_type")
    try:
        body = json.loads(request.body, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError):
        return problem(400, _("The body is not JSON."), code="json")
    if kind == BATCH:
        return _batch(request, body)
    event = body if kind == STRUCTURED else _from_headers(request, body)
    return _single(ingest([event], licensee=request.auth.organisation, key=request.auth)[0])


def _batch(request: HttpRequest, body: object) -> HttpResponse:
    if not isinstance(body, list):
        return problem(422, _("A batch is a JSON array of events."), code="not_a_batch")
    if len(body) > MOST_EVENTS:
        title = _("At most %(limit)s events in one call.") % {"limit": MOST_EVENTS}
        return problem(413, title, code="too_many")
    results = ingest(body, licensee=request.auth.organisation, key=request.auth)
    counts = Counter(result.status for result in results)
    answer = {status: counts[status] for status in ("accepted", "duplicate", "conflict", "refused")}
    answer["results"] = [_row(result) for result in results]
    return JsonResponse(answer)


def _row(result: Result) -> dict:
    row = {"source": result.source, "id": result.id, "status": result.status}
    if result.code:
        row |= {"code": result.code, "reason": result.reason}
    return row


def _single(result: Result) -> HttpResponse:
    if result.status in (ACCEPTED, DUPLICATE):
        return JsonResponse(_row(result), status=201 if result.status == ACCEPTED else 200)
    return problem(409 if result.status == CONFLICT else 422, result.reason, code=result.code)


def _from_headers(request: HttpRequest, data: object) -> dict:
    """The binary mode of CloudEvents: attributes are headers, the body is the data."""
    names = ("specversion", "id", "source", "type", "subject", "time")
    found = {name: request.headers.get(f"ce-{name}") for name in names}
    return {name: value for name, value in found.items() if value is not None} | {"data": data}


class MeterShown(Schema):
    name: str
    is_money: bool


class Day(Schema):
    day: date
    meter: str
    product: str
    quantity: str
    events: int


class Usage(Schema):
    contract: str
    time_zone: str
    meters: list[MeterShown]
    days: list[Day]
    next: int | None


@router.get(
    "/contracts/{number}/usage",
    auth=KeyAuth(Scope.USAGE_READ),
    response={200: Usage, 401: Problem, 403: Problem, 404: Problem, 422: Problem},
    url_name="api_usage",
    summary="Daily sums of the events that count",
)
def usage(
    request: HttpRequest, number: str, start: date | None = None, end: date | None = None, offset: int = 0
):
    """For both parties of a contract. `next` is the offset of the next page, null on the last one."""
    contracts = LicenceContract.objects.filter(effective_on__isnull=False, metering__isnull=False)
    mine = contracts.filter(licensor=request.auth.organisation) | contracts.filter(
        licensee=request.auth.organisation
    )
    contract = get_object_or_404(mine.select_related("metering"), number=number)
    offset = min(max(0, offset), MOST_DAYS)
    rows = list(daily_sums(contract, start, end)[offset : offset + PER_PAGE + 1])
    return {
        "contract": contract.number,
        "time_zone": contract.metering.time_zone,
        "meters": list(contract.meters.all()),
        "days": [
            {
                "day": day_of(row.day),
                "meter": row.meter.name,
                "product": row.product,
                "quantity": f"{row.quantity.normalize():f}",
                "events": row.events,
            }
            for row in rows[:PER_PAGE]
        ],
        "next": offset + PER_PAGE if len(rows) > PER_PAGE else None,
    }
