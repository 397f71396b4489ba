from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.lifecycle import working_days
from contracts.lifecycle.models import LicenceContract
from contracts.proceeds import documents, plans, services
from contracts.proceeds.forms import CostForm, PayeeForm, PayoutForm, PlanForm, ReturnForm
from contracts.proceeds.models import (
    Commission,
    DirectCost,
    Distribution,
    DistributionPlan,
    DistributionShare,
    PayeeAccount,
    Payout,
)
from contracts.proceeds.payment_file import file_choices, payment_file, save_payee
from contracts.proceeds.payouts import NOTICE_SOURCE, confirm_payouts
from contracts.proceeds.queries import income_of, total_of, undistributed, with_undistributed
from contracts.proceeds.states import DistributionState, PayoutState, ShareKind
from marketplace import tables
from marketplace.clock import today
from marketplace.fields import row_numbers
from marketplace.held import tell_errors
from marketplace.money import Money
from marketplace.organisations.acting import permit
from marketplace.refusals import Incomplete, Refused

PER_PAGE = 20


def _of_licensor(acting):
    """Contracts of the acting licensor, for those of its people who distribute."""
    if not acting.can("distribution.read"):
        return LicenceContract.objects.none()
    return LicenceContract.objects.filter(licensor=acting.organisation)


@login_required
def distributions(request):
    permit(request.acting, "distribution.read", request.acting.organisation)
    found = Distribution.objects.visible_to(request.acting).select_related("contract", "contract__licensee")
    state = request.GET.get("state", "")
    if state in DistributionState.values:
        found = found.filter(state=state)
    if request.GET.get("export"):
        columns = [
            (_("Contract"), "contract.number"),
            (_("State"), "get_state_display"),
            (_("Receipts without VAT"), lambda row: Money(row.receipt_minor, row.currency)),
            (_("Direct costs"), lambda row: Money(row.cost_minor, row.currency)),
            (_("Net income to distribute"), lambda row: Money(row.net_minor, row.currency)),
            (_("Proposed"), "proposed_at"),
            (_("Made known until"), "notice_until"),
        ]
        return tables.export(request, "distributions", columns, found)
    waiting = with_undistributed(_of_licensor(request.acting)).select_related("licensee").order_by("-pk")
    context = {
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "waiting": waiting[:50],
        "states": DistributionState.choices,
        "state": state,
        "may_pay": request.acting.can("payout.confirm"),
    }
    return render(request, "contracts/proceeds/distribution_list.html", context)


