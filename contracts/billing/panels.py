"""What contracts show of charges and invoices; menu and desk. Money received is shown by later steps."""

from django.db.models import Sum
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from contracts.billing.models import SETTLED, Charge, ChargeState
from contracts.billing.sofar import so_far
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MenuItem, register_menu
from marketplace.money import Money
from marketplace.organisations.roles import RESEARCH
from marketplace.panels import panel

DESK_LIMIT = 40

for _key, _label, _permission, _order, _kinds, _also in (
    (
        "invoices",
        gettext_lazy("Invoices"),
        "invoice.read",
        10,
        (),
        ("charges", "credit-notes", "rating-runs"),
    ),
    ("month_ends", gettext_lazy("Month end"), "invoice.issue", 60, RESEARCH, ()),
    ("billing_settings", gettext_lazy("Billing settings"), "invoice.issue", 90, RESEARCH, ("billing",)),
):
    register_menu(
        MenuItem(_key, _label, _key, _permission, "money", _order, frozenset(_kinds), frozenset(_also))
    )
register_menu(
    MenuItem("market_month_ends", gettext_lazy("Month end"), "month_ends", "market.watch", "operator", 20)
)


def _is_party(acting, contract) -> bool:
    return acting.is_for(contract.licensor) or acting.is_for(contract.licensee)


@panel("contract.tabs", order=30)
def money_tabs(request, contract) -> str:
    acting, links = request.acting, []
    if contract.effective_on is None or not _is_party(acting, contract):
        return ""
    if acting.can("charge.read"):
        links.append((reverse("charges", args=[contract.number]), _("Charges")))
    if acting.can("invoice.read"):
        links.append((f"{reverse('invoices')}?contract={contract.number}", _("Invoices")))
    return format_html_join("", '<a href="{}">{}</a>', links)


@panel("contract.next", order=20)
def next_charges(request, contract) -> str:
    """Charges that this person has to approve, or to invoice."""
    acting = request.acting
    if not acting.is_for(contract.licensor) or not acting.can("charge.approve"):
        return ""
    rows = (
        Charge.objects.filter(contract=contract, state__in=(ChargeState.ACCRUED, ChargeState.APPROVED))
        .exclude(amount_minor=0)
        .values_list("state", "currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("state")
    )
    words = {ChargeState.ACCRUED: _("Approve charges: %s"), ChargeState.APPROVED: _("Issue invoices: %s")}
    url = reverse("charges", args=[contract.number])
    lines = [(url, words[state] % Money(total, currency)) for state, currency, total in rows]
    return (
        format_html('<ul class="todo">{}</ul>', format_html_join("", '<li><a href="{}">{}</a></li>', lines))
        if lines
        else ""
    )


@panel("contract.aside", order=45)
def so_far_of_contract(request, contract) -> str:
    """What the running period has come to by now."""
    return _so_far(request, contract, "contracts/billing/_so_far.html")


@panel("usage.main", order=10)
def so_far_of_usage(request, contract) -> str:
    return _so_far(request, contract, "contracts/billing/_so_far_working.html")


def _so_far(request, contract, template: str) -> str:
    acting = request.acting
    if contract.effective_on is None or not acting.can("charge.read") or not _is_party(acting, contract):
        return ""
    language = get_language() or "zh-hans"
    try:
        found = so_far(contract, language)
    except ValueError:  # terms that cannot be rated: the timer has logged it
        return ""
    if found is None:
        return ""
    parts = [(part, part.sentences(language)) for part in found.parts]
    return render_to_string(template, {"contract": contract, "so_far": found, "parts": parts}, request)


@panel("contract.aside", order=50)
def charges_of_contract(request, contract) -> str:
    """What has accrued and is not invoiced yet."""
    acting = request.acting
    if not acting.can("charge.read") or not _is_party(acting, contract):
        return ""
    open_ = Charge.objects.filter(contract=contract).exclude(state__in=SETTLED)
    sums = {
        row["state"]: row["total"]
        for row in open_.values("state").annotate(total=Sum("amount_minor")).order_by()
    }
    if not any(sums.values()):
        return ""
    currency = open_.values_list("currency", flat=True).first()
    rows = [(label, sums[state], currency) for state, label in ChargeState.choices if sums.get(state)]
    return render_to_string(
        "contracts/billing/_contract_charges.html", {"contract": contract, "rows": rows}, request
    )


@desk_items
def waiting_charges(acting) -> list[DeskItem]:
    """For the licensor's finance: charges to look at, to approve and to invoice, one item per contract."""
    if not acting.can("charge.approve"):
        return []
    words = {
        ChargeState.HELD: _("%(number)s: look at an unusual charge, %(total)s"),
        ChargeState.DISPUTED: _("%(number)s: answer the dispute about a charge, %(total)s"),
        ChargeState.ACCRUED: _("%(number)s: approve charges, %(total)s"),
        ChargeState.APPROVED: _("%(number)s: issue invoices, %(total)s"),
    }
    rows = (
        Charge.objects.filter(contract__licensor=acting.organisation, state__in=words)
        .exclude(amount_minor=0)
        .values("contract__number", "state", "currency")
        .annotate(total=Sum("amount_minor"))
        .order_by("contract__number", "state")
    )
    return [
        DeskItem(
            words[row["state"]]
            % {"number": row["contract__number"], "total": Money(row["total"], row["currency"])},
            reverse("charges", args=[row["contract__number"]]),
            None,
            _("Charge"),
        )
        for row in rows[:DESK_LIMIT]
    ]
