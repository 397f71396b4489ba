"""Reasons that nobody wrote by hand: stored as they were said, by whatever process, shown in the reader's language."""

import re
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

_PLACE = re.compile(r"%\((\w+)\)s")
_sentences: list[Promise] = []


def known(sentence: Promise) -> Promise:
    """Make a sentence one of ours; later steps add their own when they are loaded. It may have one place (%(reason)s)
    for another reason or for somebody else's words."""
    _sentences.append(sentence)
    _forms.cache_clear()
    return sentence


@cache
def _forms() -> tuple[tuple[re.Pattern, Promise], ...]:
    """Our sentences, with what they look like in any language."""
    found = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            for sentence in _sentences:
                before, *rest = _PLACE.split(str(sentence), maxsplit=1)
                form = re.escape(before)
                if rest:
                    form += f"(?P<{rest[0]}>.*){re.escape(rest[1])}"
                found.append((re.compile(form, re.DOTALL), sentence))
    return tuple(found)


def in_the_readers_language(reason: str) -> str:
    """The reason in the language of now where it is one of ours, else as it was written."""
    for form, sentence in _forms():
        if found := form.fullmatch(reason):
            inside = {name: in_the_readers_language(words) for name, words in found.groupdict().items()}
            return str(sentence) % inside if inside else str(sentence)
    return reason


CORRECTION = known(_("Correction of an earlier period"))
# Why a month end was stopped, or one contract in it: what a refusal says to whom it is not permitted.
REFUSALS = (
    known(_("Your role does not allow this step.")),
    known(_("You are not acting for the organisation that may do this.")),
    known(_("Your organisation must be verified by the operator first.")),
    known(_("You belong to both sides of this deal; somebody else has to do this step.")),
)
