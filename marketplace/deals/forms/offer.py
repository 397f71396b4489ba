"""The form of an offer: its terms in the editor, and a note that is not part of them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.editor.forms import TermsForm


class OfferForm(TermsForm):
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    start = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    previewed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    note = forms.CharField(
        label=_("Note to the other side"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Not part of the terms."),
    )
