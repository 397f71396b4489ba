"""Other terms laid beside the ones that are played: written in the editor of terms, computed and forgotten."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from marketplace.editor.forms import TermsForm
from marketplace.editor.starts import Start
from marketplace.editor.words import pane, shown
from marketplace.simulator.playing import Playing
from marketplace.simulator.sources import Source
from marketplace.terms import Problem, Terms, write

# What the page says besides the terms; figures that were turned ("t.…") are in the terms that the editor begins with.
_SAID = re.compile(r"base|was|was_by|scenario|start|by|since|converts|decided|delivered|m\d+_\d+|e\d+")


def edit(
    request: HttpRequest,
    source: Source,
    played: Callable[[Source, dict[str, str]], Playing],
    *,
    action: str,
    back: str,
    also: Callable[[Terms], list[Problem]] | None = None,
) -> HttpResponse | Playing:
    """The editor, begun with the terms in front; once they are sound and sent, both versions as played."""
    posted = request.method == "POST"
    data = (request.POST if posted else request.GET).dict()
    said = {name: text for name, text in data.items() if _SAID.fullmatch(name)}
    if posted and ("whole" in data or "do" in data):
        form = TermsForm(request.POST, request.FILES, start=Start.of(source.agreed), also=also)
    else:
        form = TermsForm(start=Start.of(played(source, data).shown), also=also)
    if "words" in request.GET:
        return render(request, "editor/_words.html", {"pane": pane(form), "form": form})
    if (document := form.download()) is not None:
        return document
    if form.is_bound and form.is_valid():
        terms = json.dumps(write(form.terms), ensure_ascii=False)
        return played(source, {**said, "terms": terms})
    context = {
        "source": source,
        "said": said,
        "action": action,
        "back": back,
        **shown(form),
    }
    response = render(request, "simulator/terms.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "private, no-store"
    return response
