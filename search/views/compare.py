"""Up to four things side by side."""

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from cms.models import ListingPage, NeedPage, ServicePage
from marketplace.money import Money
from search.facets import TRIGGERS, region_name, trl_name
from search.models import Kind, SearchDocument
from search.viewer import viewer_of

MOST = 4
_PAGES = {
    Kind.LISTING: (ListingPage, ("programme",), ("ip_rights",)),
    Kind.NEED: (NeedPage, (), ()),
    Kind.SERVICE: (ServicePage, (), ()),
}


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """`?ids=1&ids=2` or `?ids=1,2`; what the reader may not see is left out as if it were not there."""
    asked = re.findall(r"\d{1,12}", ",".join(request.GET.getlist("ids"))[:400])
    ids = list(dict.fromkeys(int(number) for number in asked))
    documents = (
        SearchDocument.objects.visible_to(viewer_of(request.acting))
        .exclude(kind=Kind.INSTITUTION)
        .defer("words", "characters", "source")
        .in_bulk(ids)
    )
    chosen = [documents[pk] for pk in ids if pk in documents]
    shown = chosen[:MOST]
    pages = _pages(shown, request.acting)
    columns = [
        {"document": d, "without": _address([other.pk for other in shown if other is not d])} for d in shown
    ]
    rows = [
        (label, cells)
        for label, read in _ROWS
        if any(cells := [read(document, pages.get(document.pk)) for document in shown])
    ]
    context = {"columns": columns, "rows": rows, "left_out": len(chosen) - len(shown), "most": MOST}
    return render(request, "search/compare.html", context)


def _address(ids: list[int]) -> str:
    return f"{reverse('compare')}?ids={','.join(map(str, ids))}" if ids else reverse("search")


def _pages(documents: list[SearchDocument], acting) -> dict:
    pages: dict = {}
    for kind, (model, related, several) in _PAGES.items():
        ids = [d.pk for d in documents if d.kind == kind]
        if ids:
            found = model.objects.visible_to(acting).select_related("field", *related)
            pages |= found.prefetch_related(*several).in_bulk(ids)
    return pages


def _lines(text: str) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _rights(page) -> list[str]:
    return [
        " · ".join(
            part for part in (right.get_kind_display(), right.number, right.get_status_display()) if part
        )
        for right in page.ip_rights.all()
    ]


def _budget(page) -> str:
    bounds = [page.budget_min_minor, page.budget_max_minor]
    words = [Money(b, page.currency).format() if b is not None else "" for b in bounds]
    return " – ".join(words) if any(words) else ""


def _months(months: int | None) -> str:
    if months is None:
        return ""
    return ngettext("%(months)s month", "%(months)s months", months) % {"months": months}


def _trigger(document: SearchDocument, page) -> str:
    """In the institution's words, else by kind."""
    words = getattr(page, "trigger", "")
    return words or ", ".join(str(TRIGGERS.get(kind, kind)) for kind in document.triggers)


def _programme(page) -> str:
    programme = getattr(page, "programme", None)
    return programme.name if programme else ""


def _of(name: str):
    """A cell from an attribute of the page; "" for kinds of pages without it."""

    def read(document: SearchDocument, page):
        value = getattr(page, name, "") if page else ""
        return value() if callable(value) else value

    return read


def _only(test: str, read):
    return lambda document, page: read(page) if page and hasattr(page, test) else ""


_ROWS = [
    (_("Kind"), lambda document, page: document.get_kind_display()),
    (_("Summary"), lambda document, page: document.summary),
    (_("Institution"), lambda document, page: document.organisation),
    (_("Problem"), _only("problem_zh", lambda page: _lines(page.problem))),
    (_("What is better"), _only("advantage_zh", lambda page: _lines(page.advantage))),
    (_("Applications"), _only("applications_zh", lambda page: _lines(page.applications))),
    (_("What is done"), _only("what_zh", lambda page: _lines(page.what))),
    (_("Conditions"), _only("constraints_zh", lambda page: _lines(page.constraints))),
    (_("Technology readiness level"), lambda document, page: document.trl and trl_name(str(document.trl))),
    (_("Evidence of readiness"), _only("trl_evidence_zh", lambda page: _lines(page.trl_evidence))),
    (_("Maturity stage"), _of("get_maturity_display")),
    (_("Rights"), _only("ip_rights", _rights)),
    (_("Licence offered"), _of("get_exclusivity_display")),
    (_("Territory"), _of("territory")),
    (_("Free period"), lambda document, page: _months(document.free_months)),
    (_("Payment trigger"), lambda document, page: _trigger(document, page)),
    (_("Payment form"), _of("get_payment_form_display")),
    (_("Offer"), lambda document, page: document.offer),
    (_("Budget"), _only("budget_min_minor", _budget)),
    (_("Proposals until"), _of("deadline_on")),
    (_("Working days it takes"), _of("turnaround_days")),
    (_("Field of science"), lambda document, page: page.field.name if page and page.field else ""),
    (_("Region"), lambda document, page: region_name(document.region) if document.region else ""),
    (_("Pilot programme"), lambda document, page: _programme(page)),
]
