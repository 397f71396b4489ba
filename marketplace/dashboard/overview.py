"""What the operator watches: states, sums and what got stuck. Nothing of what a contract says."""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from cms.models import ListingPage, NeedPage
from cms.models.market import State as PageState
from cms.views.lists import IN_STATE
from contracts.billing.models import CreditNote, Invoice
from contracts.ledger.models import LedgerCheck, LedgerFinding
from contracts.lifecycle.models import LicenceContract, Objection
from contracts.lifecycle.states import ObjectionState, State
from contracts.payments.gateways.models import WebhookEvent
from contracts.payments.models import Payment, Refund
from contracts.payments.queries import annotate_balances
from contracts.usage.metering.models import Recount
from marketplace.clock import now, today
from marketplace.dashboard.standing import sums_of
from marketplace.deals.models import Deal
from marketplace.deals.states import DealState
from marketplace.money import Money
from marketplace.notifications.models import Notification
from marketplace.notifications.tasks import MAX_ATTEMPTS as MAIL_ATTEMPTS
from marketplace.organisations.models import Organisation, OrganisationState
from marketplace.templatetags.ui import moment
from search.engines import client
from search.indexing import waiting
from search.models import OutboxRow

LAG_IS_BAD = timedelta(minutes=5)
CHECK_IS_OLD = timedelta(days=2)


@dataclass(frozen=True)
class Line:
    """One figure with the list behind it. `tone` is "bad" or "warn" where somebody should look; `state` and `look`
    draw the label as the badge of that state."""

    label: str
    count: int = 0
    url: str = ""
    tone: str = ""
    state: str = ""
    look: str = ""
    sums: tuple[Money, ...] | None = None
    note: str = ""


@dataclass(frozen=True)
class Overview:
    listings: list[Line] = field(default_factory=list)
    needs: list[Line] = field(default_factory=list)
    deals: list[Line] = field(default_factory=list)
    contracts: list[Line] = field(default_factory=list)
    money: list[Line] = field(default_factory=list)
    waits: list[Line] = field(default_factory=list)
    machines: list[Line] = field(default_factory=list)


def overview() -> Overview:
    """All figures of the operator's page, with a fixed number of queries."""
    return Overview(
        listings=_pages(ListingPage, "LISTING"),
        needs=_pages(NeedPage, "NEED"),
        deals=_by_state(Deal.objects.all(), DealState, "deals"),
        contracts=_by_state(LicenceContract.objects.all(), State, "contracts"),
        money=_money(),
        waits=_waits(),
        machines=_machines(),
    )


def _pages(model, kind: str) -> list[Line]:
    """Drafts are only counted: what is not published is its owner's alone."""
    counts = model.objects.with_state().aggregate(
        **{state.value: Count("pk", filter=condition) for state, condition in IN_STATE.items()}
    )
    found = f"{reverse('search')}?kind={kind}"
    public = {PageState.LIVE, PageState.CHANGED}
    return [
        Line(
            str(state.label),
            counts[state.value],
            found if state in public else "",
            state=state.value,
            look="bad" if state == PageState.RETURNED else "",
        )
        for state in PageState
        if counts[state.value]
    ]


def _by_state(rows: QuerySet, states, url_name: str) -> list[Line]:
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    return [
        Line(
            str(state.label), counts[state], f"{reverse(url_name)}?{urlencode({'state': state})}", state=state
        )
        for state in states
        if counts.get(state)
    ]


def overdue_invoices() -> QuerySet[Invoice]:
    """Invoices past their due date on which something is still open, the oldest first."""
    rows = annotate_balances(Invoice.objects.all()).filter(open_minor__gt=0, due_on__lt=today())
    return rows.select_related("contract").order_by("due_on", "pk")


def open_objections() -> QuerySet[Objection]:
    rows = Objection.objects.filter(state=ObjectionState.OPEN).select_related("notice")
    return rows.order_by("decide_by", "pk")


def failed_letters() -> QuerySet[Notification]:
    rows = Notification.objects.to_mail().filter(mail_attempts__gte=MAIL_ATTEMPTS)
    return rows.select_related("user").order_by("-pk")


