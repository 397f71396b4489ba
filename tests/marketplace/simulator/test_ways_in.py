"""The command and the API give the same answer, and refuse with a reason."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from marketplace.simulator import api
from marketplace.simulator.scenario import read_scenario
from marketplace.terms import TermsError

from .test_examples import EXAMPLES, read

ADDRESS = "/api/v1/terms/simulate"


def post(client, body, content_type="application/json"):
    return client.post(ADDRESS, body, content_type=content_type)


def body(name="D15"):
    return {"terms": read(name, "terms"), "scenario": read(name, "scenario")}


def test_command_and_api_answer_alike(client):
    by_example, by_paths = StringIO(), StringIO()
    call_command("simulate_terms", example="D15", as_json=True, stdout=by_example)
    folder = EXAMPLES / "D15"
    call_command(
        "simulate_terms", str(folder / "terms.json"), str(folder / "scenario.json"), "--json", stdout=by_paths
    )
    answer = post(client, body()).json()
    assert (
        answer
        == json.loads(by_example.getvalue())
        == json.loads(by_paths.getvalue())
        == read("D15", "result")
    )


def test_command_in_words_and_until():
    out = StringIO()
    call_command("simulate_terms", "--example", "D08", "--until", "2027-12-31", stdout=out)
    assert "total  ¥60,000.00" in out.getvalue()


def test_command_refuses_an_unknown_example():
    with pytest.raises(CommandError):
        call_command("simulate_terms", "--example", "D99")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"colour": "red"}, "colour"),
        ({"facts": {"effective_on": "2026-01-01", "moon": 1}}, "facts.moon"),
        ({"until": "2526-01-01"}, "until"),
        ({"usage": [{"meter": "net_sales", "start": "2026-01-01", "end": "2026-03-31"}]}, "usage[0]"),
        (
            {"usage": [{"meter": "netsales", "start": "2026-01-01", "end": "2026-03-31", "quantity": "1"}]},
            "usage[0].meter",
        ),
        (
            {"usage": [{"meter": "net_sales", "start": "2026-03-31", "end": "2026-01-01", "quantity": "1"}]},
            "usage[0].end",
        ),
        ({"until": "2025-12-31"}, "until"),
        ({"facts": {"effective_on": "9990-01-01"}, "until": "9999-12-31"}, "facts.effective_on"),
        ({"commission": {"rate": "0.05", "shares": ["-1"]}}, "commission.shares"),
        ({"commission": {"rate": "5"}}, "commission.rate"),
        ({"distribution": {"team": "0.7", "inventors": ["0.5", "0.4"]}}, "distribution.inventors"),
        ({"distribution": {}}, "distribution"),
        ({"audit": {"reported": -1, "found": 0}}, "audit.reported"),
        (
            {"invoices": [{"element_id": "royalties", "dated_on": "2026-12-31", "on": "2027-01-05"}]},
            "invoices[0].element_id",
        ),
        ({"amendments": [{"on": "2026-01-01", "terms": {}}]}, "amendments[0].on"),
        (
            {"amendments": [{"on": "2026-07-01", "terms": {"currency": "USD"}}]},
            "amendments[0].terms.currency",
        ),
    ],
)
def test_api_refuses_with_the_path(client, change, path):
    sent = body()
    sent["scenario"] |= change
    answer = post(client, sent)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert path in [problem["path"] for problem in answer.json()["problems"]]
    assert answer.json()["title"] == "The scenario cannot be used."


def test_floats_and_repeated_fields_are_refused():
    with pytest.raises(TermsError, match=r"vat\.rate"):
        read_scenario(
            '{"facts": {"effective_on": "2026-01-01"}, "until": "2026-02-01", "vat": {"rate": 0.06}}'
        )
    with pytest.raises(TermsError, match="until"):
        read_scenario('{"until": "2026-02-01", "until": "2026-02-02"}')


def test_api_limits(client, monkeypatch):
    assert post(client, "{").status_code == 400
    assert post(client, " " * (api.MAX_BYTES + 1)).status_code == 413
    assert post(client, "x", "text/plain").status_code == 415
    assert client.get(ADDRESS).status_code == 405
    monkeypatch.setattr(api, "PER_MINUTE", 0)
    assert post(client, body()).status_code == 429
