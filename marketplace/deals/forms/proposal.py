from django import forms
from django.utils.translation import gettext_lazy as _

from cms.models import ListingPage
from marketplace.deals.services.proposals import MAX_MESSAGE, MAX_REASON
from marketplace.deals.services.room import MAX_MESSAGE as MAX_ROOM_MESSAGE
from marketplace.deals.states import Purpose
from marketplace.fields import OnceForm


class ListingChoice(forms.ModelChoiceField):
    def label_from_instance(self, listing: ListingPage) -> str:
        return f"{listing.code} {listing.name}"


class ProposalForm(OnceForm):
    listing = ListingChoice(
        label=_("Your listing"),
        queryset=ListingPage.objects.none(),
        empty_label=_("Choose one of your published listings"),
    )
    message = forms.CharField(
        label=_("Why it fits"),
        max_length=MAX_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("How it meets the conditions, and what would have to be adapted. No secrets yet."),
    )

    def __init__(self, *args, listings, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["listing"].queryset = listings


class TakeUpForm(OnceForm):
    purpose = forms.ChoiceField(
        label=_("What is it about"),
        choices=[
            (Purpose.TRIAL, _("I would like to try it")),
            (Purpose.QUESTION, _("I have a question")),
        ],
        initial=Purpose.TRIAL,
        widget=forms.RadioSelect,
    )
    message = forms.CharField(
        label=_("Message"),
        max_length=MAX_ROOM_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The first message in the deal room. The institution then reads who you are."),
    )


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Not required. The institution reads it."),
    )
