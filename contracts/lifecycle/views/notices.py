"""Public notices for anybody: the list, one notice with the form to object, and what became of an objection."""

from allauth.core import ratelimit
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from contracts.lifecycle import services, working_days
from contracts.lifecycle.forms import ObjectionForm
from contracts.lifecycle.models import PublicNotice
from contracts.lifecycle.states import NoticeState
from marketplace.clock import today
from marketplace.refusals import Refused
from marketplace.tables import export
from marketplace.terms.phrases import REGIONS

PER_PAGE = 20
SORTS = {"number": "number", "published": "published_on", "until": "ends_on", "state": "state"}
COLUMNS = [
    (lambda: _("Number"), "number"),
    (lambda: _("Result"), "title"),
    (lambda: _("Licensor"), "licensor"),
    (lambda: _("Licensee"), "licensee"),
    (lambda: _("Price"), "price"),
    (lambda: _("Published on"), "published_on"),
    (lambda: _("Until the end of"), "ends_on"),
    (lambda: _("State"), "get_state_display"),
]


def notices(request: HttpRequest) -> HttpResponse:
    """Running notices first; ended ones stay readable."""
    which = "all" if request.GET.get("show") == "all" else "running"
    found = PublicNotice.objects.exclude(state=NoticeState.WITHDRAWN)
    if which == "running":
        found = found.running().filter(ends_on__gte=today()).order_by("ends_on", "id")
    words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    if words:
        found = found.holding(words)
    sort = request.GET.get("sort", "")
    if (column := SORTS.get(sort.removeprefix("-"))) is not None:
        found = found.order_by(f"-{column}" if sort.startswith("-") else column, "id")
    if "export" in request.GET:
        return export(request, "public-notices", [(head(), getter) for head, getter in COLUMNS], found)
    context = {
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "which": which,
        "words": words,
        "today": today(),
    }
    return render(request, "contracts/lifecycle/notice_list.html", context)


@never_cache
def notice(request: HttpRequest, number: str) -> HttpResponse:
    shown = get_object_or_404(PublicNotice.objects.exclude(state=NoticeState.WITHDRAWN), number=number)
    is_open = shown.state == NoticeState.RUNNING and today() <= shown.ends_on
    form = ObjectionForm(request.POST or None) if is_open else None
    if request.method == "POST":
        if form is None:
            raise Refused(
                _("The time for objections is over: this notice ended on %(day)s.") % {"day": shown.ends_on}
            )
        if form.is_valid():
            if not ratelimit.consume(request, action="objection"):
                form.add_error(None, _("Too many objections came from your address; try again in an hour."))
            else:
                _objection, token = services.lodge_objection(shown, **form.cleaned_data)
                messages.success(request, _("Your objection was received. Keep the address of this page."))
                return redirect("objection_receipt", token=token)
    place = 0 if request.LANGUAGE_CODE.startswith("zh") else 1
    context = {
        "notice": shown,
        "form": form,
        "is_open": is_open,
        "payments": shown.content["payments_en" if place else "payments_zh"],
        "territory": [REGIONS.get(code, (code, code))[place] for code in shown.content["territory"]],
        "objections": shown.objections.count(),
        "parties": [
            (label, shown.content[key])
            for label, key in (
                (_("Licensor"), "licensor"),
                (_("Licensee"), "licensee"),
                (_("Agency"), "agency"),
            )
            if shown.content.get(key)
        ],
    }
    return render(request, "contracts/lifecycle/notice_detail.html", context)


@never_cache
def objection_receipt(request: HttpRequest, token: str) -> HttpResponse:
    """What became of an objection, for whoever holds the secret link."""
    found = services.find_objection(token)
    if found is None:
        raise Http404
    context = {
        "objection": found,
        "notice": found.notice,
        "calendar_note": working_days.note(found.decide_by),
    }
    return render(request, "contracts/lifecycle/objection_receipt.html", context)
