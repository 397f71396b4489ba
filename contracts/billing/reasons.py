"""Reasons that nobody wrote by hand: stored as they were said, by whatever process, shown in the reader's language."""

from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

CORRECTION = _("Correction of an earlier period")
# Why a month end was stopped, or one contract in it: what a refusal says to whom it is not permitted.
REFUSALS = (
    _("Your role does not allow this step."),
    _("You are not acting for the organisation that may do this."),
    _("Your organisation must be verified by the operator first."),
    _("You belong to both sides of this deal; somebody else has to do this step."),
)


@cache
def _known() -> dict[str, Promise]:
    """Our sentences by what they are in any language."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {str(sentence): sentence for sentence in (CORRECTION, *REFUSALS)}
    return found


def in_the_readers_language(reason: str) -> str:
    """The reason in the language of now where it is one of ours, else as it was written."""
    return str(_known().get(reason, reason))
