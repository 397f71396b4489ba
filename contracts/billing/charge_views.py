"""Pages of charges: the list of a contract, one with both computations, and what people decide about it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Prefetch, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.billing import decisions, services, suspicion
from contracts.billing.charge_steps import ContractBilling
from contracts.billing.closing.drafts import grace_days
from contracts.billing.forms import CarryForm, DryRunForm, ReasonForm
from contracts.billing.lines import line_text
from contracts.billing.models import (
    BILLABLE,
    SETTLED,
    WATCHED,
    Charge,
    ChargeState,
    CreditNote,
    CreditNoteLine,
    Invoice,
    RatingRun,
)
from contracts.billing.planning import key_of
from contracts.billing.preview import dry_run
from contracts.billing.runs import recompute
from contracts.lifecycle.models import LicenceContract
from contracts.rating.result import reason_words
from contracts.rating.working import read_working, sentences
from marketplace import tables
from marketplace.clock import today
from marketplace.fields import row_numbers
from marketplace.held import tell_errors
from marketplace.money import Money
from marketplace.refusals import Refused

PER_PAGE = 20
SORTS = {"dated_on", "amount_minor", "state"}


def contract_of_party(request, number) -> LicenceContract:
    """Charges are between the two parties: a broker who may see the contract does not see them."""
    acting = request.acting
    found = get_object_or_404(LicenceContract.objects.visible_to(acting), number=number)
    if not acting.can("charge.read") or not (acting.is_for(found.licensor) or acting.is_for(found.licensee)):
        raise Http404
    return found


def _filtered(request, found):
    state, sort = request.GET.get("state", ""), request.GET.get("sort", "")
    if state in ChargeState.values:
        found = found.filter(state=state)
    if sort.lstrip("-") in SORTS:
        return found.order_by(sort, "-id")
    return found.order_by("-dated_on", "-id")


@login_required
def charges(request, number):
    contract = contract_of_party(request, number)
    found = (
        Charge.objects.visible_to(request.acting)
        .filter(contract=contract)
        .select_related("contract", "invoice_line__invoice")
        .prefetch_related(
            "contract__versions",
            Prefetch("credit_lines", CreditNoteLine.objects.select_related("credit_note")),
        )
    )
    found = _filtered(request, found)
    if request.GET.get("export"):
        columns = [
            (_("Date"), "dated_on"),
            (_("Element"), "element_id"),
            (_("From"), "period_start"),
            (_("Until"), "period_end"),
            (_("Kind"), "get_kind_display"),
            (_("Amount"), "amount"),
            (_("State"), "get_state_display"),
            (_("Invoice"), lambda row: ", ".join(paper.number for paper in _papers(row))),
        ]
        return tables.export(request, f"charges-{contract.number}", columns, found)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    language = get_language() or "zh-hans"
    licensor = request.acting.is_for(contract.licensor)
    context = {
        "contract": contract,
        "page_obj": page,
        "rows": [
            {"charge": charge, "text": line_text(charge, language), "papers": _papers(charge)}
            for charge in page
        ],
        "states": ChargeState.choices,
        "state": request.GET.get("state", ""),
        "may_approve": licensor and request.acting.can("charge.approve"),
        "may_issue": licensor and request.acting.can("invoice.issue"),
        "grace_days": grace_days(contract.licensor_id) if licensor else 0,
        "open_draft": contract.invoice_drafts.filter(state="OPEN").first() if licensor else None,
        **_open_sums(contract),
        **_standing(contract, language),
    }
    if context["may_approve"]:
        own = ContractBilling.objects.filter(contract=contract).first()
        context["carry_form"] = CarryForm(
            currency=contract.terms.currency,
            initial={"carry_below_minor": own.carry_below_minor if own else None},
        )
    return render(request, "contracts/billing/charge_list.html", context)


def _papers(charge: Charge) -> list[Invoice | CreditNote]:
    """The invoice or the credit notes on which a charge stands."""
    line = getattr(charge, "invoice_line", None)
    return [line.invoice] if line else [line.credit_note for line in charge.credit_lines.all()]


def _open_sums(contract: LicenceContract) -> dict:
    """How many charges wait for approval and for an invoice, and what is carried, in one question."""
    open_ = contract.charges.exclude(state__in=SETTLED).exclude(amount_minor=0)
    rows = list(open_.values_list("state", "amount_minor", "currency"))
    carried = [row for row in rows if row[0] == ChargeState.CARRIED]
    return {
        "to_approve": contract.charges.filter(state=ChargeState.ACCRUED).count(),
        "to_issue": sum(row[0] == ChargeState.APPROVED for row in rows),
        "carried": Money(sum(row[1] for row in carried), carried[0][2]) if carried else None,
    }


def _standing(contract: LicenceContract, language: str) -> dict:
    """What today's rating says beyond what is charged: the same code, so the figure is that of the next charge."""
    if contract.effective_on is None:
        return {}
    found = dry_run(contract, today(), language)
    return {"to_come": found.to_charge, "waiting": found.waiting}


