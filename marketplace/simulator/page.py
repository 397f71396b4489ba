"""What the simulator's templates draw with, and what can be taken away: table, documents, print sheet."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils.translation import gettext as _

from marketplace.documents import render_pdf
from marketplace.editor.words import in_both
from marketplace.money import Money
from marketplace.tables import export as table
from marketplace.terms import Span, check
from marketplace.terms.words import one_line, plain_words

from . import facts
from .chart import NARROW, WIDE, draw, draw_years
from .course import Course
from .playing import Playing
from .sections import sections_of
from .sheet import sheet_data

MANY_LINES = 40  # more are folded by year


def context_of(playing: Playing) -> dict:
    """Everything of one look; without a course only the form and its errors."""
    lang, shown = playing.lang, playing.shown
    context = {
        "playing": playing,
        "form": playing.form,
        "source": playing.source,
        "gist": one_line(shown, lang),
        "words": plain_words(shown, lang),
        "site_url": settings.SITE_URL,
        "exports": [
            ("pdf", _("Print sheet (PDF)")),
            ("xlsx", "xlsx"),
            ("csv", "csv"),
            *([("json", "JSON")] if playing.played else []),
        ],
        "asks": bool(playing.needs.meters),
    }
    if playing.course is None:
        return context
    courses = [playing.course] if playing.then is None else [playing.course, playing.then]
    front, scenario = courses[-1], playing.scenario
    unsold = facts.unsold(playing.if_nothing_is_sold(), playing.needs, more=playing.today is not None)
    context |= {
        "course": front,
        "charts": [("wide", draw(courses, lang, width=WIDE, today=playing.today)),
                   ("narrow", draw(courses, lang, width=NARROW, today=playing.today))],
        "years": [(name, chart) for name, width in (("wide", WIDE), ("narrow", NARROW))
                  if (chart := draw_years(courses, lang, width=width))],
        "marks": [(number, on, [(mark.title, facts.by_words(mark.by)) for mark in marks])
                  for number, on, marks in facts.numbered(front)],
        "sums": [*facts.sums_of(front), *unsold],
        "days": facts.days_of(front, scenario, lang),
        "share": facts.share_of_sales(front, scenario, lang),
        "doubts": facts.doubts(scenario) if not playing.today else [],
        "warnings": [(problem.message(lang), problem.source) for problem in check(shown)],
        "by_year": lines_by_year(front),
        "yearly_cap": any(cap.span is Span.YEAR for cap in front.caps),
        "fold": len(front.lines) > MANY_LINES,
        "sections": sections_of(playing.answer, front.currency) if playing.answer else [],
        "usage": facts.reported(scenario, lang, front.currency) if playing.fixed else (),
    }  # fmt: skip
    if playing.then is not None:
        context |= {
            "compared": facts.compared(playing.course, playing.then),
            "difference": facts.in_words(playing.course, playing.then),
            "changes": in_both(playing.agreed, playing.changed),
            "both": versions(playing.course, playing.then, playing),
        }
    return context


def versions(before: Course, after: Course, playing: Playing) -> list[dict]:
    """Both versions one beside the other: terms in a line, chart, what is due when; with one scale for both."""
    both, lang = (before, after), playing.lang
    named = ((_("Before the change"), playing.agreed), (_("After the change"), playing.changed))
    return [
        {
            "title": title,
            "gist": one_line(agreed, lang),
            "course": course,
            "chart": draw([course], lang, width=NARROW, today=playing.today, beside=both),
            "by_year": lines_by_year(course),
        }
        for course, (title, agreed) in zip(both, named, strict=True)
    ]


def lines_by_year(course) -> list[tuple[int, int, list]]:
    """(year in which they are due, its sum, the lines)."""
    years: dict[int, list] = {}
    for line in course.lines:
        years.setdefault(line.due_on.year, []).append(line)
    return [(year, sum(line.minor for line in lines), lines) for year, lines in sorted(years.items())]


def download(request: HttpRequest, playing: Playing, kind: str, address: str) -> HttpResponse:
    """The table as xlsx or csv, the documents as JSON, the print sheet as PDF; `address` opens it again, "" where no
    address may say it."""
    course = playing.then or playing.course
    if kind == "json" and playing.played:
        response = JsonResponse(playing.document, json_dumps_params={"ensure_ascii": False, "indent": 1})
        response["Content-Disposition"] = 'attachment; filename="simulation.json"'
    elif kind == "pdf":
        pdf = render_pdf("marketplace/simulation", sheet_data(playing, address))
        name = f"simulation-{playing.lang[:2]}.pdf"
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        response = HttpResponse(pdf, content_type="application/pdf", headers=headers)
    elif kind in ("xlsx", "csv"):
        columns = [
            (_("Due on"), "due_on"),
            (_("What"), "title"),
            (_("From"), "start"),
            (_("To"), "end"),
            (_("Dated"), "dated_on"),
            (_("Amount"), lambda line: Money(line.minor, course.currency)),
            (_("So far"), lambda line: Money(line.so_far, course.currency)),
            (_("How it came about"), lambda line: " ".join(line.sentences)),
        ]
        response = table(request, "simulation", columns, course.lines, kind)
    else:
        return HttpResponseBadRequest(
            _("Choose pdf, xlsx, csv or json."), content_type="text/plain; charset=utf-8"
        )
    response["Cache-Control"] = "private, no-store"
    return response
