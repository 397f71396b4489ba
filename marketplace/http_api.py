"""What every address of the API shares: keys, and problems as RFC 9457 says (`application/problem+json`).

django-ninja draws up the OpenAPI document from the operations, costs next to nothing a call, and lets the one hot
operation read its body itself.
"""

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from marketplace.refusals import Incomplete, Refused

PROBLEM = "application/problem+json"
BEARER = {"WWW-Authenticate": 'Bearer realm="api"'}


class Problem(Schema):
    """RFC 9457. `code` is for programs, `title` for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str = ""


def problem(status: int, title: str, *, headers: dict | None = None, **more) -> JsonResponse:
    body = {"type": "about:blank", "title": str(title), "status": status} | more
    return JsonResponse(
        body,
        status=status,
        content_type=PROBLEM,
        headers=headers,
        json_dumps_params={"ensure_ascii": False},
    )


def answer_problems(api: NinjaAPI) -> None:
    """Every way in which an operation can say no, as a problem document."""

    @api.exception_handler(AuthenticationError)
    def unknown_key(request: HttpRequest, error):
        title = _("Send a key that is in force: Authorization: Bearer ufk_…")
        return problem(401, title, headers=BEARER, code="key")

    @api.exception_handler(Refused)
    def refused(request: HttpRequest, error: Refused):
        more = {"missing": error.missing} if isinstance(error, Incomplete) else {}
        return problem(error.status, error.message, code=error.code, **more)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError):
        fields = [{"path": ".".join(map(str, e["loc"][1:])), "reason": e["msg"]} for e in error.errors]
        return problem(422, _("The request cannot be understood."), code="invalid", problems=fields)

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error):
        return problem(404, _("There is no such thing, or it is not yours."), code="not_found")

    @api.exception_handler(HttpError)
    def plain(request: HttpRequest, error: HttpError):
        return problem(error.status_code, error.message)

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, error):
        return problem(413, _("The body is too large."), code="too_large")
