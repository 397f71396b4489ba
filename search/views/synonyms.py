"""Words that mean the same, as their keepers see them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, Func, TextField, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.organisations.acting import permit
from marketplace.refusals import Refused
from marketplace.tables import export
from search import synonyms as services
from search.analysis import clean
from search.forms import SynonymForm, SynonymImportForm
from search.models import SynonymSet, Topic

PER_PAGE = 50
SORTS = {"words": "spelled", "topic": "topic", "since": "created_at"}
COLUMNS = [
    ("pk", lambda: _("Number")),
    ("get_topic_display", lambda: _("Topic")),
    ("words", lambda: _("Words that mean the same")),
]


def _keeper(view):
    def wrapped(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        permit(request.acting, "search.keep", request.acting.organisation)
        return view(request, *args, **kwargs)

    return wrapped


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@_keeper
def synonyms(request: HttpRequest) -> HttpResponse:
    form = SynonymForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.add_synonyms(actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Added. It holds from the next search on."))
            return redirect("synonyms")
    rows, asked, topic = _rows(request)
    if "export" in request.GET:
        return export(request, "synonyms", [(head(), getter) for getter, head in COLUMNS], rows)
    context = {
        "form": form,
        "import_form": SynonymImportForm(),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "q": asked,
        "topic": topic,
        "topics": Topic.choices,
    }
    return render(request, "search/synonym_list.html", context, status=422 if form.is_bound else 200)


def _rows(request: HttpRequest):
    asked, topic, sort = (
        clean(request.GET.get("q", "")),
        request.GET.get("topic", ""),
        request.GET.get("sort", ""),
    )
    spelled = Func(F("words"), Value(", "), function="array_to_string", output_field=TextField())
    rows = SynonymSet.objects.annotate(spelled=spelled)
    if asked:
        rows = rows.filter(spelled__icontains=asked)
    if topic in Topic.values:
        rows = rows.filter(topic=topic)
    if column := SORTS.get(sort.removeprefix("-")):
        rows = rows.order_by(("-" if sort.startswith("-") else "") + column, "-pk")
    return rows, asked, topic


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@_keeper
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SynonymSet, pk=pk)
    initial = {"words": ", ".join(found.words), "topic": found.topic}
    form = SynonymForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            services.change_synonyms(found, actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Changed. It holds from the next search on."))
            return redirect("synonyms")
    status = 422 if form.is_bound else 200
    return render(request, "search/synonym_form.html", {"form": form, "set": found}, status=status)


@login_required
@require_POST
@_keeper
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove_synonyms(get_object_or_404(SynonymSet, pk=pk), actor=request.acting)
    messages.success(request, _("Removed."))
    return redirect("synonyms")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@_keeper
def take_over(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "search/synonym_import.html", {"form": SynonymImportForm()})
    form, report = SynonymImportForm(request.POST, request.FILES), None
    if form.is_valid():
        try:
            report = services.import_synonyms(form.cleaned_data["file"].read(), actor=request.acting)
        except Refused as refusal:
            form.add_error("file", refusal.message)
    if report is None or report.problems:
        return render(request, "search/synonym_import.html", {"form": form, "report": report}, status=422)
    messages.success(
        request,
        _("Added: %(added)s, changed: %(changed)s, as before: %(same)s.")
        % {"added": len(report.added), "changed": len(report.changed), "same": report.unchanged},
    )
    return redirect("synonyms")
