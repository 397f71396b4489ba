"""What stands on the print sheet: one page, one language."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from marketplace.clock import today
from marketplace.money import Money
from marketplace.terms.words import one_line, plain_words

from . import facts
from .chart import WIDE, draw
from .playing import Playing

MOST_YEARS = 14
ROOM = 21  # lines of text that fit below the chart beside or besides the table of years
LINE = {"zh": 52, "en": 112}  # characters in one


def sheet_data(playing: Playing, address: str) -> dict:
    """JSON for marketplace/typst/simulation.typ, in the active language."""
    courses = [playing.course] if playing.then is None else [playing.course, playing.then]
    front, lang = courses[-1], playing.lang
    svg = render_to_string(
        "simulator/_chart.html", {"chart": draw(courses, lang, width=WIDE), "on_paper": True, "course": front}
    )
    years: dict[int, list[int]] = {}
    for which, course in enumerate(courses):
        for line in course.lines:
            years.setdefault(line.due_on.year, [0] * len(courses))[which] += line.minor
    rows = [
        [str(year), *(Money(minor, front.currency).format() for minor in sums)]
        for year, sums in sorted(years.items())
        if any(sums)
    ]
    totals = [_("All in all"), *(Money(course.total, front.currency).format() for course in courses)]
    heads = [_("Due in")] + (
        [_("Before the change"), _("After the change")] if len(courses) > 1 else [_("Amount")]
    )
    unsold = facts.unsold(playing.if_nothing_is_sold(), playing.needs, more=playing.today is not None)
    known = [*facts.sums_of(front), *unsold, *facts.days_of(front, playing.scenario, lang)]
    share = facts.share_of_sales(front, playing.scenario, lang)
    return {
        "title": _("Simulation"),
        "subtitle": playing.source.title,
        "issued": today(),
        "gist": one_line(playing.shown, lang),
        "scenario": _("Scenario: %(name)s") % {"name": playing.scenario_name},
        "chart": svg,
        "legend": _("Bars: falls due. Line: sum so far. Shade: free use.")
        + (" " + _("Solid: before the change; dashed: after it.") if len(courses) > 1 else ""),
        "facts": [
            [fact.label, " · ".join(part for part in (fact.value, fact.note) if part)]
            for fact in [*known, *([share] if share else [])]
        ],
        "years_title": _("What is due when"),
        "years_head": heads,
        "years": [*rows[:MOST_YEARS], totals],
        "years_more": _("Further years are left out of the table.") if len(rows) > MOST_YEARS else "",
        "words_title": _("What the terms say of payment"),
        "words": _fitting(payment_words(playing, lang), "en" if lang.startswith("en") else "zh", len(rows)),
        "difference": facts.in_words(*courses) if len(courses) > 1 else "",
        "note": _(
            "Computed by the code that computes charges, from assumptions: a simulation, not an offer and no forecast."
        ),
        "address": settings.SITE_URL + address if address else "",
        "lang": "en" if lang.startswith("en") else "zh",
    }


def _fitting(lines, lang: str, years: int) -> list[str]:
    """As many lines as the page has room for."""
    room = ROOM - max(min(years, MOST_YEARS) + 2, 10) - 4
    found = []
    for line in lines:
        room -= -(-len(line) // LINE[lang])
        if room < 0:
            return [*found, _("The full words stand on the page.")]
        found.append(line)
    return found


def payment_words(playing: Playing, lang: str):
    """What is paid first, then limits and free use."""
    trial, payments, limits = plain_words(playing.shown, lang)[1:4]
    yield from (*payments.lines, *limits.lines, *trial.lines)
