from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.fields import DayField, MoneyField, PercentField


class CreditNoteForm(forms.Form):
    price = MoneyField(
        label=_("Amount to credit"),
        min_minor=1,
        help_text=_("In the price of the terms, at most what is left."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stands on the credit note, which gets its number at once, cannot be changed, and is sent."),
    )  # fmt: skip


class TaxInvoiceForm(forms.Form):
    number = forms.CharField(label=_("Number of the tax invoice"), max_length=30)


class RedLetterForm(forms.Form):
    reference = forms.CharField(label=_("Reference of the red-letter confirmation"), max_length=40)
    tax_invoice_number = forms.CharField(
        label=_("Number of the red tax invoice"), max_length=30, required=False
    )


class PolicyForm(forms.Form):
    approve_automatically = forms.BooleanField(
        label=_("Approve and invoice charges without a person"),
        required=False,
        help_text=_("Charges far above earlier periods still wait for a person."),
    )
    grace_days = forms.IntegerField(
        label=_("Days of grace"),
        min_value=0,
        max_value=60,
        required=False,
        help_text=_("So long a draft waits before it gets its number. 0: invoices are issued at once."),
    )

    carry_below_minor = MoneyField(
        label=_("Carry corrections below"),
        required=False,
        help_text=_(
            "Corrections of invoiced periods that together stay below this sum go onto the next invoice instead of a paper of their own. Nothing is dropped: at the end of a contract they go out. Empty or 0: every correction goes out at once."
        ),
    )


class CarryForm(forms.Form):
    """The threshold of one contract, in its own currency."""

    def __init__(self, *args, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["carry_below_minor"] = MoneyField(
            label=_("Carry corrections below"),
            currency=currency,
            required=False,
            help_text=_("For this contract alone; empty: as in your billing settings."),
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other side reads it."),
    )


class DryRunForm(forms.Form):
    until = DayField(label=_("Until"), help_text=_("The last day that is looked at."))


class VatForm(forms.Form):
    rate = PercentField(label=_("VAT rate"))
    valid_from = DayField(label=_("Valid from"))
    source = forms.CharField(label=_("Source of the rule"), max_length=200)
