"""Reasons of papers that nobody wrote by hand: stored as they were said, shown in the reader's language."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

CORRECTION = _("Correction of an earlier period")


def in_the_readers_language(reason: str) -> str:
    """The reason in the language of now where it is one of ours, else as it was written."""
    for language, _name in settings.LANGUAGES:
        with override(language):
            ours = reason == str(CORRECTION)
        if ours:
            return str(CORRECTION)
    return reason
