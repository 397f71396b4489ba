"""Short sentences that letters and pages share, in the reader's language when they are shown."""

from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.terms import Silence
from marketplace.terms.names import NAMES, milestone_name

SILENCE = {
    Silence.DECLINE: _("the licence is not converted"),
    Silence.CONVERT: _("the licence is converted"),
}
TRIGGER = {
    "time": _("the agreed day has come."),
    "event": _("the agreed event is on record."),
    "threshold": _("the agreed threshold was reached."),
    "converted": _("the licensee converted."),
    "declined": _("the option has ended; the other terms go on."),
    "trial_end": _("the free-use period has ended."),
    "no_trial": _("the delivery was accepted, and no free-use period is agreed."),
}


def silence_words(silence: Silence):
    """What silence on the last day stands for."""
    return SILENCE[silence]


def trigger_words(code: str):
    """Why a contract is in force; `code` is what rating says fired, or one of our own."""
    return TRIGGER[code]


def _event(name: str) -> str:
    place = 1 if (get_language() or "").startswith("en") else 0
    kind, _sep, detail = name.partition(":")
    if kind == "milestone" and detail:
        return str(_("milestone: {name}")).format(name=milestone_name(detail, place))
    return NAMES[name][place] if name in NAMES else name


def event_label(name: str):
    """An event of the terms for people, in the language in which it is shown."""
    return lazy(_event, str)(name)
