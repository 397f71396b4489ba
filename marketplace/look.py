"""One page with every component, for looking at; only in demo mode and while developing."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from marketplace.clock import now, today
from marketplace.documents import render_pdf
from marketplace.fields import DayField, MoneyField, MonthField, PercentField, UploadField
from marketplace.money import Money
from marketplace.tables import export


class ExampleForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=60, help_text=gettext_lazy("Say what it does, in one line.")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Payment form"),
        choices=[("lump", gettext_lazy("lump sum")), ("royalty", gettext_lazy("royalty"))],
        widget=forms.RadioSelect,
    )
    amount = MoneyField(label=gettext_lazy("Entry fee"))
    rate = PercentField(label=gettext_lazy("Royalty rate"), required=False)
    start = DayField(label=gettext_lazy("Start of the free-use period"))
    period = MonthField(label=gettext_lazy("Reporting month"), required=False)
    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        choices=[("42", gettext_lazy("Hubei")), ("33", gettext_lazy("Zhejiang"))],
    )
    evidence = UploadField(label=gettext_lazy("Evidence"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label=gettext_lazy("The team has consented."))


def _only_for_looking() -> None:
    if not (settings.DEMO or settings.DEBUG):
        raise Http404


def _rows() -> list[dict]:
    states = [
        ("TRIAL", _("free-use period")),
        ("ACTIVE", _("in force")),
        ("DECISION_DUE", _("decision due")),
        ("IN_BREACH", _("in breach")),
        ("DRAFT", _("draft")),
    ]
    return [
        {
            "number": f"UF-2026-{number:04}",
            "name": _("Low-temperature sealing compound for pumps"),
            "state": states[number % len(states)],
            "due": today() + timedelta(days=7 * number),
            "amount": Money(6_900_000 * number + 50),
        }
        for number in range(1, 48)
    ]


@require_GET
def look(request) -> HttpResponse:
    _only_for_looking()
    rows = _rows()
    if "export" in request.GET:
        columns = [
            (_("Number"), "number"),
            (_("Name"), "name"),
            (_("State"), lambda row: row["state"][1]),
            (_("Due on"), "due"),
            (_("Amount"), "amount"),
        ]
        return export(request, "example", columns, rows)
    steps = [
        {"key": "agreed", "label": _("Agreed"), "state": "done", "on": today() - timedelta(days=80)},
        {"key": "notice", "label": _("Public notice"), "state": "done", "on": today() - timedelta(days=60)},
        {"key": "signed", "label": _("Signed"), "state": "done", "on": today() - timedelta(days=40)},
        {"key": "trial", "label": _("Free-use period"), "state": "now", "on": None, "note": _("12 months")},
        {"key": "decision", "label": _("Decision"), "state": "next", "on": today() + timedelta(days=300)},
        {"key": "active", "label": _("In force"), "state": "next", "on": None},
    ]
    context = {
        "form": ExampleForm(request.GET if "title" in request.GET else None),
        "wrong_form": ExampleForm({"title": "", "amount": "-5", "rate": "130"}, prefix="wrong"),
        "page": Paginator(rows, 8).get_page(request.GET.get("page")),
        "steps": steps,
        "now": now(),
        "states": {
            "good": [("ACTIVE", _("in force")), ("PAID", _("paid"))],
            "warn": [("PENDING", _("waiting for verification")), ("DECISION_DUE", _("decision due"))],
            "bad": [("OVERDUE", _("overdue")), ("IN_BREACH", _("in breach"))],
            "info": [("TRIAL", _("free-use period"))],
            "quiet": [("DRAFT", _("draft"))],
        },
    }
    return render(request, "look.html", context)


@require_GET
def paper(request) -> HttpResponse:
    _only_for_looking()
    amounts = [(_("Entry fee"), Money(6_900_000)), (_("Royalty"), Money(120_050))]
    data = {
        "title": _("Example of a paper"),
        "number": "UF-2026-0001",
        "issued": today(),
        "facts": [(_("Licensor"), _("Example University")), (_("Licensee"), _("Example Company"))],
        "head": [_("Item"), _("Amount")],
        "rows": [*amounts, (_("Sum"), sum(amount for _word, amount in amounts))],
        "remark": _("The free-use period is 12 months from delivery."),
        "clauses": [(_("What is licensed"), [_("The licensor licenses the result to the licensee.")])],
        "parties": [(_("Licensor"), _("Example University")), (_("Licensee"), _("Example Company"))],
        "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }
    return HttpResponse(render_pdf("marketplace/example", data), content_type="application/pdf")
