from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.clock import today
from marketplace.fields import DayField, MoneyField, PercentField


class PlanForm(forms.Form):
    team_share = PercentField(label=_("Share of the team in the net income"))
    staff_of_retained = PercentField(label=_("Transfer staff's share of the retained part"))
    basis = forms.CharField(
        label=_("Internal rule or agreement on which it rests"),
        max_length=200,
        help_text=_("For example the number of the institution's rule on rewards, with its day."),
    )
    commission_is_cost = forms.BooleanField(
        label=_("A commission that we pay is a direct cost (only if agreed with the team)"), required=False
    )


class CostForm(forms.Form):
    on = DayField(label=_("Day"), initial=today)
    text = forms.CharField(label=_("What for"), max_length=200)
    amount = MoneyField(label=_("Amount"), min_minor=1)


class ReturnForm(forms.Form):
    words = forms.CharField(label=_("What should change"), max_length=300)


class PayoutForm(forms.Form):
    paid_on = DayField(label=_("Paid on"), initial=today)
    reference = forms.CharField(label=_("Bank reference"), max_length=120, required=False)
    early = forms.BooleanField(
        label=_("Pay before the end of the internal notice, knowing that the income-tax relief is lost"),
        required=False,
    )


class PayeeForm(forms.Form):
    bank_name = forms.CharField(label=_("Bank and branch"), max_length=120)
    number = forms.RegexField(
        r"^[A-Za-z0-9 ]{8,40}$",
        label=_("Account number"),
        error_messages={"invalid": _("Eight to forty digits or letters.")},
    )
