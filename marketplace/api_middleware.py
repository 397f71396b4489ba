"""The shorter way of programs."""

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from marketplace.http_api import problem
from marketplace.language import LanguageMiddleware

PREFIX = "/api/"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}


class ApiMiddleware:
    """What programs ask for is answered from here, past the middleware below, which serves people: sessions, forms,
    signing in, messages, the policy of pages. The host is checked and the language chosen as everywhere; who asks is
    told by a key (organisations.key_auth)."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.answer = convert_exception_to_response(LanguageMiddleware(CommonMiddleware(_answer)))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = self.answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def _answer(request: HttpRequest) -> HttpResponse:
    try:
        if "\x00" in request.path_info:  # as in marketplace.strays
            raise Resolver404
        match = request.resolver_match = resolve(request.path_info)
    except Resolver404:
        return problem(404, _("There is no such thing, or it is not yours."), code="not_found")
    return match.func(request, *match.args, **match.kwargs)