@login_required
def contract_proceeds(request, number):
    """Plan, costs and the distribution as it would be now, of one contract."""
    contract = get_object_or_404(
        _of_licensor(request.acting).select_related("licensor", "licensee", "programme"), number=number
    )
    plan = DistributionPlan.objects.filter(contract=contract).first()
    may = request.acting.can("distribution.propose")
    initial = {
        "team_share": plan.team_share if plan else None,
        "staff_of_retained": plan.staff_of_retained if plan else None,
        "basis": plan.basis if plan else "",
        "commission_is_cost": plan.commission_is_cost if plan else False,
    }
    what = request.POST.get("what", "")
    plan_form = PlanForm(request.POST if what == "plan" else None, initial=initial) if may else None
    cost_form = CostForm(request.POST if what == "cost" else None) if may else None
    if what == "plan" and may and plan_form.is_valid():
        try:
            plans.save_plan(contract, actor=request.acting, **plan_form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("contract_proceeds", number=number)
        except Incomplete as refusal:
            plan_form.add_error("team_share", [refusal.message, *refusal.missing])
        except Refused as refusal:
            plan_form.add_error(None, refusal.message)
    if what == "cost" and may and cost_form.is_valid():
        facts = dict(cost_form.cleaned_data)
        try:
            plans.add_cost(contract, actor=request.acting, amount_minor=facts.pop("amount"), **facts)
            messages.success(request, _("Saved."))
            return redirect("contract_proceeds", number=number)
        except Refused as refusal:
            cost_form.add_error(None, refusal.message)
    preview, problem, missing = None, "", []
    if plan is not None and undistributed(contract).exists():
        try:
            preview = services.calculate(contract, plan)
        except Refused as refusal:
            problem, missing = refusal.message, getattr(refusal, "missing", [])
    made = contract.distributions.all()
    context = {
        "contract": contract,
        "plan": plan,
        "floors": plans.floors(contract, plan.team_share, today())
        if plan
        else plans.floors(contract, 1, today()),
        "plan_form": plan_form if not made.standing().exists() else None,
        "cost_form": cost_form,
        "costs": contract.direct_costs.select_related("distribution"),
        "preview": preview,
        "people": list(zip(preview.people, preview.shares.inventors, strict=True)) if preview else [],
        "problem": problem,
        "missing": missing,
        "proposed": made.filter(state=DistributionState.PROPOSED).first(),
        "distributions": made,
        "may_propose": may,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "contracts/proceeds/contract_proceeds.html", context, status=status)


@login_required
@require_POST
def cost_remove(request, pk):
    cost = get_object_or_404(DirectCost.objects.visible_to(request.acting).select_related("contract"), pk=pk)
    plans.remove_cost(cost, actor=request.acting)
    messages.success(request, _("The cost was taken back."))
    return redirect("contract_proceeds", number=cost.contract.number)


@login_required
@require_POST
def propose(request, number):
    contract = get_object_or_404(_of_licensor(request.acting), number=number)
    made = services.propose_distribution(contract, actor=request.acting, words=request.POST.get("words", ""))
    messages.success(request, _("The distribution was proposed; an approver decides."))
    return redirect(made)


@login_required
def distribution(request, pk):
    visible = Distribution.objects.visible_to(request.acting)
    parts = ("contract__licensor", "contract__programme", "proposed_by", "decided_by")
    found = get_object_or_404(visible.select_related(*parts), pk=pk)
    context = {
        "distribution": found,
        "shares": found.shares.select_related("payout"),
        "may_decide": found.state == DistributionState.PROPOSED
        and request.acting.can("distribution.approve")
        and found.proposed_by_id != request.user.pk,
        "return_form": ReturnForm(),
        "notice_source": NOTICE_SOURCE,
        "calendar_note": working_days.note(found.notice_until),
    }
    return render(request, "contracts/proceeds/distribution_detail.html", context)


@login_required
@require_POST
def approve(request, pk):
    found = get_object_or_404(
        Distribution.objects.visible_to(request.acting).select_related("contract"), pk=pk
    )
    services.approve_distribution(found, actor=request.acting)
    messages.success(
        request, _("The distribution was approved; the payouts are due after the internal notice.")
    )
    return redirect(found)


@login_required
@require_POST
def send_back(request, pk):
    found = get_object_or_404(
        Distribution.objects.visible_to(request.acting).select_related("contract"), pk=pk
    )
    services.return_distribution(found, actor=request.acting, words=request.POST.get("words", ""))
    messages.success(request, _("The distribution was returned."))
    return redirect(found)


# --- Payouts ------------------------------------------------------------------------------------------


def _payouts(request):
    return Payout.objects.visible_to(request.acting).select_related(
        "payer", "share__distribution__contract", "commission__contract", "commission__agency"
    )


def _contract_of(payout: Payout) -> str:
    source = payout.share.distribution if payout.share_id else payout.commission
    return source.contract.number


@login_required
def payouts(request):
    permit(request.acting, "payout.confirm", request.acting.organisation)
    found = _payouts(request)
    state = request.GET.get("state", PayoutState.DUE)
    if state in PayoutState.values:
        found = found.filter(state=state)
    if request.GET.get("export"):
        columns = [
            (_("Payee"), "payee_name"),
            (_("Unit"), "payee_unit"),
            (_("Contract"), _contract_of),
            (_("Amount"), "amount"),
            (_("Not before"), "due_from"),
            (_("State"), "get_state_display"),
            (_("Paid on"), "paid_on"),
            (_("Bank reference"), "reference"),
        ]
        return tables.export(request, "payouts", columns, found)
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    mine = PayeeAccount.objects.visible_to(request.acting).filter(key__in={row.payee_key for row in page})
    accounts = dict(mine.values_list("key", "tail"))
    context = {
        "page_obj": page,
        "rows": [
            {"payout": row, "contract": _contract_of(row), "tail": accounts.get(row.payee_key, "")}
            for row in page
        ],
        "state": state,
        "states": PayoutState.choices,
        "form": PayoutForm(),
        "layouts": file_choices(),
        "notice_source": NOTICE_SOURCE,
        "totals": found.order_by()
        .values("currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("currency"),
    }
    return render(request, "contracts/proceeds/payout_list.html", context)


@login_required
@require_POST
def payouts_act(request):
    """Confirm the chosen payouts, or make the bank's file of them."""
    organisation = request.acting.organisation
    permit(request.acting, "payout.confirm", organisation)
    ids = row_numbers(request.POST.getlist("payout"))
    if request.POST.get("action") == "file":
        rows = list(_payouts(request).filter(pk__in=ids).order_by("pk"))
        code = request.POST.get("layout", "")
        content = payment_file(organisation, rows, code, actor=request.acting)
        response = HttpResponse(content, content_type="text/csv")
        response["Content-Disposition"] = f'attachment; filename="payouts-{today()}.csv"'
        response["Cache-Control"] = "no-store"
        return response
    form = PayoutForm(request.POST)
    if form.is_valid():
        confirm_payouts(organisation, actor=request.acting, ids=ids, **form.cleaned_data)
        messages.success(request, _("The payouts were confirmed."))
    else:
        tell_errors(request, form)
    return redirect("payouts")


@login_required
def payee_account(request, pk):
    payout = get_object_or_404(_payouts(request), pk=pk)
    form = PayeeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        save_payee(payout, actor=request.acting, **form.cleaned_data)
        said = _("The account of %(name)s is recorded; it holds for this sum and later ones.")
        messages.success(request, said % {"name": payout.payee})
        return redirect("payouts")
    stored = PayeeAccount.objects.visible_to(request.acting).filter(key=payout.payee_key).first()
    context = {"form": form, "payout": payout, "contract": _contract_of(payout), "stored": stored}
    status = 422 if form.is_bound else 200
    return render(request, "contracts/proceeds/payee_account.html", context, status=status)


def _statement(payout: Payout) -> FileResponse:
    payout = documents.make_statement(payout)
    name = f"payout-{payout.pk}.pdf"
    return FileResponse(payout.statement.open("rb"), filename=name, content_type="application/pdf")


@login_required
def payout_statement(request, pk):
    return _statement(get_object_or_404(_payouts(request), pk=pk))


# --- What is mine -------------------------------------------------------------------------------------


@login_required
def my_income(request):
    """A contributor's own shares, whatever organisation they act for."""
    found = income_of(request.user)
    if request.GET.get("export"):
        columns = [
            (_("Institution"), "distribution.contract.licensor.name"),
            (_("Contract"), "distribution.contract.number"),
            (_("Result"), lambda row: row.distribution.contract.title),
            (_("Approved"), "distribution.decided_at"),
            (_("Share of the team's part"), "share"),
            (_("Amount"), lambda row: Money(row.amount_minor, row.distribution.currency)),
            (_("Paid on"), lambda row: getattr(getattr(row, "payout", None), "paid_on", None)),
        ]
        return tables.export(request, "my-income", columns, found)
    context = {
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "totals": total_of(found),
    }
    return render(request, "contracts/proceeds/my_income.html", context)


@login_required
def my_statement(request, pk):
    own = DistributionShare.objects.of_person(request.user).filter(kind=ShareKind.INVENTOR)
    share = get_object_or_404(own.filter(payout__isnull=False).select_related("payout"), pk=pk)
    return _statement(share.payout)


@login_required
def commissions(request):
    permit(request.acting, "commission.read", request.acting.organisation)
    found = Commission.objects.visible_to(request.acting).select_related(
        "contract", "agency", "payer", "allocation__invoice", "payout"
    )
    found = found.order_by("-pk")
    if request.GET.get("export"):
        columns = [
            (_("Contract"), "contract.number"),
            (_("Day"), "arose_on"),
            (_("Agency"), "agency.name"),
            (_("Payer"), "payer.name"),
            (_("Receipt without VAT"), lambda row: Money(row.base_minor, row.currency)),
            (_("Rate"), "rate"),
            (_("Amount"), "amount"),
            (_("Paid on"), lambda row: getattr(getattr(row, "payout", None), "paid_on", None)),
        ]
        return tables.export(request, "commissions", columns, found)
    totals = (
        Commission.objects.visible_to(request.acting)
        .order_by()
        .values("currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("currency")
    )
    context = {
        "page_obj": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "totals": totals,
    }
    return render(request, "contracts/proceeds/commission_list.html", context)