def failed_webhooks() -> QuerySet[WebhookEvent]:
    rows = WebhookEvent.objects.in_state(WebhookEvent.State.GIVEN_UP)
    return rows.select_related("account__organisation").order_by("-pk")


def ledger_findings() -> QuerySet[LedgerFinding]:
    """What the newest check of the books found."""
    newest = LedgerCheck.objects.values("pk")[:1]
    return LedgerFinding.objects.filter(of__in=newest).select_related("issuer").order_by("pk")


def _books() -> Line:
    """The newest check of the books; red with findings, yellow when nobody has checked for days."""
    check = LedgerCheck.objects.first()
    if check is None:
        return Line(_("Findings in the books"), tone="warn", note=_("the books were not checked yet"))
    old = now() - check.at > CHECK_IS_OLD
    note = _("checked %(at)s, entries: %(count)s") % {"at": moment(check.at), "count": check.entries}
    tone = "bad" if check.found else "warn" if old else ""
    return Line(_("Findings in the books"), check.found, _list("books"), tone, note=note)


def _list(what: str) -> str:
    return reverse("market_list", args=[what])


def _money() -> list[Line]:
    late = overdue_invoices()
    return [
        Line(_("Invoiced"), sums=sums_of(Invoice.objects.all(), "total_minor")),
        Line(_("Taken back by credit notes"), sums=sums_of(CreditNote.objects.all(), "total_minor")),
        Line(_("Received"), sums=sums_of(Payment.objects.all(), "amount_minor")),
        Line(
            _("Paid back"),
            sums=sums_of(Refund.objects.annotate(currency=F("payment__currency")), "amount_minor"),
        ),
        Line(_("Overdue"), late.count(), _list("overdue"), "bad", sums=sums_of(late, "open_minor")),
    ]


def _waits() -> list[Line]:
    objections = open_objections()
    late = objections.filter(decide_by__lt=today()).count()
    queue = Organisation.objects.filter(state=OrganisationState.PENDING).count()
    return [
        Line(_("Organisations to verify"), queue, reverse("verifications"), "warn" if queue else ""),
        Line(
            _("Objections under examination"),
            objections.count(),
            _list("objections"),
            "bad" if late else "",
            note=_("%(count)s past the deadline") % {"count": late} if late else "",
        ),
    ]


def search_lag() -> timedelta:
    """How long the oldest waiting change has waited for search, by the database's clock."""
    age = ExpressionWrapper(Now() - Min("created_at"), output_field=DurationField())
    return OutboxRow.objects.filter(is_dead=False).aggregate(age=age)["age"] or timedelta(0)


def _machines() -> list[Line]:
    search, lag, letters, webhooks = (
        waiting(),
        search_lag(),
        failed_letters().count(),
        failed_webhooks().count(),
    )
    stuck = search["dead"] + search["refused"]
    minutes = int(lag.total_seconds() // 60)
    recounted = Recount.objects.filter(ended_at__isnull=False).first()
    return [
        Line(
            _("Daily sums of usage that differ from their events"),
            recounted.difference_count if recounted else 0,
            "",
            "bad" if recounted and not recounted.is_well else "",
            note=_("recounted on %(day)s") % {"day": f"{recounted.ended_at:%Y-%m-%d %H:%M}"}
            if recounted
            else _("not recounted yet"),
        ),
        Line(
            _("Changes waiting for search"),
            search["waiting"] + (search["to_push"] if client.configured() else 0),
            reverse("search_health"),
            "bad" if lag > LAG_IS_BAD else "",
            note=_("the oldest waits for %(minutes)s minutes") % {"minutes": minutes} if minutes else "",
        ),
        Line(_("Changes that search refused"), stuck, reverse("search_health"), "bad" if stuck else ""),
        Line(_("Letters that could not be sent"), letters, _list("letters"), "bad" if letters else ""),
        _books(),
        Line(_("Webhooks that could not be handled"), webhooks, _list("webhooks"), "bad" if webhooks else ""),
    ]


def contracts_by_state() -> list[LicenceContract]:
    """Every contract in the order of its states, for the operator's export."""
    place = {state: number for number, state in enumerate(State.values)}
    return sorted(LicenceContract.objects.order_by("number"), key=lambda contract: place[contract.state])
