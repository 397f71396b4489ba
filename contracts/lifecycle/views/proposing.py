"""Other terms from the editor: first shown as changes, then sent. For revisions and amendments alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from marketplace import terms as language
from marketplace.editor.forms import TermsForm
from marketplace.editor.words import in_both, shown
from marketplace.refusals import Refused
from marketplace.terms import Terms


def preview_then_send(
    request: HttpRequest, form: TermsForm, before: Terms, send: Callable[[Terms, dict[str, Any]], object]
) -> tuple[dict[str, Any], object]:
    """What the page shows, and what `send` made of the terms and the other fields: None until it was called.

    Only terms whose changes were seen are sent: the page brings back the hash of what it showed, so that another edit
    is shown first. What `send` refuses stands in the form.
    """
    valid = request.method == "POST" and form.is_valid()
    seen = valid and form.cleaned_data["previewed"] == language.hash_of(form.terms)
    if seen and "send" in request.POST:
        try:
            return {}, send(form.terms, form.cleaned_data)
        except Refused as refusal:
            for line in [refusal.message, *getattr(refusal, "missing", [])]:
                form.add_error(None, line)
    context = {
        "changes": in_both(before, form.terms) if valid else [],
        "preview": language.hash_of(form.terms) if valid and not form.errors else "",
        **shown(form),
    }
    return context, None
