"""Visitors at addresses that are none: that only receive forms (usually sent there by a sign-in in mid-form), or that
hold a sign which the database refuses."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render


class StrayMiddleware:
    """A browser's GET that is answered by an empty 405 gets a page that says what to do; programs get the 405."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:  # asked for a number with it, PostgreSQL would fail
            raise Http404
        response = self.get_response(request)
        browser = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != 405 or response.content or not browser:
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response.get("Allow", "POST")
        return page
