"""Reasons that nobody wrote by hand: stored as they were said, by whatever process, shown in the reader's language."""

from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

_sentences: list[Promise] = []


def known(sentence: Promise) -> Promise:
    """Make a sentence one of ours; later steps add their own when they are loaded."""
    _sentences.append(sentence)
    _by_text.cache_clear()
    return sentence


@cache
def _by_text() -> dict[str, Promise]:
    """Our sentences by what they are in any language."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {str(sentence): sentence for sentence in _sentences}
    return found


def in_the_readers_language(reason: str) -> str:
    """The reason in the language of now where it is one of ours, else as it was written."""
    return str(_by_text().get(reason, reason))


CORRECTION = known(_("Correction of an earlier period"))
# Why a month end was stopped, or one contract in it: what a refusal says to whom it is not permitted.
REFUSALS = (
    known(_("Your role does not allow this step.")),
    known(_("You are not acting for the organisation that may do this.")),
    known(_("Your organisation must be verified by the operator first.")),
    known(_("You belong to both sides of this deal; somebody else has to do this step.")),
)
