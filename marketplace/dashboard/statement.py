"""The demo has no bank. Here is the statement it would give: everything that is open arrives today, with its code."""

import csv
import io

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from contracts.payments.layouts import layout_of
from contracts.payments.models import BankAccount
from contracts.payments.queries import open_invoices
from marketplace.clock import today
from marketplace.money import Money

ROWS = 50


@require_safe
@login_required
def demo_statement(request, pk):
    """A file that the account's layout reads; there is no such page outside demo mode."""
    acting = request.acting
    if not settings.DEMO or not acting.can("payment.confirm"):
        raise Http404
    account = get_object_or_404(BankAccount.objects.usable().filter(organisation=acting.organisation), pk=pk)
    layout = layout_of(account.layout, account.columns)
    heads = {name: heads[0] for name, heads in layout.columns.items()}
    out = io.StringIO()
    writer = csv.DictWriter(out, heads.values())
    writer.writeheader()
    invoices = open_invoices(account.organisation).filter(currency=account.currency).select_related("payer")
    for invoice in invoices[:ROWS]:
        amount = Money(invoice.open_minor, account.currency).decimal
        told = {
            "booked_on": f"{today():%Y-%m-%d}",
            "amount": f"{amount:.2f}",
            "credit": f"{amount:.2f}",
            "direction": layout.money_in[0],
            "currency": account.currency,
            "bank_reference": f"DEMO{today():%Y%m%d}{invoice.pk:06d}{invoice.open_minor % 1000:03d}",
            "payer_name": invoice.payer.name_zh,
            "payer_account": "6222000000000000",
            "note": f"{invoice.reference_code} {invoice.number}",
        }
        writer.writerow({heads[name]: value for name, value in told.items() if name in heads})
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="statement-{today()}.csv"'
    return answer
