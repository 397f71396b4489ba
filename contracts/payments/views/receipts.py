"""Statements, the queue of receipts, payments."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from contracts.billing.models import Invoice
from contracts.payments import services
from contracts.payments.advices import advise_payment, dismiss_advice
from contracts.payments.forms import (
    AdviceForm,
    AnswerForm,
    PartsForm,
    ReasonForm,
    RefundForm,
    StatementForm,
)
from contracts.payments.importing import import_statement, read_file, report
from contracts.payments.layouts import layout_of
from contracts.payments.matching import propose
from contracts.payments.models import (
    Allocation,
    BankAccount,
    Payment,
    PaymentAdvice,
    Statement,
    StatementLine,
)
from contracts.payments.queries import annotate_balances, open_invoices
from contracts.payments.states import LINE_NEXT, AdviceState, LineState
from marketplace import tables
from marketplace.fields import row_number
from marketplace.held import tell_errors, tell_refusal
from marketplace.money import Money
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused, TransitionRefused, check

PER_PAGE = 20
LINE_SORTS = {"booked_on", "amount_minor", "payer_name"}
STATEMENT_SORTS = {"name", "read_at", "state"}
PAYMENT_SORTS = {"received_on", "amount_minor"}


# --- Statements ---------------------------------------------------------------------------------------


@login_required
def statements(request):
    permit(request.acting, "payment.confirm", request.acting.organisation)
    accounts = BankAccount.objects.usable().filter(organisation=request.acting.organisation)
    form = StatementForm(request.POST or None, request.FILES or None, accounts=accounts)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            statement = read_file(
                form.cleaned_data["account"], actor=request.acting, name=file.name, content=file.read()
            )
        except Refused as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect(statement)
    found = Statement.objects.visible_to(request.acting).select_related("account")
    sort = request.GET.get("sort", "")
    found = found.order_by(sort if sort.lstrip("-") in STATEMENT_SORTS else "-id", "-id")
    if request.GET.get("export"):
        columns = [
            (_("File"), "name"),
            (_("Account"), lambda row: str(row.account)),
            (_("Read"), "read_at"),
            (pgettext("row of a statement", "new"), "new_lines"),
            (pgettext("row of a statement", "there already"), "known_lines"),
            (pgettext("row of a statement", "refused"), "refused_lines"),
            (_("State"), "get_state_display"),
        ]
        return tables.export(request, "statements", columns, found)
    context = {
        "form": form,
        "accounts": (usable := list(accounts)),
        "heads": [(account, _heads(account)) for account in usable],
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "contracts/payments/statement_list.html", context)


def _heads(account: BankAccount) -> str:
    """The columns that are read from a statement of this account, by their usual heads."""
    return " · ".join(heads[0] for heads in layout_of(account.layout, account.columns).columns.values())


def _outcome(outcome: str) -> str:
    return {
        "new": pgettext("row of a statement", "new"),
        "taken": pgettext("row of a statement", "taken over"),
        "known": pgettext("row of a statement", "there already"),
        "conflict": pgettext("row of a statement", "conflict"),
        "refused": pgettext("row of a statement", "refused"),
    }[outcome]


@login_required
def statement(request, pk):
    found = get_object_or_404(Statement.objects.visible_to(request.acting).select_related("account"), pk=pk)
    entries = report(found)
    if request.GET.get("export"):
        columns = [
            (_("Row"), "row.number"),
            (_("Outcome"), lambda entry: _outcome(entry.outcome)),
            (_("Reason"), "words"),
            (_("Day"), "row.booked_on"),
            (_("Amount"), lambda entry: Money(entry.row.amount_minor, found.account.currency)),
            (_("Bank reference"), "row.bank_reference"),
            (_("Other party"), "row.payer_name"),
            (_("Note"), "row.note"),
        ]
        return tables.export(request, f"statement-{found.pk}", columns, entries)
    page = Paginator(entries, 50).get_page(request.GET.get("page"))
    rows = [{"entry": entry, "word": _outcome(entry.outcome)} for entry in page]
    return render(
        request,
        "contracts/payments/statement_detail.html",
        {"statement": found, "page_obj": page, "rows": rows},
    )


@login_required
@require_POST
def statement_import(request, pk):
    found = get_object_or_404(Statement.objects.visible_to(request.acting).select_related("account"), pk=pk)
    found = import_statement(found, actor=request.acting)
    messages.success(request, _("Lines taken over: %(count)s.") % {"count": found.new_lines})
    return redirect("receipts")


# --- The queue ----------------------------------------------------------------------------------------


@login_required
def receipts(request):
    """Lines to be assigned, with the best proposal for each; advices and receipts that wait."""
    permit(request.acting, "payment.confirm", request.acting.organisation)
    mine = request.acting.organisation
    found = StatementLine.objects.visible_to(request.acting).select_related("account")
    state = request.GET.get("state", LineState.OPEN)
    if state in LineState.values:
        found = found.filter(state=state)
    words = request.GET.get("q", "").strip()
    if words:
        found = found.filter(
            Q(payer_name__icontains=words) | Q(note__icontains=words) | Q(bank_reference__icontains=words)
        )
    sort = request.GET.get("sort", "booked_on")
    found = found.order_by(sort if sort.lstrip("-") in LINE_SORTS else "booked_on", "pk")
    if request.GET.get("export"):
        columns = [
            (_("Day"), "booked_on"),
            (_("Other party"), "payer_name"),
            (_("Note"), "note"),
            (_("Bank reference"), "bank_reference"),
            (_("Amount"), lambda line: Money(line.amount_minor, line.currency)),
            (_("State"), "get_state_display"),
        ]
        return tables.export(request, "bank-lines", columns, found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    invoices = list(open_invoices(mine)) if state == LineState.OPEN else []
    rows = [
        {"line": line, "best": next(iter(propose(line, invoices)), None) if invoices else None}
        for line in page
    ]
    waiting = Payment.objects.with_unallocated().filter(issuer=mine, unallocated_minor__gt=0)
    advices = PaymentAdvice.objects.filter(invoice__issuer=mine, state=AdviceState.ADVISED)
    context = {
        "page_obj": page,
        "rows": rows,
        "state": state,
        "states": LineState.choices,
        "q": words,
        "waiting": waiting.select_related("payer", "line")[:50],
        "advices": advices.select_related("invoice", "invoice__payer")[:50],
        "answer_form": AnswerForm(),
    }
    return render(request, "contracts/payments/receipt_list.html", context)


@login_required
def receipt_confirm(request, pk):
    """One line: what it is likely for, and the sums to set against invoices."""
    line = get_object_or_404(
        StatementLine.objects.visible_to(request.acting).select_related("account", "payment"), pk=pk
    )
    invoices = list(open_invoices(request.acting.organisation).filter(currency=line.currency))
    proposals = propose(line, invoices) if line.state == LineState.OPEN else []
    place = row_number(request.GET.get("proposal", "")) or 0
    place = place if place < len(proposals) else 0
    proposed = {i.pk: part for i, part in proposals[place].parts} if proposals else {}
    form = PartsForm(request.POST or None, invoices=invoices, proposed=proposed)
    if request.method == "POST":
        check(
            line.state, LineState.CONFIRMED, LINE_NEXT
        )  # a form sent twice is told so, whatever is open now
    if request.method == "POST" and form.is_valid():
        try:
            payment = services.confirm_receipt(line, actor=request.acting, parts=form.parts())
        except TransitionRefused:
            raise
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The receipt was confirmed."))
            return redirect(payment)
    context = {
        "line": line,
        "payment": getattr(line, "payment", None),
        "proposals": proposals,
        "place": place,
        "form": form,
        "reason_form": ReasonForm(),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/payments/receipt_confirm.html", context, status=status)


@login_required
@require_POST
def line_aside(request, pk):
    line = get_object_or_404(StatementLine.objects.visible_to(request.acting), pk=pk)
    services.set_aside(line, actor=request.acting, reason=request.POST.get("reason", ""))
    messages.success(request, _("The line was left aside."))
    return redirect("receipts")


@login_required
@require_POST
def line_back(request, pk):
    line = get_object_or_404(StatementLine.objects.visible_to(request.acting), pk=pk)
    services.take_up_again(line, actor=request.acting)
    return redirect("receipt_confirm", pk=line.pk)


# --- Payments -----------------------------------------------------------------------------------------


@login_required
def payments(request):
    found = (
        Payment.objects.visible_to(request.acting)
        .with_unallocated()
        .select_related("issuer", "payer", "line")
    )
    if request.GET.get("state") == "waiting":
        found = found.filter(unallocated_minor__gt=0)
    sort = request.GET.get("sort", "-received_on")
    found = found.order_by(sort if sort.lstrip("-") in PAYMENT_SORTS else "-received_on", "-pk")
    if request.GET.get("export"):
        columns = [
            (_("Received on"), "received_on"),
            (_("Way of payment"), "get_method_display"),
            (
                _("Payer"),
                lambda row: row.payer.name if row.payer else row.line.payer_name if row.line else "",
            ),
            (_("Payee"), "issuer.name"),
            (_("Amount"), "amount"),
            (_("Allocated"), lambda row: Money(row.allocated_minor, row.currency)),
            (_("Given back"), lambda row: Money(row.refunded_minor, row.currency)),
            (_("Waiting"), lambda row: Money(row.unallocated_minor, row.currency)),
        ]
        return tables.export(request, "payments", columns, found)
    context = {"page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page"))}
    return render(request, "contracts/payments/payment_list.html", context)


def _payment(request, pk) -> Payment:
    visible = Payment.objects.visible_to(request.acting).with_unallocated()
    return get_object_or_404(visible.select_related("issuer", "payer", "line"), pk=pk)


@login_required
def payment(request, pk):
    found = _payment(request, pk)
    own = request.acting.is_for(found.issuer)
    form = None
    if own and found.unallocated_minor > 0:
        invoices = open_invoices(found.issuer, payer=found.payer).filter(currency=found.currency)
        form = PartsForm(request.POST or None, invoices=invoices)
    elif own and request.method == "POST":
        raise TransitionRefused()  # nothing waits any more: the form was sent twice
    if request.method == "POST" and form is not None and form.is_valid():
        parts = None if request.POST.get("action") == "oldest" else form.parts()
        try:
            services.allocate(found, actor=request.acting, parts=parts)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Allocated."))
            return redirect(found)
    allocations = found.allocations.select_related("invoice", "invoice__contract", "reversed_by")
    if not own:
        allocations = allocations.filter(invoice__payer=request.acting.organisation)
    context = {
        "payment": found,
        "own": own,
        "allocations": allocations,
        "refunds": found.refunds.all(),
        "form": form,
        "reason_form": ReasonForm() if own else None,
        "refund_form": RefundForm(currency=found.currency)
        if own and found.amount_minor > found.refunded_minor
        else None,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/payments/payment_detail.html", context, status=status)


@login_required
@require_POST
def allocation_undo(request, pk):
    mine = Payment.objects.visible_to(request.acting).filter(issuer=request.acting.organisation)
    found = get_object_or_404(Allocation.objects.filter(payment__in=mine), pk=pk)
    services.undo_allocation(found, actor=request.acting, reason=request.POST.get("reason", ""))
    messages.success(request, _("The allocation was undone; the money waits again."))
    return redirect(found.payment)


@login_required
@require_POST
def refund(request, pk):
    found = _payment(request, pk)
    form = RefundForm(request.POST, currency=found.currency)
    if form.is_valid():
        facts = dict(form.cleaned_data)
        try:
            services.record_refund(found, actor=request.acting, amount_minor=facts.pop("amount"), **facts)
        except Refused as refusal:
            tell_refusal(request, form, refusal.message)
        else:
            messages.success(request, _("The refund was recorded."))
    else:
        tell_errors(request, form)
    return redirect(found)


# --- Advice -------------------------------------------------------------------------------------------


@login_required
def advise(request, pk):
    """The licensee's finance says that it has paid."""
    invoices = annotate_balances(Invoice.objects.visible_to(request.acting)).select_related("issuer", "payer")
    invoice = get_object_or_404(invoices.filter(payer=request.acting.organisation), pk=pk)
    permit(request.acting, "payment.advise", invoice.payer, against=invoice.issuer)
    form = AdviceForm(request.POST or None, request.FILES or None, invoice=invoice)
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        try:
            advise_payment(invoice, actor=request.acting, amount_minor=facts.pop("amount"), **facts)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The licensor was told; it confirms when the money has arrived."))
            return redirect(invoice)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "invoice": invoice}
    return render(request, "contracts/payments/advice_form.html", context, status=status)


@login_required
@require_POST
def advice_dismiss(request, pk):
    found = get_object_or_404(PaymentAdvice.objects.visible_to(request.acting), pk=pk)
    dismiss_advice(found, actor=request.acting, answer=request.POST.get("answer", ""))
    messages.success(request, _("The licensee was told."))
    return redirect("receipts")


@login_required
def advice_slip(request, pk):
    found = get_object_or_404(PaymentAdvice.objects.visible_to(request.acting).exclude(slip=""), pk=pk)
    return FileResponse(found.slip.open("rb"), as_attachment=True, filename=found.slip_name)
