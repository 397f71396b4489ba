"""Taking over listings from a file: send it, read what would happen, then take it over."""

import io

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cms.forms import ImportForm
from cms.imports import COLUMNS, OUTCOMES, write_template
from cms.imports.runs import run_for_real, start_run
from cms.models import ImportRun, ImportState
from cms.views.lists import own_pages
from marketplace.organisations.acting import permit
from marketplace.tables import export

PAGE_SIZE = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _runs(request):
    own_pages(request.acting, "listing")
    permit(request.acting, "listing.import", request.acting.organisation)
    return ImportRun.objects.visible_to(request.acting)


@login_required
def listing_import(request):
    runs = _runs(request)
    sent = request.method == "POST"
    form = ImportForm(request.POST if sent else None, request.FILES if sent else None)
    if sent and form.is_valid():
        run = start_run(form.cleaned_data["file"], actor=request.acting)
        return redirect("import_run", run.pk)
    recent = runs.defer("report").select_related("user")[:20]
    return render(request, "cms/import_list.html", {"form": form, "runs": recent, "columns": COLUMNS})


@login_required
@require_safe
def import_template(request):
    out = io.BytesIO()
    write_template(out)
    return HttpResponse(
        out.getvalue(),
        content_type=_XLSX,
        headers={"Content-Disposition": 'attachment; filename="usefirst-listings.xlsx"'},
    )


@login_required
def import_run(request, pk):
    run = get_object_or_404(_runs(request), pk=pk)
    wanted = request.GET.get("outcome", "")
    lines = [line for line in run.report if wanted not in OUTCOMES or line["outcome"] == wanted]
    for line in lines:
        line["word"] = OUTCOMES[line["outcome"]]
    return render(
        request,
        "cms/import_run.html",
        {
            "run": run,
            "lines": Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page")),
            "counts": [(key, OUTCOMES[key], run.counts.get(key, 0)) for key in OUTCOMES],
            "outcome": wanted,
            "runs_now": run.state in (ImportState.WAITING, ImportState.RUNNING),
            "can_take_over": run.dry_run
            and run.state == ImportState.DONE
            and run.counts.get("created", 0) + run.counts.get("updated", 0) > 0,
        },
    )


@login_required
@require_POST
def import_for_real(request, pk):
    run = run_for_real(get_object_or_404(_runs(request), pk=pk), actor=request.acting)
    messages.info(request, _("The rows are being taken over. You may leave this page and come back."))
    return redirect("import_run", run.pk)


@login_required
@require_safe
def import_report(request, pk):
    run = get_object_or_404(_runs(request), pk=pk)
    columns = [
        (gettext_lazy("Row"), "row"),
        (gettext_lazy("Own number"), "reference"),
        (gettext_lazy("Title"), "title"),
        (gettext_lazy("Outcome"), lambda line: str(OUTCOMES[line["outcome"]])),
        (gettext_lazy("Reason"), "reason"),
        (gettext_lazy("Number"), "code"),
    ]
    return export(request, f"import-{run.pk}", columns, run.report, request.GET.get("export") or "xlsx")
