from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.usage.audits.services import NOTICE_DAYS
from marketplace.clock import today
from marketplace.fields import DayField, MoneyField


class AnnounceForm(forms.Form):
    period_start = DayField(label=_("Period from"))
    period_end = DayField(label=_("Period until"))
    starts_on = DayField(label=_("The audit begins on"))
    auditor = forms.CharField(
        label=_("Who looks into the accounts"),
        max_length=200,
        help_text=_("The licensor's own people, or an accountant."),
    )
    scope = forms.CharField(
        label=_("What is looked into"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Which books, which products, where."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["starts_on"].initial = today() + timedelta(days=NOTICE_DAYS)
        self.fields["starts_on"].help_text = _("At least %(days)s days from today.") % {"days": NOTICE_DAYS}


class FindingsForm(forms.Form):
    words = forms.CharField(
        label=_("Findings in words"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    cost_minor = MoneyField(label=_("Cost of the audit"), min_minor=0)

    def __init__(self, *args, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["cost_minor"].currency = currency
        self.fields["cost_minor"].help_text = _("Without VAT. Who bears it follows from the terms.")


class ContestForm(forms.Form):
    words = forms.CharField(
        label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The licensor reads this. Nothing is charged until you both agree on the findings."),
    )  # fmt: skip
