"""The API as a program sees it: keys, media types, answers, problems."""

import json

import pytest

from contracts.usage.metering.cloudevents import TYPES
from marketplace.clock import at
from marketplace.organisations.api_keys import create_key, revoke_key
from marketplace.organisations.models import Scope
from marketplace.organisations.roles import Role
from tests.contracts.usage.metering.world import NOON, event, metered, sums, void
from tests.marketplace.deals.conftest import person

BATCH, STRUCTURED = "application/cloudevents-batch+json", "application/cloudevents+json"
EVENTS = "/api/v1/events"


@pytest.fixture
def contract(world):
    return metered(world)


@pytest.fixture
def calling(world, client):
    """call(method, path, body, content type, key of whom) at noon."""

    def key_of(organisation, *scopes):
        admin = person(organisation, Role.ADMIN)
        return create_key(organisation, actor=admin, name="ERP", scopes=list(scopes))

    def call(path=EVENTS, body=None, kind=BATCH, *, key=None, **headers):
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        with at(NOON):
            if body is None:
                return client.get(path, headers=headers)
            data = body if isinstance(body, bytes | str) else json.dumps(body)
            return client.post(path, data, content_type=kind, headers=headers)

    call.key_of = key_of
    return call


def test_a_batch_is_answered_row_by_row(world, contract, calling):
    row, key = calling.key_of(world.firm, Scope.USAGE_WRITE)
    body = [
        event(contract, "a", 1),
        event(contract, "a", 2),
        event(contract, "b", 1.5),
        event(contract, "c", -1),
    ]
    answer = calling(body=body, key=key)
    assert answer.status_code == 200
    told = answer.json()
    assert {name: told[name] for name in ("accepted", "duplicate", "conflict", "refused")} == {
        "accepted": 2, "duplicate": 0, "conflict": 1, "refused": 1,
    }  # fmt: skip
    assert [(one["id"], one["status"], one.get("code")) for one in told["results"]] == [
        ("a", "accepted", None), ("a", "conflict", "other_content"), ("b", "accepted", None), ("c", "refused", "quantity"),
    ]  # fmt: skip
    assert sums(contract) == {("calls", "", 20260310): "2.5"}
    row.refresh_from_db()
    assert row.last_used_at == NOON


def test_single_events_structured_and_binary(world, contract, calling):
    key = calling.key_of(world.firm, Scope.USAGE_WRITE)[1]
    one = event(contract, "a", 3)
    headers = {f"ce-{name}": value for name, value in one.items() if name != "data"}
    answers = [
        calling(body=one, kind=STRUCTURED, key=key),
        calling(body=one["data"], kind="application/json", key=key, **headers),
        calling(body=event(contract, "a", 4), kind=STRUCTURED, key=key),
        calling(body=event(contract, "b", 4) | {"time": "soon"}, kind=STRUCTURED, key=key),
        calling(body=void(contract, "a"), kind=f"{STRUCTURED}; charset=utf-8", key=key),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 409, 422, 201]
    assert [answer.json().get("code") for answer in answers] == [None, None, "other_content", "time", None]
    assert answers[2]["Content-Type"] == answers[3]["Content-Type"] == "application/problem+json"
    assert sums(contract) == {}


def test_what_is_no_call_of_ours_is_a_problem(world, contract, calling):
    key = calling.key_of(world.firm, Scope.USAGE_WRITE)[1]
    reading = calling.key_of(world.firm, Scope.USAGE_READ)[1]
    revoked, gone = calling.key_of(world.firm, Scope.USAGE_WRITE)
    revoke_key(revoked, actor=person(world.firm, Role.ADMIN))
    other = calling.key_of(world.stranger.organisation, Scope.USAGE_WRITE)[1]
    body = [event(contract)]
    answers = {
        "no key": calling(body=body),
        "wrong key": calling(body=body, key="ufk_wrong"),
        "revoked": calling(body=body, key=gone),
        "other scope": calling(body=body, key=reading),
        "no JSON": calling(body="[", key=key),
        "no array": calling(body={}, key=key),
        "too many": calling(body=[1] * 1_001, key=key),
        "too large": calling(body=b" " * 6_000_000, key=key),
        "media type": calling(body=body, kind="text/plain", key=key),
        "plain JSON": calling(body=body, kind="application/json", key=key),
        "GET": calling(key=key),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "no key": 401, "wrong key": 401, "revoked": 401, "other scope": 403, "no JSON": 400, "no array": 422,
        "too many": 413, "too large": 413, "media type": 415, "plain JSON": 415, "GET": 405,
    }  # fmt: skip
    assert answers["no key"]["WWW-Authenticate"].startswith("Bearer")
    assert {a["Content-Type"] for name, a in answers.items() if name != "GET"} == {"application/problem+json"}
    assert calling(body=body, key=other).json()["results"][0]["code"] == "unknown_contract"
    assert sums(contract) == {}


def test_both_parties_read_the_daily_sums(world, contract, calling):
    firm = calling.key_of(world.firm, Scope.USAGE_WRITE, Scope.USAGE_READ)[1]
    uni = calling.key_of(world.uni, Scope.USAGE_READ)[1]
    stranger = calling.key_of(world.stranger.organisation, Scope.USAGE_READ)[1]
    calling(
        body=[event(contract, "a", "1.50"), event(contract, "b", 2, time="2026-03-09T09:00:00Z")], key=firm
    )
    path = f"/api/v1/contracts/{contract.number}/usage"
    told = calling(f"{path}?start=2026-03-10", key=uni).json()
    assert told == {
        "contract": contract.number,
        "time_zone": "Asia/Shanghai",
        "meters": [{"name": "calls", "is_money": False}],
        "days": [{"day": "2026-03-10", "meter": "calls", "product": "", "quantity": "1.5", "events": 1}],
        "next": None,
    }
    assert len(calling(path, key=firm).json()["days"]) == 2
    assert [calling(path, key=key).status_code for key in (stranger, None)] == [404, 401]
    assert calling(f"{path}?start=March", key=uni).status_code == 422
    assert calling(f"{path}?offset={10**30}", key=uni).json()["days"] == []
    assert calling("/api/v1/contracts/%00/usage", key=uni).status_code == 404


def test_the_openapi_document_describes_every_operation(client):
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert {path: sorted(how) for path, how in paths.items()} == {
        "/api/v1/events": ["post"],
        "/api/v1/contracts/{number}/usage": ["get"],
        "/api/v1/terms/simulate": ["post"],
    }
    body = paths["/api/v1/events"]["post"]["requestBody"]["content"]
    assert body[STRUCTURED]["schema"]["properties"]["type"]["enum"] == list(TYPES)


def test_programs_take_a_shorter_way_that_guards_as_well(client, db):
    missing = client.get("/api/v1/nothing", headers={"Accept-Language": "en"})
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
    assert missing.json()["title"].startswith("There is no such thing")
    assert client.get("/api/v1/nothing").json()["title"] == "该对象不存在，或不属于贵单位。"
    forged = client.post(EVENTS, headers={"Host": "evil.example"})
    assert forged.status_code == 400
    for answer in (missing, forged, client.get("/api/v1/openapi.json")):
        assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
        assert (answer["Referrer-Policy"], [*answer.cookies]) == ("same-origin", [])
