"""Accounts into which payers pay, and the licensor's own account at Stripe."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contracts.billing.models import Invoice
from contracts.payments.accounts import change_account, close_account, save_account
from contracts.payments.forms import AccountChangeForm, AccountForm, GatewayForm, WebhookForm
from contracts.payments.gateways import services as gateways
from contracts.payments.gateways.models import GatewayAccount, WebhookEvent
from contracts.payments.gateways.sending import request_gateway_invoice
from contracts.payments.models import BankAccount
from marketplace.organisations.acting import permit
from marketplace.refusals import Refused


@login_required
def bank_accounts(request):
    permit(request.acting, "account.edit", request.acting.organisation)
    accounts = BankAccount.objects.visible_to(request.acting)
    return render(request, "contracts/payments/account_list.html", {"accounts": accounts})


@login_required
def bank_account_new(request):
    organisation = request.acting.organisation
    permit(request.acting, "account.edit", organisation)
    form = AccountForm(request.POST or None, initial={"holder": organisation.name_zh or organisation.name_en})
    if request.method == "POST" and form.is_valid():
        facts = {
            name: form.cleaned_data[name]
            for name in ("holder", "bank_name", "number", "layout", "currency", "columns", "confirm_by_code")
        }
        try:
            save_account(organisation, actor=request.acting, **facts)
        except Refused as refusal:
            form.add_error("number", refusal.message)
        else:
            messages.success(request, _("The account was added and is shown on invoices from now on."))
            return redirect("bank_accounts")
    return render(request, "contracts/payments/account_form.html", {"form": form, "account": None})


@login_required
def bank_account_edit(request, pk):
    account = get_object_or_404(BankAccount.objects.visible_to(request.acting), pk=pk)
    initial = {
        "layout": account.layout,
        "confirm_by_code": account.confirm_by_code,
        "is_default": account.is_default,
    }
    form = AccountChangeForm(request.POST or None, initial=initial, columns=account.columns)
    if request.method == "POST" and form.is_valid():
        facts = {
            name: form.cleaned_data[name] for name in ("layout", "columns", "confirm_by_code", "is_default")
        }
        change_account(account, actor=request.acting, **facts)
        messages.success(request, _("Saved."))
        return redirect("bank_accounts")
    return render(request, "contracts/payments/account_form.html", {"form": form, "account": account})


@login_required
@require_POST
def bank_account_close(request, pk):
    account = get_object_or_404(BankAccount.objects.visible_to(request.acting), pk=pk)
    close_account(account, actor=request.acting)
    messages.success(request, _("The account is closed; what was booked on it stays."))
    return redirect("bank_accounts")


def _gateway(request) -> GatewayAccount | None:
    return GatewayAccount.objects.visible_to(request.acting).usable().first()


@login_required
def gateway(request):
    organisation = request.acting.organisation
    permit(request.acting, "account.edit", organisation)
    account = _gateway(request)
    form = GatewayForm(request.POST or None) if account is None else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            account = gateways.add_account(organisation, actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            gateways.check_account(account, actor=request.acting)
            return redirect("gateway")
    context = {
        "account": account,
        "form": form,
        "webhook_form": WebhookForm() if account else None,
        "webhook_url": settings.SITE_URL + reverse("stripe_webhook", args=[account.token]) if account else "",
        "events": WebhookEvent.objects.filter(account=account).order_by("-pk")[:5] if account else [],
        "given_up": WebhookEvent.objects.visible_to(request.acting)
        .in_state(WebhookEvent.State.GIVEN_UP)
        .count(),
    }
    return render(request, "contracts/payments/gateway.html", context)


@login_required
@require_POST
def gateway_test(request):
    account = _gateway(request)
    if account is not None:
        account = gateways.check_account(account, actor=request.acting)
        if account.test_problem:
            messages.error(request, account.test_problem)
        else:
            messages.success(request, _("The key works."))
    return redirect("gateway")


@login_required
@require_POST
def gateway_webhook(request):
    account, form = _gateway(request), WebhookForm(request.POST)
    if account is not None and not form.is_valid():
        messages.error(request, " ".join(form.errors["webhook_secret"]))  # a secret is not kept for the form
    elif account is not None:
        try:
            gateways.set_webhook_secret(account, actor=request.acting, **form.cleaned_data)
            messages.success(request, _("Saved."))
        except Refused as refusal:
            messages.error(request, refusal.message)
    return redirect("gateway")


@login_required
@require_POST
def gateway_remove(request):
    account = _gateway(request)
    if account is not None:
        gateways.remove_account(account, actor=request.acting)
        messages.success(request, _("The key was forgotten."))
    return redirect("gateway")


@login_required
@require_POST
def gateway_send(request, pk):
    invoice = get_object_or_404(Invoice.objects.visible_to(request.acting), pk=pk)
    request_gateway_invoice(invoice, actor=request.acting)
    messages.success(request, _("The invoice is being sent through Stripe."))
    return redirect(invoice)
