from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max, Q, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from contracts.billing.closing import drafts as services
from contracts.billing.closing import month_end as closing
from contracts.billing.closing.forms import MonthForm
from contracts.billing.closing.models import DraftState, InvoiceDraft, ItemState, MonthEndRun, RunState
from contracts.billing.invoicing import issue_papers
from contracts.billing.lines import line_texts
from contracts.billing.models import ChargeState
from contracts.lifecycle.models import LicenceContract
from marketplace import tables
from marketplace.money import Money
from marketplace.organisations.acting import permit
from marketplace.organisations.pages import member_page
from marketplace.refusals import NotPermitted

PER_PAGE = 20
DRAFT_SORTS = {"finalise_on", "contract__number", "opened_at"}
RUN_SORTS = {"month", "state", "started_at", "finished_at"}


@member_page
def drafts(request):
    """Drafts in their days of grace, with the price of what is approved so far."""
    permit(request.acting, "invoice.read", request.acting.organisation)
    approved = Q(contract__charges__state=ChargeState.APPROVED)
    found = (
        InvoiceDraft.objects.visible_to(request.acting)
        .filter(state=DraftState.OPEN)
        .select_related("contract__licensee")
        .annotate(
            price_minor=Sum("contract__charges__amount_minor", filter=approved, default=0),
            currency=Max("contract__charges__currency", filter=approved),
        )
    )
    sort = request.GET.get("sort", "")
    found = found.order_by(sort if sort.lstrip("-") in DRAFT_SORTS else "finalise_on", "pk")
    if request.GET.get("export"):
        columns = [
            (_("Contract"), "contract.number"),
            (_("Payer"), "contract.licensee.name"),
            (_("Price"), lambda row: Money(row.price_minor, row.currency or "CNY")),
            (_("Opened"), "opened_at"),
            (_("Issued on"), "finalise_on"),
        ]
        return tables.export(request, "invoice-drafts", columns, found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "contracts/billing/draft_list.html", {"page_obj": page})


def _draft(request, pk) -> InvoiceDraft:
    visible = InvoiceDraft.objects.visible_to(request.acting)
    return get_object_or_404(visible.select_related("contract__licensor", "contract__licensee"), pk=pk)


@never_cache
@member_page
def draft(request, pk):
    """What would be issued now, by the code that will issue it."""
    found = _draft(request, pk)
    contract = found.contract
    language = "en" if request.LANGUAGE_CODE.startswith("en") else "zh"
    papers = [
        {
            "due_on": row.due_on,
            "lines": [(line_texts(charge, contract)[language == "en"], charge) for charge in row.charges],
            "tax": row.tax,
            "basis": row.basis,
        }
        for row in (services.preview(contract) if found.state == DraftState.OPEN else [])
    ]
    may_issue = found.state == DraftState.OPEN and request.acting.can("invoice.issue")
    context = {"draft": found, "contract": contract, "papers": papers, "may_issue": may_issue}
    return render(request, "contracts/billing/draft_detail.html", context)


@require_POST
@member_page
def draft_open(request, number):
    visible = LicenceContract.objects.visible_to(request.acting)
    made = services.open_draft(get_object_or_404(visible, number=number), actor=request.acting)
    messages.success(request, _("A draft was prepared; it is issued on %(day)s.") % {"day": made.finalise_on})
    return redirect("invoice_draft", pk=made.pk)


@require_POST
@member_page
def draft_issue(request, pk):
    issued = issue_papers(_draft(request, pk).contract, actor=request.acting)
    if issued:
        numbers = ", ".join(paper.number for paper in issued)
        messages.success(request, _("Issued: %(numbers)s") % {"numbers": numbers})
    else:
        messages.info(request, _("There was nothing to invoice."))
    return redirect("invoice_drafts")


@require_POST
@member_page
def draft_drop(request, pk):
    services.drop_draft(_draft(request, pk), actor=request.acting)
    messages.success(request, _("The draft was dropped; its charges stay approved."))
    return redirect("invoice_drafts")


def _may_close(acting) -> None:
    if not (acting.can("market.watch") if acting.is_operator else acting.can("invoice.issue")):
        raise NotPermitted


@never_cache
@member_page
def month_ends(request):
    """The runs so far, and the start of one: the licensor's finance for its contracts, the operator for all."""
    acting = request.acting
    _may_close(acting)
    form = MonthForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        month = form.cleaned_data["month"]
        if acting.is_operator:
            run = closing.start_market_month_end(month=month, actor=acting)
        else:
            run = closing.start_month_end(month=month, actor=acting)
        return redirect(run)
    found = MonthEndRun.objects.visible_to(acting).select_related("issuer", "started_by")
    sort = request.GET.get("sort", "")
    found = found.order_by(sort if sort.lstrip("-") in RUN_SORTS else "-id", "-id")
    if request.GET.get("export"):
        columns = [
            (_("Month"), lambda row: f"{row.month:%Y-%m}"),
            (_("State"), "get_state_display"),
            (_("Started"), "started_at"),
            (_("Finished"), "finished_at"),
            (_("Problem"), "problem_words"),
        ]
        return tables.export(request, "month-ends", columns, found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    status = 422 if form.is_bound else 200
    context = {"page_obj": page, "form": form}
    return render(request, "contracts/billing/month_end_list.html", context, status=status)


@never_cache
@member_page
def month_end(request, pk):
    """How far a run is; it goes on without this page, which reads anew every few seconds while it does. The operator
    sees which contracts are done or failed, not what they cost."""
    run = get_object_or_404(MonthEndRun.objects.visible_to(request.acting), pk=pk)
    items = run.items.select_related("contract")
    state = request.GET.get("state", "")
    if state in ItemState.values:
        items = items.filter(state=state)
    items = items.order_by("pk")
    if request.GET.get("export"):
        columns = [(_("Contract"), "contract.number"), (_("State"), "get_state_display")]
        if run.issuer_id:
            columns += [
                (_("New charges"), "charges"),
                (_("Charges to look at"), "held"),
                (_("Waits as a draft"), "draft"),
                (_("Invoices"), "invoices"),
                (_("Invoiced"), "total"),
                (_("Currency"), "currency"),
            ]
        columns += [(_("Problem"), "problem_words"), (_("Done"), "done_at")]
        return tables.export(request, f"month-end-{run.month:%Y-%m}", columns, items.iterator(1000))
    counts = closing.progress(run)
    total = sum(counts.values())
    context = {
        "run": run,
        "counts": [(choice, label, counts[choice]) for choice, label in ItemState.choices],
        "total": total,
        "done": total - counts[ItemState.WAITING],
        "failed": counts[ItemState.FAILED],
        "running": run.state == RunState.RUNNING,
        "state": state,
        "sums": closing.sums(run) if run.issuer_id else [],
        "page_obj": Paginator(items, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "contracts/billing/month_end_detail.html", context)


@require_POST
@member_page
def month_end_again(request, pk):
    run = get_object_or_404(MonthEndRun.objects.visible_to(request.acting), pk=pk)
    count = closing.try_again(run, actor=request.acting)
    messages.success(
        request,
        ngettext("%(count)s contract is tried again.", "%(count)s contracts are tried again.", count)
        % {"count": count},
    )
    return redirect(run)
