"""POST /api/v1/terms/simulate: the same answer as the command, for anybody. Nothing is stored."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from ninja import Router

from marketplace import terms
from marketplace.http_api import Problem, problem

from .limits import MAX_BYTES, PER_MINUTE, refuse_too_large, too_often
from .scenario import read_json, read_scenario
from .simulate import simulate

router = Router(tags=["terms"])


# No session is read and nothing is changed: no key is asked for.
@router.post(
    "/terms/simulate",
    response={200: dict, 400: Problem, 413: Problem, 415: Problem, 422: Problem, 429: Problem},
    url_name="api_simulate_terms",
    summary="Compute terms under a scenario",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["terms", "scenario"],
                        "properties": {"terms": {"type": "object"}, "scenario": {"type": "object"}},
                    }
                }
            },
        }
    },
)
def simulate_terms(request: HttpRequest) -> JsonResponse:
    """{"terms": …, "scenario": …} → the answer; problems as application/problem+json."""
    if too_often(request, "api", PER_MINUTE):
        return _problem(429, "Too many simulations from this address; try again in a minute.")
    if request.content_type != "application/json":
        return _problem(415, "The body must be application/json.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return _problem(413, f"At most {MAX_BYTES} bytes.")
    try:
        document = read_json(request.body)
    except terms.TermsError as error:
        return _problem(400, "The body is not JSON.", error)
    if not isinstance(document, dict) or set(document) != {"terms", "scenario"}:
        return _problem(422, 'The body must be an object with exactly "terms" and "scenario".')
    place = "terms"
    try:
        agreed = terms.read(document["terms"])
        refuse_too_large(agreed)
        place = "scenario"
        scenario = read_scenario(document["scenario"], agreed)
        for each in scenario.amendments:
            refuse_too_large(each.terms)
        place = "terms"
        return JsonResponse(simulate(agreed, scenario), json_dumps_params={"ensure_ascii": False})
    except terms.TermsError as error:
        return _problem(422, f"The {place} cannot be used.", error)


def _problem(status: int, title: str, error: terms.TermsError | None = None) -> JsonResponse:
    if error is None:
        return problem(status, title)
    problems = [
        {"path": p.path, "code": p.code, "zh": p.message("zh-hans"), "en": p.message("en")}
        for p in error.problems
    ]
    return problem(status, title, problems=problems)
