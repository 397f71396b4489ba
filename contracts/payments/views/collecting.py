"""Ageing, statements of account, reminders and write-offs."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from contracts.billing.models import Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.payments.collecting import accounts, ageing, dunning, write_offs
from contracts.payments.collecting.forms import DecisionForm, PauseForm, StepFormSet, WriteOffForm
from contracts.payments.collecting.models import WriteOff, WriteOffState
from contracts.payments.collecting.places import EXAMPLE, PLACES
from marketplace import tables
from marketplace.clock import today
from marketplace.held import tell_errors, tell_refusal
from marketplace.money import Money
from marketplace.organisations.acting import permit
from marketplace.organisations.models import Organisation
from marketplace.organisations.pages import member_page
from marketplace.refusals import NotPermitted, Refused

PER_PAGE = 20
BUCKETS = 5


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _heads() -> list[str]:
    return [_("not due yet"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("over 90 days")]


@never_cache
@member_page
def ageing_report(request):
    """What is open by how late it is; a licensor sees its payers, an enterprise whom it owes."""
    acting = request.acting
    permit(acting, "invoice.read", acting.organisation)
    as_payer = not acting.organisation.is_research
    on = min(_day(request.GET.get("on", ""), today()), today())
    by_contract = request.GET.get("by") == "contract"
    rows = ageing.ageing(acting.organisation, on, as_payer=as_payer, by_contract=by_contract)
    if request.GET.get("late"):
        rows = [row for row in rows if row.late]
    sort = request.GET.get("sort", "-late")
    key = ageing.SORTS.get(sort.removeprefix("-"), ageing.SORTS["late"])
    rows.sort(key=key, reverse=sort.startswith("-"))
    if request.GET.get("export"):
        columns = [
            (_("Party"), "party.name"),
            (_("Contract"), lambda row: row.contract.number if row.contract else None),
            (_("Currency"), "currency"),
            *(
                (head, lambda row, place=place: Money(row.buckets[place], row.currency))
                for place, head in enumerate(_heads())
            ),
            (_("Open amount"), lambda row: Money(row.total, row.currency)),
            (_("Invoices"), "invoices"),
            (_("Oldest due date"), "oldest"),
        ]
        return tables.export(request, f"ageing-{on}", columns, rows)
    sums: dict[str, list[int]] = {}
    for row in rows:
        total = sums.setdefault(row.currency, [0] * (BUCKETS + 1))
        for place, minor in enumerate([*row.buckets, row.total]):
            total[place] += minor
    context = {
        "page_obj": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "heads": _heads(),
        "sums": sorted(sums.items()),
        "on": on,
        "by_contract": by_contract,
        "late": bool(request.GET.get("late")),
        "as_payer": as_payer,
    }
    return render(request, "contracts/payments/ageing.html", context)


def _statement(request, pk: int) -> accounts.Statement:
    """Between the acting organisation and another one with which it has invoices; else there is none."""
    acting, found = request.acting, get_object_or_404(Organisation, pk=pk)
    permit(acting, "invoice.read", acting.organisation)
    pairs = [(acting.organisation, found), (found, acting.organisation)]
    issuer, payer = next(
        (pair for pair in pairs if Invoice.objects.filter(issuer=pair[0], payer=pair[1]).exists()),
        (None, None),
    )
    if issuer is None:
        raise Http404
    contract = None
    if number := request.GET.get("contract", ""):
        contracts = LicenceContract.objects.filter(licensor=issuer, licensee=payer)
        contract = get_object_or_404(contracts, number=number)
    there = accounts.currencies(issuer, payer)
    currency = request.GET.get("currency", "")
    until = _day(request.GET.get("until", ""), today())
    return accounts.statement(
        issuer,
        payer,
        since=_day(request.GET.get("since", ""), date(until.year, 1, 1)),
        until=until,
        currency=currency if currency in there else there[0],
        contract=contract,
    )


@never_cache
@member_page
def account(request, pk):
    found = _statement(request, pk)
    if request.GET.get("export"):
        columns = [
            (_("Date"), "on"),
            (_("What"), "text"),
            (_("Contract"), "contract_number"),
            (_("Amount"), lambda row: Money(row.amount_minor, found.currency)),
            (_("Balance"), lambda row: Money(row.balance_minor, found.currency)),
        ]
        before = found.since - timedelta(days=1)
        opening = accounts.Row(before, 0, _("Opening balance"), "", 0, found.opening)
        return tables.export(request, f"statement-{found.until}", columns, [opening, *found.rows])
    context = {
        "statement": found,
        "other": found.payer if request.acting.is_for(found.issuer) else found.issuer,
        "contracts": LicenceContract.objects.filter(
            licensor=found.issuer, licensee=found.payer, invoices__isnull=False
        ).distinct(),
        "currencies": accounts.currencies(found.issuer, found.payer),
        "page_obj": Paginator(found.rows, 50).get_page(request.GET.get("page")),
        "query": request.GET.urlencode(),
    }
    return render(request, "contracts/payments/account_statement.html", context)


@member_page
def account_pdf(request, pk):
    found = _statement(request, pk)
    response = HttpResponse(accounts.statement_pdf(found), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="statement-{found.until}.pdf"'
    return response


def _own_invoice(request, pk) -> Invoice:
    visible = Invoice.objects.visible_to(request.acting).filter(issuer=request.acting.organisation)
    return get_object_or_404(visible.select_related("issuer", "payer", "contract"), pk=pk)


@require_POST
@member_page
def write_off_propose(request, pk):
    found, form = _own_invoice(request, pk), WriteOffForm(request.POST)
    if form.is_valid():
        try:
            write_offs.propose_write_off(found, actor=request.acting, reason=form.cleaned_data["reason"])
        except NotPermitted:
            raise
        except Refused as refusal:
            tell_refusal(request, form, refusal.message)
        else:
            messages.success(request, _("The write-off waits for another person's approval."))
    else:
        tell_errors(request, form, _("Say why the money is no longer expected, and what was tried."))
    return redirect(found)


@never_cache
@member_page
def write_off_list(request):
    """Every write-off of the acting issuer, what waits first."""
    acting = request.acting
    permit(acting, "write_off.read", acting.organisation)
    found = WriteOff.objects.visible_to(acting).select_related(
        "invoice__payer", "invoice__contract", "proposed_by", "decided_by"
    )
    state = request.GET.get("state", "")
    if state in WriteOffState.values:
        found = found.filter(state=state)
    if request.GET.get("export"):
        columns = [
            (_("Invoice"), "invoice.number"),
            (_("Contract"), "invoice.contract.number"),
            (_("Payer"), "invoice.payer.name"),
            (_("Amount"), "amount"),
            (_("State"), "get_state_display"),
            (_("Reason"), "reason"),
            (_("Proposed"), "proposed_at"),
            (_("Decided on"), "decided_on"),
        ]
        return tables.export(request, "write-offs", columns, found)
    context = {
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "states": WriteOffState.choices,
        "state": state,
        "may_decide": acting.can("write_off.approve"),
        "form": DecisionForm(),
    }
    return render(request, "contracts/payments/write_off_list.html", context)


@require_POST
@member_page
def write_off_decide(request, pk, step):
    """`step` is approve, return or take-back."""
    found = get_object_or_404(WriteOff.objects.visible_to(request.acting).select_related("invoice"), pk=pk)
    form = DecisionForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    try:
        if step == "approve":
            write_offs.approve_write_off(found, actor=request.acting, words=words)
            messages.success(request, _("Written off."))
        elif step == "return":
            write_offs.return_write_off(found, actor=request.acting, words=words)
            messages.success(request, _("Returned."))
        else:
            write_offs.take_back_write_off(found, actor=request.acting, reason=words)
            messages.success(request, _("Taken back: the invoice is open again."))
    except NotPermitted:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    return redirect("write_offs")


@never_cache
@member_page
def dunning_steps(request):
    """The steps of the acting issuer; the market's proposal until it has its own."""
    permit(request.acting, "invoice.issue", request.acting.organisation)
    initial = [
        {name: getattr(step, name) for name in ("days", *dunning.FIELDS)}
        for step in dunning.steps_of(request.acting.organisation)
    ]
    formset = StepFormSet(request.POST or None, initial=initial)
    if request.method == "POST":
        if request.POST.get("defaults"):
            dunning.save_steps(actor=request.acting, steps=[])
            messages.success(request, _("Back to the market's proposal."))
            return redirect("dunning_steps")
        if formset.is_valid():
            steps = [form.cleaned_data for form in formset if form.cleaned_data.get("days") is not None]
            try:
                dunning.save_steps(actor=request.acting, steps=steps)
            except NotPermitted:
                raise
            except Refused as refusal:
                messages.error(request, refusal.message)
            else:
                messages.success(request, _("Saved."))
                return redirect("dunning_steps")
    context = {
        "formset": formset,
        "places": [(f"{{{name}}}", says, EXAMPLE[name]) for name, says in PLACES.items()],
        "own": request.acting.organisation.dunning_steps.exists(),
    }
    status = 422 if formset.is_bound else 200
    return render(request, "contracts/payments/dunning_steps.html", context, status=status)


@require_POST
@member_page
def dunning_pause(request, pk):
    found, form = _own_invoice(request, pk), PauseForm(request.POST)
    if form.is_valid():
        dunning.pause(found, actor=request.acting, **form.cleaned_data)
        messages.success(request, _("Saved."))
    else:
        tell_errors(request, form, _("Say until when, and why."))
    return redirect(found)
