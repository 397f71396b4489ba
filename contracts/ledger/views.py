from datetime import date

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import render
from django.utils.translation import gettext as _

from contracts.ledger.chart import AccountCode
from contracts.ledger.models import Entry, LedgerHead
from contracts.ledger.queries import postings, trial_balance
from contracts.ledger.verifying import verify_ledger
from marketplace import tables
from marketplace.money import Money
from marketplace.organisations.acting import permit

PER_PAGE = 20


def _day(request, name: str) -> date | None:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


@login_required
def ledger(request):
    """Trial balance of the acting organisation's book, with the state of its chain."""
    organisation = request.acting.organisation
    permit(request.acting, "ledger.read", organisation)
    since, until = _day(request, "since"), _day(request, "until")
    rows = trial_balance(organisation, since=since, until=until)
    for row in rows:
        row["label"] = AccountCode(row["account"]).label
    if request.GET.get("export"):
        columns = [
            (_("Account"), "account"),
            (_("Name"), lambda row: row["label"]),
            (_("Currency"), "currency"),
            (_("Debit"), lambda row: Money(row["debit"], row["currency"])),
            (_("Credit"), lambda row: Money(-row["credit"], row["currency"])),
            (_("Balance"), lambda row: Money(row["balance"], row["currency"])),
        ]
        return tables.export(request, "trial-balance", columns, rows)
    for row in rows:
        row["credit"] = -row["credit"]
    context = {
        "rows": rows,
        "since": since,
        "until": until,
        "head": LedgerHead.objects.filter(issuer=organisation).first(),
        "report": verify_ledger(organisation) if request.GET.get("verify") else None,
    }
    return render(request, "contracts/ledger/trial_balance.html", context)


@login_required
def journal(request):
    """Every entry with its postings, newest first."""
    organisation = request.acting.organisation
    permit(request.acting, "ledger.read", organisation)
    since, until = _day(request, "since"), _day(request, "until")
    account, words = request.GET.get("account", ""), request.GET.get("q", "").strip()
    if request.GET.get("export"):
        rows = postings(organisation, since=since, until=until).select_related("entry")
        if account in AccountCode.values:
            rows = rows.filter(account=account)
        columns = [
            (_("No."), "entry.sequence"),
            (_("Day"), "entry.booked_on"),
            (_("Fact"), "entry.key"),
            (_("Text"), "entry.words"),
            (_("Account"), "account"),
            (_("Name"), "get_account_display"),
            (_("Contract"), "contract_number"),
            (_("Amount"), lambda row: Money(row.amount_minor, row.currency)),
            (_("Currency"), "currency"),
            (_("Hash"), "entry.hash"),
        ]
        return tables.export(request, "journal", columns, rows.order_by("entry__sequence", "pk"))
    entries = Entry.objects.filter(issuer=organisation).order_by("-sequence")
    if since:
        entries = entries.filter(booked_on__gte=since)
    if until:
        entries = entries.filter(booked_on__lte=until)
    if account in AccountCode.values:
        entries = entries.filter(postings__account=account).distinct()
    if words:
        entries = entries.filter(
            Q(text__icontains=words) | Q(key__icontains=words) | Q(postings__contract_number__icontains=words)
        ).distinct()
    context = {
        "page_obj": Paginator(entries.prefetch_related("postings"), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "accounts": AccountCode.choices,
        "account": account,
        "since": since,
        "until": until,
        "q": words,
    }
    return render(request, "contracts/ledger/journal.html", context)
