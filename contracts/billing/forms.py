from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.fields import DayField, MoneyField, PercentField


class CreditNoteForm(forms.Form):
    price = MoneyField(
        label=_("Amount to credit"),
        min_minor=1,
        help_text=_("In the price of the terms, at most what is left."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class TaxInvoiceForm(forms.Form):
    number = forms.CharField(label=_("Number of the tax invoice"), max_length=30)


class PolicyForm(forms.Form):
    approve_automatically = forms.BooleanField(
        label=_("Approve and invoice charges without a person"),
        required=False,
        help_text=_("Charges far above earlier periods still wait for a person."),
    )


class VatForm(forms.Form):
    rate = PercentField(label=_("VAT rate"))
    valid_from = DayField(label=_("Valid from"))
    source = forms.CharField(label=_("Source of the rule"), max_length=200)
