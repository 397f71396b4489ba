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

from marketplace.programmes.models import PilotProgramme
from marketplace.simulator import sources
from marketplace.simulator.limits import MAX_BYTES, too_often
from marketplace.simulator.page import context_of, download
from marketplace.simulator.playing import Playing
from marketplace.terms.presets import PRESETS

PAGES_PER_MINUTE = 120  # a slider asks again while it is moved


# Whole terms may be sent by POST so that they stand in no address. Nothing is stored or changed, so there is nothing
# that a forged request could do.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def simulator(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated and too_often(request, "page", PAGES_PER_MINUTE):
        return _sorry(request, 429, _("Too many calculations from this address. Try again in a minute."))
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return _sorry(request, 413, _("At most 256 kB of terms can be sent."))
    posted = request.method == "POST"
    data = request.POST if posted else request.GET
    if opened := data.get("open", ""):
        kind, _sep, key = opened.partition(":")
        return redirect(f"{reverse('simulator')}?{urlencode({kind: key})}" if key else reverse("simulator"))
    source = sources.find(data, request.acting, get_language())
    if source is None:
        raise Http404
    playing = Playing(source, data.dict(), get_language())
    address = f"{reverse('simulator')}?{urlencode(playing.query)}"
    in_address = not data.get("terms", "").strip()
    if export := data.get("export"):
        if playing.course is not None:
            return download(request, playing, export, address if in_address else "")
    elif not posted and not request.htmx and playing.course and "base" in data:
        return redirect(address)  # a sent form: the address becomes the short one that opens the same again
    context = {
        **context_of(playing),
        "address": address if in_address else "",
        "query": urlencode(playing.query),
        "reset": f"{reverse('simulator')}?{urlencode(source.query)}",
        "htmx": bool(request.htmx),
        "method": "get",
        "action": reverse("simulator"),
        "opened": f"{source.kind}:{source.key}",
    }
    if not request.htmx:
        context |= {
            "presets": [(f"preset:{key}", ready.title(get_language())) for key, ready in PRESETS.items()],
            "pilots": [(f"programme:{one.code}", one.name) for one in PilotProgramme.objects.all()],
            "examples": [(f"example:{key}", sources.example_title(key)) for key in sources.example_keys()],
        }
    template = "simulator/_answer.html" if request.htmx else "simulator/simulator.html"
    response = render(request, template, context, status=200 if playing.course or request.htmx else 422)
    if request.htmx and playing.course and in_address:
        response["HX-Replace-Url"] = address
    response["Cache-Control"] = "private, no-store" if posted or request.user.is_authenticated else "no-cache"
    return response


def _sorry(request: HttpRequest, status: int, words: str) -> HttpResponse:
    template = "simulator/_sorry.html" if request.htmx else "simulator/sorry.html"
    return render(request, template, {"words": words}, status=200 if request.htmx else status)
