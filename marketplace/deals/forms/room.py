from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.deals.services.room import KINDS, MAX_MESSAGE
from marketplace.deals.states import PARTIES, CloseReason, Purpose, Side
from marketplace.fields import MoneyField, OnceForm, PercentField, UploadField
from marketplace.organisations.models import Organisation
from marketplace.organisations.roles import Kind


class EnquiryForm(OnceForm):
    purpose = forms.ChoiceField(
        label=_("What is it about"),
        choices=[
            (Purpose.QUESTION, _("I have a question")),
            (Purpose.TRIAL, _("I would like to try it")),
        ],
        initial=Purpose.QUESTION,
        widget=forms.RadioSelect,
    )
    on_behalf_of = forms.ModelChoiceField(
        label=_("Client"),
        queryset=Organisation.objects.none(),
        help_text=_("Clients whose mandate is in force."),
    )
    message = forms.CharField(
        label=_("Message"),
        max_length=MAX_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What you want to use it for, and what you need to know. No secrets yet."),
    )

    def __init__(self, *args, clients=None, **kwargs):
        super().__init__(*args, **kwargs)
        if clients is None:
            del self.fields["on_behalf_of"]
        else:
            self.fields["on_behalf_of"].queryset = clients


class MessageForm(OnceForm):
    text = forms.CharField(
        label=_("Message"), max_length=MAX_MESSAGE, widget=forms.Textarea(attrs={"rows": 4})
    )


class FileForm(OnceForm):
    file = UploadField(
        label=_("File"),
        kinds=KINDS,
        help_text=_(
            "PDF, Word, Excel, CSV, text or a picture, at most 20 MB. Everybody in the room reads it."
        ),
    )


class CloseForm(forms.Form):
    reason = forms.ChoiceField(label=_("Reason"), choices=CloseReason.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("In your words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The other side reads it."),
    )


class AgencyForm(forms.Form):
    agency = forms.ModelChoiceField(label=_("Agency"), queryset=Organisation.objects.none())

    def __init__(self, *args, deal, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = (
            Organisation.objects.verified()
            .filter(kind=Kind.AGENCY)
            .exclude(pk__in=[deal.licensor_id, deal.licensee_id])
        )


class CommissionForm(forms.Form):
    payer_side = forms.ChoiceField(label=_("Who pays"), choices=[(side, side.label) for side in PARTIES])
    rate = PercentField(
        label=_("Rate of the cash received"),
        help_text=_("The commission arises only when the licensor has confirmed a payment."),
    )
    cap_minor = MoneyField(label=_("Cap"), required=False, min_minor=1, help_text=_("Empty: no cap."))
    split = forms.CharField(
        label=_("Shared by"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One to a line, with a weight: “Chen Li: 60”. Empty: the agency gets all of it."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args, side: str, **kwargs):
        super().__init__(*args, **kwargs)
        if side != Side.AGENCY:
            self.fields["payer_side"].choices = [(side, Side(side).label)]
            self.fields["payer_side"].initial = side
            self.fields["payer_side"].widget = forms.HiddenInput()

    def clean_split(self) -> list[dict]:
        parts = []
        for line in self.cleaned_data["split"].replace("：", ":").splitlines():
            if not line.strip():
                continue
            name, _sep, weight = line.rpartition(":")
            if not name.strip() or not (weight.strip().isascii() and weight.strip().isdigit()):
                raise forms.ValidationError(
                    _("Write each line as a name, a colon and a whole number: “Chen Li: 60”.")
                )
            parts.append({"name": name.strip(), "weight": int(weight)})
        return parts