@login_required
def charge(request, pk):
    found = get_object_or_404(
        Charge.objects.visible_to(request.acting).select_related("contract", "run"), pk=pk
    )
    language, acting, contract = get_language() or "zh-hans", request.acting, found.contract
    licensor, licensee = acting.is_for(contract.licensor), acting.is_for(contract.licensee)
    family = contract.charges.filter(**key_of(found))
    open_minor = family.exclude(state__in=SETTLED).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    before = (
        family.filter(sequence__lt=found.sequence).exclude(working=None).order_by("-sequence").first()
        if found.before_minor is not None
        else None
    )
    disputable = found.state in (ChargeState.ACCRUED, *BILLABLE) and open_minor > 0
    finance = licensor and acting.can("charge.approve")
    context = {
        "charge": found,
        "contract": contract,
        "text": line_text(found, language),
        "sentences": _sentences(found, language),
        "before": before,
        "before_sentences": _sentences(before, language) if before else [],
        "held_words": suspicion.words(found.held_reason, found.currency) if found.held_reason else "",
        "steps": found.steps.select_related("by"),
        "family": family.exclude(pk=found.pk).order_by("sequence"),
        "may_release": finance and found.state in WATCHED,
        "may_refuse": finance and found.state == ChargeState.HELD,
        "may_uphold": finance and found.state == ChargeState.DISPUTED,
        "may_waive": licensor
        and acting.can("charge.waive")
        and found.state not in SETTLED
        and open_minor > 0,
        "may_dispute": licensee and acting.can("charge.dispute") and disputable,
        "may_withdraw": licensee and acting.can("charge.dispute") and found.state == ChargeState.DISPUTED,
        "reason_form": ReasonForm(),
        "invoice": Invoice.objects.filter(lines__charge=found).first(),
        "late": Invoice.objects.filter(pk=found.of_invoice_id).first() if found.of_invoice_id else None,
    }
    return render(request, "contracts/billing/charge_detail.html", context)


def _sentences(charge: Charge, language: str) -> list[str]:
    return sentences(read_working(charge.working), language) if charge.working else []


@login_required
@require_POST
def approve(request, number):
    contract = contract_of_party(request, number)
    ids = row_numbers(request.POST.getlist("charge"))
    if not ids and request.POST.get("all"):
        ids = list(contract.charges.filter(state=ChargeState.ACCRUED).values_list("pk", flat=True))
    if decisions.approve_charges(contract, actor=request.acting, ids=ids):
        messages.success(request, _("The charges were approved; they can be invoiced now."))
    else:
        messages.info(request, _("No charge waited for approval; nothing was changed."))
    return redirect("charges", number=contract.number)


