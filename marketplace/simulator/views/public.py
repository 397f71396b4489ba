"""The simulator for everybody: no sign-in, nothing is stored, and the address says everything that was set."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from marketplace.editor.chooser import BESIDES
from marketplace.simulator import sources
from marketplace.simulator.limits import MAX_BYTES, too_often
from marketplace.simulator.page import context_of, download
from marketplace.simulator.playing import Playing
from marketplace.simulator.sources import Source
from marketplace.simulator.views.editing import edit

PAGES_PER_MINUTE = 120  # a slider asks again while it is moved


# Whole terms may be sent by POST so that they stand in no address. Nothing is stored or changed, so there is nothing
# that a forged request could do.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def simulator(request: HttpRequest) -> HttpResponse:
    if (refused := _refused(request)) is not None:
        return refused
    posted = request.method == "POST"
    data = request.POST if posted else request.GET
    if opened := data.get("open", ""):
        kind, _sep, key = opened.partition(":")
        return redirect(f"{reverse('simulator')}?{urlencode({kind: key})}" if key else reverse("simulator"))
    source = _source(request, data)
    playing = Playing(source, data.dict(), get_language())
    if export := data.get("export"):
        if playing.course is not None:
            return download(request, playing, export, _address(playing))
    elif not posted and not request.htmx and playing.course and "base" in data:
        return redirect(
            _address(playing)
        )  # a sent form: the address becomes the short one that opens the same again
    return _show(request, source, playing)


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest) -> HttpResponse:
    """The terms in the editor; sent, both versions together."""
    if (refused := _refused(request)) is not None:
        return refused
    source = _source(request, request.POST if request.method == "POST" else request.GET)
    back = f"{reverse('simulator')}?{urlencode(source.query)}"
    found = edit(request, source, _played, action=reverse("simulator_terms"), back=back)
    return _show(request, source, found) if isinstance(found, Playing) else found


def _refused(request: HttpRequest) -> HttpResponse | None:
    if not request.user.is_authenticated and too_often(request, "page", PAGES_PER_MINUTE):
        return _sorry(request, 429, _("Too many calculations from this address. Try again in a minute."))
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return _sorry(request, 413, _("At most 256 kB of terms can be sent."))
    return None


def _source(request: HttpRequest, data) -> Source:
    source = sources.find(data, request.acting, get_language())
    if source is None:
        raise Http404
    return source


def _played(source: Source, data: dict[str, str]) -> Playing:
    return Playing(source, data, get_language())


def _address(playing: Playing) -> str:
    """What opens the same again; nothing where whole terms were sent."""
    return "" if playing.sent_terms else f"{reverse('simulator')}?{urlencode(playing.query)}"


def _show(request: HttpRequest, source: Source, playing: Playing) -> HttpResponse:
    address = _address(playing)
    context = {
        **context_of(playing),
        "address": address,
        "query": urlencode(playing.query),
        "reset": f"{reverse('simulator')}?{urlencode(source.query)}",
        "htmx": bool(request.htmx),
        "method": "get" if address else "post",
        "action": reverse("simulator"),
        "edit_url": reverse("simulator_terms"),
        "opened": f"{source.kind}:{source.key}",
    }
    if not request.htmx:
        context |= {"choices": sources.choices(get_language()), "besides": BESIDES}
    template = "simulator/_answer.html" if request.htmx else "simulator/simulator.html"
    response = render(request, template, context, status=200 if playing.course or request.htmx else 422)
    if request.htmx and playing.course and address:
        response["HX-Replace-Url"] = address
    private = request.method == "POST" or request.user.is_authenticated
    response["Cache-Control"] = "private, no-store" if private else "no-cache"
    return response


def _sorry(request: HttpRequest, status: int, words: str) -> HttpResponse:
    template = "simulator/_sorry.html" if request.htmx else "simulator/sorry.html"
    return render(request, template, {"words": words}, status=200 if request.htmx else status)
