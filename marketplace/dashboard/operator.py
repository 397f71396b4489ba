"""The operator's overview of the market, and the lists that stand behind it alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from contracts.payments.gateways.hearing import retry_messages
from contracts.payments.views.messages import retried
from marketplace import tables
from marketplace.clock import ZONE, today
from marketplace.dashboard import overview
from marketplace.dashboard.occasions import occasion_of
from marketplace.notifications.services import retry_letters
from marketplace.organisations.pages import operator_page
from marketplace.templatetags.ui import NOTHING, day, moment

PER_PAGE = 20


@dataclass(frozen=True)
class WatchList:
    """A list that has no page elsewhere. A column: key of sorting ("" for none), header, getter. `page`: what the
    first column of a row leads to. `retry`: the address that has all rows tried again, with the effect in words."""

    title: str
    lede: str
    rows: Callable[[], QuerySet]
    columns: Sequence[tuple[str, str, str | Callable]]
    page: str = ""
    retry: str = ""
    effect: str = ""


LISTS = {
    "overdue": WatchList(
        gettext_lazy("Overdue invoices"),
        gettext_lazy("Past their due date and not paid in full. What they ask for is between the parties."),
        overview.overdue_invoices,
        (
            ("contract__number", gettext_lazy("Contract"), "contract.number"),
            ("contract__state", gettext_lazy("State of the contract"), "contract.get_state_display"),
            ("issued_on", gettext_lazy("Issued on"), "issued_on"),
            ("due_on", gettext_lazy("Due on"), "due_on"),
            ("", gettext_lazy("Days late"), lambda row: (today() - row.due_on).days),
        ),
        page="contract",
    ),
    "objections": WatchList(
        gettext_lazy("Objections under examination"),
        gettext_lazy("Who objects, and why, is read by the licensor, who decides."),
        overview.open_objections,
        (
            ("notice__number", gettext_lazy("Public notice"), "notice.number"),
            ("lodged_at", gettext_lazy("Lodged"), "lodged_at"),
            ("decide_by", gettext_lazy("Decision by"), "decide_by"),
            ("", gettext_lazy("Days left"), lambda row: (row.decide_by - today()).days),
        ),
        page="notice",
    ),
    "letters": WatchList(
        gettext_lazy("Letters that could not be sent"),
        gettext_lazy(
            "The mail server refused them too often. Their recipients see the same facts in the app."
        ),
        overview.failed_letters,
        (
            ("user__email", gettext_lazy("Recipient"), "user.email"),
            ("template", gettext_lazy("Occasion"), lambda row: occasion_of(row.template)),
            ("created_at", gettext_lazy("Written"), "created_at"),
            ("mail_attempts", gettext_lazy("Attempts"), "mail_attempts"),
        ),
        retry="letters_retry",
        effect=gettext_lazy("All these letters are put back into the queue and sent once more."),
    ),
    "books": WatchList(
        gettext_lazy("Findings in the books"),
        gettext_lazy(
            "What the nightly check found when it added up every book again and compared it with its documents. Nothing"
            " is corrected by itself: compare with a backup and with the papers that were sent."
        ),
        overview.ledger_findings,
        (
            ("issuer__name_zh", gettext_lazy("Organisation"), "issuer.name"),
            ("kind", gettext_lazy("What is wrong"), "get_kind_display"),
            ("what", gettext_lazy("Where"), "what"),
            ("", gettext_lazy("Details"), "detail"),
        ),
    ),
    "webhooks": WatchList(
        gettext_lazy("Webhooks that could not be handled"),
        gettext_lazy(
            "No payment is lost: open invoices are read again from the provider every ten minutes. The licensor's key"
            " or the provider's answer should be looked at."
        ),
        overview.failed_webhooks,
        (
            ("account__organisation__name_zh", gettext_lazy("Organisation"), "account.organisation.name"),
            ("kind", gettext_lazy("Event"), "kind"),
            ("received_at", gettext_lazy("Received"), "received_at"),
            ("attempts", gettext_lazy("Attempts"), "attempts"),
            ("", gettext_lazy("What went wrong"), "problem_words"),
        ),
        retry="webhooks_retry",
        effect=gettext_lazy("All these messages are put back and handled once more."),
    ),
}
CONTRACT_COLUMNS = (
    (gettext_lazy("Number"), "number"),
    (gettext_lazy("State"), "get_state_display"),
    (gettext_lazy("In this state since"), lambda row: row.state_since.astimezone(ZONE).date()),
    (gettext_lazy("Signed on"), lambda row: row.signed_at.astimezone(ZONE).date() if row.signed_at else None),
    (gettext_lazy("Effective from"), "effective_on"),
    (gettext_lazy("Free use from"), "trial_starts_on"),
    (gettext_lazy("Last day of free use"), "trial_ends_on"),
    (gettext_lazy("Decision by"), "decision_due_on"),
    (gettext_lazy("In force from"), "activated_on"),
    (gettext_lazy("Paid up since"), "paid_up_on"),
    (gettext_lazy("Last day of the licence"), "term_ends_on"),
    (gettext_lazy("Ended on"), "licence_ended_on"),
    (gettext_lazy("Closed on"), "closed_on"),
)


def _shown(value: object) -> object:
    """A cell as pages write it; an empty one as a dash."""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    return NOTHING if value in (None, "") else value


def _cells(row: object, shown: WatchList) -> list[object]:
    cells = [_shown(tables.value_of(row, getter)) for _key, _label, getter in shown.columns]
    if shown.page:
        url = getattr(row, shown.page).get_absolute_url()
        cells[0] = format_html('<a href="{}">{}</a>', url, cells[0])
    return cells


@never_cache
@require_safe
@operator_page("market.watch")
def market(request):
    if "export" in request.GET:
        return tables.export(request, "contracts-by-state", CONTRACT_COLUMNS, overview.contracts_by_state())
    return render(request, "dashboard/market.html", {"overview": overview.overview()})


@never_cache
@require_safe
@operator_page("market.watch")
def market_list(request, what):
    if what not in LISTS:
        raise Http404
    shown = LISTS[what]
    rows = shown.rows()
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") in {key for key, _label, _getter in shown.columns if key}:
        rows = rows.order_by(sort, "pk")
    if "export" in request.GET:
        columns = [(label, getter) for _key, label, getter in shown.columns]
        return tables.export(request, what, columns, rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "list": shown,
        "what": what,
        "page_obj": page,
        "rows": [_cells(row, shown) for row in page],
    }
    return render(request, "dashboard/market_list.html", context)


@require_POST
@operator_page("market.watch")
def letters_retry(request):
    number = retry_letters()
    messages.success(
        request,
        ngettext("%(count)s letter is tried again.", "%(count)s letters are tried again.", number)
        % {"count": number},
    )
    return redirect("market_list", "letters")


@require_POST
@operator_page("market.watch")
def webhooks_retry(request):
    messages.success(request, retried(retry_messages(actor=request.acting)))
    return redirect("market_list", "webhooks")
