"""POST /api/v1/terms/simulate: the same answer as the command, for anybody. Nothing is stored."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from marketplace import terms

from .limits import MAX_BYTES, PER_MINUTE, refuse_too_large, too_often
from .scenario import read_json, read_scenario
from .simulate import simulate


# No session is read and nothing is changed, so there is nothing that a forged request could do.
@csrf_exempt
@require_POST
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
        scenario = read_scenario(document["scenario"])
        place = "terms"
        return JsonResponse(simulate(agreed, scenario), json_dumps_params={"ensure_ascii": False})
    except terms.TermsError as error:
        return _problem(422, f"The {place} cannot be used.", error)


def _problem(status: int, title: str, error: terms.TermsError | None = None) -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": status}
    if error is not None:
        body["problems"] = [
            {"path": p.path, "code": p.code, "zh": p.message("zh-hans"), "en": p.message("en")}
            for p in error.problems
        ]
    return JsonResponse(body, status=status, content_type="application/problem+json")
