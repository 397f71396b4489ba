"""What a contract's events add up to, day by day; closing periods; events from a spreadsheet."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST

from contracts.usage.access import contract_in_effect, may_read_usage
from contracts.usage.forms import SheetForm
from contracts.usage.metering import closings, files
from contracts.usage.metering.cloudevents import day_number, day_of
from contracts.usage.metering.models import EventFile, RefusedEvent
from contracts.usage.metering.queries import daily_sums, events_of_day, refused_events
from contracts.usage.meters import label_of
from marketplace import tables
from marketplace.money import Money
from marketplace.refusals import Refused

PER_PAGE = 50
REFUSED_SORTS = {
    "time": "happened_at",
    "meter": "meter",
    "quantity": "quantity",
    "source": "source",
    "first": "first_at",
    "times": "times",
}
SORTS = {"day": "day", "meter": "meter__name", "quantity": "quantity", "events": "events"}


def _may_report(request, contract) -> bool:
    return request.acting.is_for(contract.licensee) and request.acting.can("report.submit")


@login_required
def usage(request, number):
    contract = contract_in_effect(request.acting, number, may_read_usage)
    rows = daily_sums(contract, _day(request, "from"), _day(request, "until"))
    meters = list(contract.meters.values_list("name", flat=True))
    if (meter := request.GET.get("meter", "")) in meters:
        rows = rows.filter(meter__name=meter)
    sort = request.GET.get("sort", "-day")
    if (column := SORTS.get(sort.lstrip("-"))) is not None:
        rows = rows.order_by(("-" if sort.startswith("-") else "") + column, "day", "meter_id", "product")
    currency = contract.terms.currency
    if request.GET.get("export"):
        columns = [
            (_("Day"), lambda row: day_of(row.day)),
            (_("Meter"), lambda row: label_of(row.meter.name)),
            (_("Product"), "product"),
            (_("Quantity"), lambda row: _shown(row, currency)),
            (_("Events"), "events"),
        ]
        return tables.export(request, f"usage-{contract.number}", columns, rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.date, row.label = day_of(row.day), label_of(row.meter.name)
    may_report = _may_report(request, contract)
    context = {
        "contract": contract,
        "page_obj": page,
        "totals": _totals(rows),
        "with_products": any(row.product for row in page),
        "meters": [(name, label_of(name)) for name in meters],
        "open_periods": closings.open_periods(contract),
        "refused": RefusedEvent.objects.filter(contract=contract).count(),
        "files": EventFile.objects.visible_to(request.acting).filter(contract=contract)[:5],
        "may_report": may_report,
        "currency": currency,
        "query": request.GET,
    }
    return render(request, "contracts/usage/usage_detail.html", context)


def _totals(rows) -> list[dict]:
    """What the listed days come to, over all pages, by meter."""
    sums = rows.order_by().values("meter__name", "meter__is_money")
    totals = sums.annotate(quantity=Sum("quantity"), events=Sum("events")).order_by("meter__name")
    return [{**row, "label": label_of(row["meter__name"])} for row in totals]


def _day(request, name: str) -> date | None:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def _shown(row, currency: str):
    return Money(int(row.quantity), currency) if row.meter.is_money else row.quantity


@login_required
def usage_day(request, number, day):
    """The events of one day, with what has become of each."""
    contract = contract_in_effect(request.acting, number, may_read_usage)
    try:
        shown = day_of(day)
    except ValueError as error:
        raise Http404 from error
    rows = events_of_day(contract, day_number(shown))
    if request.GET.get("export"):
        columns = [
            (_("Time"), "happened_at"),
            (_("Meter"), lambda row: label_of(row.meter.name)),
            (_("Product"), "product"),
            (_("Quantity"), lambda row: _shown(row, contract.terms.currency)),
            (_("Source"), "source"),
            (_("Id"), "event_id"),
            (_("Counts"), lambda row: not row.corrected_by),
            (_("Corrected by"), "corrected_by"),
            (_("Received"), "received_at"),
        ]
        return tables.export(request, f"events-{contract.number}-{day}", columns, rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.label = label_of(row.meter.name)
    context = {"contract": contract, "day": shown, "page_obj": page, "currency": contract.terms.currency}
    return render(request, "contracts/usage/usage_day.html", context)


@login_required
def usage_refused(request, number):
    """What was sent after the end of the licence."""
    contract = contract_in_effect(request.acting, number, may_read_usage)
    everything = RefusedEvent.objects.filter(contract=contract)
    meters = sorted(everything.order_by().values_list("meter", flat=True).distinct())
    query = request.GET
    meter = query.get("meter", "")
    words = query.get("q", "").replace("\x00", "").strip()
    start, end = _day(request, "from"), _day(request, "until")
    rows = refused_events(contract, meter=meter if meter in meters else "", words=words, start=start, end=end)
    sort = query.get("sort", "-first")
    if (column := REFUSED_SORTS.get(sort.lstrip("-"))) is not None:
        rows = rows.order_by(("-" if sort.startswith("-") else "") + column, "-first_at", "-pk")
    money = set(contract.meters.filter(is_money=True).values_list("name", flat=True))
    currency = contract.terms.currency
    if request.GET.get("export"):
        columns = [
            (_("Time"), "happened_at"),
            (_("Meter"), lambda row: label_of(row.meter)),
            (_("Product"), "product"),
            (
                _("Quantity"),
                lambda row: Money(int(row.quantity), currency) if row.meter in money else row.quantity,
            ),
            (_("Source"), "source"),
            (_("Id"), "event_id"),
            (_("First sent"), "first_at"),
            (_("Times"), "times"),
        ]
        return tables.export(request, f"refused-{contract.number}", columns, rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.label, row.is_money = label_of(row.meter), row.meter in money
    context = {
        "contract": contract,
        "page_obj": page,
        "currency": currency,
        "meters": [(name, label_of(name)) for name in meters],
        "query": query,
        "is_filtered": bool(words or start or end or meter in meters),
    }
    return render(request, "contracts/usage/usage_refused.html", context)


@login_required
@require_POST
def usage_close(request, number):
    contract = contract_in_effect(request.acting, number, may_read_usage)
    try:
        start, end = (date.fromisoformat(request.POST.get(name, "")) for name in ("start", "end"))
    except ValueError:
        raise Refused(_("Choose the period that is to be closed.")) from None
    meter = request.POST.get("meter", "")
    closings.close_period(contract, actor=request.acting, meter=meter, start=start, end=end)
    messages.success(request, _("The period is closed; what it costs follows from its events."))
    return redirect("contract_usage", number)


@login_required
def usage_file_new(request, number):
    contract = contract_in_effect(request.acting, number, may_read_usage)
    if not _may_report(request, contract):
        raise Http404
    if request.GET.get("export"):
        return _template(request, contract)
    sent = request.method == "POST"
    form = SheetForm(request.POST if sent else None, request.FILES if sent else None)
    form.fields["file"].help_text = _(
        "xlsx or csv, one line per event, at most 20,000. Nothing is saved before you have seen what would become of each line."
    )
    if sent and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect(
                files.read_file(contract, actor=request.acting, name=file.name, content=file.read())
            )
        except Refused as refusal:
            form.add_error("file", refusal.message)
    context = {"contract": contract, "form": form, "columns": files.COLUMNS}
    return render(request, "contracts/usage/usage_file_new.html", context, status=422 if form.errors else 200)


def _template(request, contract):
    meter = contract.meters.first()
    example = {
        "id": "2026-0001",
        "time": f"{contract.effective_on.isoformat()}T09:30:00",
        "meter": meter.name if meter else "",
        "quantity": 1,
    }
    columns = [(name, lambda row, name=name: row.get(name)) for name in files.COLUMNS]
    return tables.export(request, f"events-{contract.number}", columns, [example])


@login_required
def usage_file(request, number, pk):
    file = get_object_or_404(
        EventFile.objects.visible_to(request.acting).select_related("contract", "contract__licensee"),
        pk=pk,
        contract__number=number,
    )
    lines = files.report_lines(file)
    bad, early = (sum(line[name] for line in lines) for name in ("is_bad", "is_early"))
    if request.GET.get("export"):
        columns = [
            (_("Line"), "line"),
            (_("Id"), "id"),
            (_("Time"), "time"),
            (_("Kind"), "kind"),
            (_("Target"), "target"),
            (_("Meter"), "meter"),
            (_("Quantity"), "quantity"),
            (pgettext("outcome", "Result"), lambda line: RESULTS[line["status"]]()),
            (_("Reason"), "reason"),
        ]
        return tables.export(request, f"{file.name}-report", columns, lines)
    if show := {"bad": "is_bad", "early": "is_early"}.get(request.GET.get("show")):
        lines = [line for line in lines if line[show]]
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    for line in page:
        line["word"] = RESULTS[line["status"]]()
    counts = file.counts()
    context = {
        "file": file,
        "contract": file.contract,
        "page_obj": page,
        "counts": [(status, word(), counts.get(status, 0)) for status, word in RESULTS.items()],
        "bad": bad,
        "early": early,
        "new": counts.get("accepted", 0),
    }
    return render(request, "contracts/usage/usage_file.html", context)


RESULTS = {
    "accepted": lambda: _("new"),
    "duplicate": lambda: _("on record already"),
    "conflict": lambda: _("contradicts what is on record"),
    "refused": lambda: pgettext("row of a statement", "refused"),
}


@login_required
@require_POST
def usage_file_take(request, number, pk):
    file = get_object_or_404(
        EventFile.objects.visible_to(request.acting).select_related("contract"),
        pk=pk,
        contract__number=number,
    )
    file = files.take_over(file, actor=request.acting)
    counts = file.counts()
    messages.success(
        request,
        ngettext(
            "%(new)s event is on record now; %(old)s were already.",
            "%(new)s events are on record now; %(old)s were already.",
            counts.get("accepted", 0),
        )
        % {"new": counts.get("accepted", 0), "old": counts.get("duplicate", 0)},
    )
    return redirect(file)