@login_required
@require_POST
def carrying(request, number):
    """Set the threshold of one contract below which corrections are carried."""
    contract = contract_of_party(request, number)
    form = CarryForm(request.POST, currency=contract.terms.currency)
    if form.is_valid():
        services.set_carrying(contract, actor=request.acting, **form.cleaned_data)
        messages.success(request, _("Saved."))
    else:
        tell_errors(request, form)
    return redirect("charges", number=contract.number)


def _visible(request, pk) -> Charge:
    return get_object_or_404(Charge.objects.visible_to(request.acting).select_related("contract"), pk=pk)


@login_required
@require_POST
def release(request, pk):
    found = _visible(request, pk)
    decisions.release_charge(found, actor=request.acting)
    messages.success(request, _("The charge goes on as accrued."))
    return redirect(found)


@login_required
@require_POST
def withdraw_dispute(request, pk):
    found = _visible(request, pk)
    decisions.withdraw_charge_dispute(found, actor=request.acting)
    messages.success(request, _("The charge goes on as accrued."))
    return redirect(found)


def _with_reason(request, pk, decide, done):
    """A decision that needs a reason; what is missing or refused is said on the charge's page."""
    found = _visible(request, pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why: the other side reads it."))
        return redirect(found)
    try:
        decide(found, actor=request.acting, reason=form.cleaned_data["reason"])
    except Refused as refusal:
        if refusal.status != Refused.status or refusal.code != "refused":
            raise
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect(found)


@login_required
@require_POST
def refuse(request, pk):
    done = _("The charge is not billed; it waits for a correction.")
    return _with_reason(request, pk, decisions.refuse_charge, done)


@login_required
@require_POST
def dispute(request, pk):
    done = _("The charge is disputed and is not invoiced until that is settled.")
    return _with_reason(request, pk, decisions.dispute_charge, done)


@login_required
@require_POST
def uphold(request, pk):
    return _with_reason(request, pk, decisions.uphold_charge, _("The charge goes on as accrued."))


@login_required
@require_POST
def waive(request, pk):
    return _with_reason(request, pk, decisions.waive_charge, _("The charge is waived and written off."))


@login_required
def rating_run(request, pk):
    """One run with its bounds and hashes, computed again at this moment."""
    contracts = LicenceContract.objects.visible_to(request.acting)
    run = get_object_or_404(
        RatingRun.objects.filter(contract__in=contracts).select_related("contract"), pk=pk
    )
    contract = contract_of_party(request, run.contract.number)
    language = get_language() or "zh-hans"
    made = run.charges.exclude(amount_minor=0).order_by("pk")
    page = Paginator(made, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.contract = contract
    again = recompute(run)
    others = RatingRun.objects.filter(contract=contract).order_by("pk").values_list("pk", flat=True)
    context = {
        "run": run,
        "contract": contract,
        "currency": contract.terms.currency,
        "again": again,
        "waiting": [reason_words(waiting, language) for waiting in again.rating.waiting],
        "page_obj": page,
        "rows": [{"charge": row, "text": line_text(row, language)} for row in page],
        "earlier": others.filter(pk__lt=pk).last(),
        "later": others.filter(pk__gt=pk).first(),
    }
    return render(request, "contracts/billing/rating_run.html", context)


@login_required
def trial_run(request, number):
    """Dry run: what would be charged and invoiced until a day. Nothing is written."""
    contract = contract_of_party(request, number)
    form = DryRunForm(request.GET or None, initial={"until": today()})
    until = form.cleaned_data["until"] if form.is_bound and form.is_valid() else today()
    found = None
    if contract.effective_on is not None and not (form.is_bound and form.errors):
        found = dry_run(contract, max(until, contract.effective_on), get_language() or "zh-hans")
    if found and request.GET.get("export"):
        columns = [
            (_("Date"), "dated_on"),
            (_("What"), "text"),
            (_("Amount"), "amount"),
            (_("Invoice due on"), "due_on"),
        ]
        return tables.export(request, f"trial-run-{contract.number}-{until}", columns, found.lines)
    context = {"contract": contract, "form": form, "until": until, "found": found}
    return render(request, "contracts/billing/trial_run.html", context)
