"""A small form that stands beside other things and came back: its page shows it once more, as it was typed.

Such a form is sent to an address of its own, which leads back to the page. What was typed waits in the session until the
page draws the form (`{% form … action=… %}`), so nobody writes a long reason twice because a sum beside it was wrong.
"""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict

KEY = "held_form"
MOST = 20_000  # characters: what is longer is not kept, sessions are small


def hold(request: HttpRequest, form: BaseForm, words: str = "") -> None:
    """Keep what was typed for the page that is shown next; `words` is what a rule said that no field knows of."""
    typed = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        if name != "csrfmiddlewaretoken":
            typed.setlist(name, values)
    text = typed.urlencode()
    if len(text) <= MOST and not request.FILES:  # files cannot be put back
        request.session[KEY] = {"address": request.path, "typed": text, "words": str(words)}


def tell_errors(request: HttpRequest, form: BaseForm, words: str = "") -> None:
    """What such a form got wrong, field by field (or `words`, where they say it better), as messages on the page that
    is shown next; there the form still holds what was typed."""
    hold(request, form)
    if words:
        messages.error(request, words)
        return
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        messages.error(request, f"{label}: {' '.join(errors)}" if label else " ".join(errors))


def tell_refusal(request: HttpRequest, form: BaseForm, words: str) -> None:
    """The same where every field was right, and a rule refused."""
    hold(request, form, words)
    messages.error(request, words)


def take_back(request: HttpRequest, form: BaseForm, address: str) -> None:
    """Fill the form with what was typed into it, if it is the one that came back; once."""
    held = request.session.get(KEY)
    if form.is_bound or not held or held["address"] != address:
        return
    del request.session[KEY]
    form.data, form.is_bound = QueryDict(held["typed"]), True
    form.full_clean()
    if held["words"]:
        form.add_error(None, held["words"])
