"""Forms of the steps: they check input, the services check rules."""

from django import forms
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models import Breach, Decision, LicenceContract
from contracts.lifecycle.services.facts import events_of
from contracts.lifecycle.services.steps import MAX_WORDS
from contracts.lifecycle.states import PricingMethod, State
from contracts.lifecycle.words import event_label
from marketplace.editor.forms import TermsForm
from marketplace.fields import DayField, MoneyField, OnceForm, UploadField, UploadsField
from marketplace.terms.phrases import NAMES

SCANS = ("pdf", "png", "jpg")
PAPERS = ("pdf", "docx", "xlsx", "csv", "txt", "png", "jpg")


def _words(label, help_text="", required=True, rows=4) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class WordsForm(forms.Form):
    """One text that the other side reads."""

    def __init__(self, *args, label, help_text="", required=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["words"] = _words(label, help_text, required)


class DraftForm(forms.Form):
    pricing_method = forms.ChoiceField(
        label=_("How the price came about"),
        choices=PricingMethod.choices,
        help_text=_("A negotiated price is put on public notice before signing."),
    )
    text_language = forms.ChoiceField(
        label=_("Language of the contract text"),
        choices=LicenceContract._meta.get_field("text_language").choices,
        help_text=_("In both languages, the Chinese text prevails."),
    )
    agreed_effective_on = DayField(
        label=_("Agreed effective date"),
        required=False,
        help_text=_("Empty: the day of the last signature. Never earlier than that."),
    )
    team_consent_on = DayField(label=_("The team consented on"), required=False)
    outside_programme = forms.BooleanField(
        label=_("Outside of the pilot programme"),
        required=False,
        help_text=_(
            "The result was offered under a pilot programme. Outside of it the contract follows its terms alone: neither the programme's conditions nor its incentives apply."
        ),
    )

    def __init__(self, *args, programme: str | None, **kwargs):
        super().__init__(*args, **kwargs)
        if not programme:
            del self.fields["outside_programme"]


class RelationForm(forms.Form):
    """The question alone, beside the button that drafts the contract."""

    is_related = forms.TypedChoiceField(
        label=_("Are the parties related?"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text=_(
            "Related means, for example: somebody of the research team holds shares or a post in the enterprise, or is family of somebody who does."
        ),
    )


class DeclarationForm(RelationForm):
    details = _words(_("In what way"), _("It stands in the public notice."), required=False, rows=3)


class ReviewForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Your answer"),
        choices=[
            ("notice", _("Approve and open the public notice")),
            ("approve", _("Approve")),
            ("return", _("Return to the drafter")),
        ],
        widget=forms.RadioSelect,
    )
    words = _words(_("In words"), _("Needed when you return it: say what has to change."), required=False)

    def __init__(self, *args, with_notice: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not with_notice:
            self.fields["decision"].choices = self.fields["decision"].choices[1:]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") == "return" and not cleaned.get("words"):
            self.add_error("words", _("Say what has to change: the drafter reads it."))
        return cleaned


class ObjectionForm(OnceForm):
    name = forms.CharField(label=_("Your name"), max_length=120)
    contact = forms.CharField(
        label=_("E-mail or telephone"),
        max_length=200,
        help_text=_("Only the institution reads name and contact; they are stored encrypted."),
    )
    text = _words(_("What you object to, and why"), rows=7)


class ObjectionDecisionForm(forms.Form):
    upheld = forms.TypedChoiceField(
        label=pgettext_lazy("objection", "Decision"),
        choices=[
            ("no", _("Reject: the notice goes on")),
            ("yes", _("Uphold: the contract becomes a draft again")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = _words(_("Reason"), _("The objector reads it."))


class SignForm(forms.Form):
    document_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)
    agreed = forms.BooleanField(
        label=_("I have read this text and consent to it for my organisation."),
        help_text=_("Your consent is bound to exactly this file by its SHA-256."),
    )


class ScanForm(forms.Form):
    document_hash = forms.CharField(widget=forms.HiddenInput, max_length=64)
    file = UploadField(
        label=_("Scan of the signed and sealed text"),
        kinds=SCANS,
        help_text=_("All pages in one PDF. The hash at the foot of each page must be the one shown here."),
    )


class ScanConfirmForm(forms.Form):
    accepted = forms.TypedChoiceField(
        label=_("Is it the same text, signed?"),
        choices=[("yes", _("Yes, I confirm it")), ("no", _("No"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = _words(_("What is wrong with it"), required=False, rows=3)


class VerifyForm(forms.Form):
    file = UploadField(label=_("PDF file"), kinds=("pdf",))


class DeliveryForm(forms.Form):
    items = _words(
        _("What was delivered"),
        _("One item per line: drawings, recipes, samples, software, training …"),
        rows=6,
    )
    files = UploadsField(label=_("Files"), kinds=PAPERS, required=False)


class ExtensionForm(forms.Form):
    months = forms.IntegerField(label=_("Months"), min_value=1)
    reason = _words(_("Why more time is needed"))

    def __init__(self, *args, most: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["months"].max_value = most
        self.fields["months"].help_text = _("At most %(most)s, by the terms.") % {"most": most}
        self.fields["months"].widget.attrs["max"] = most


class AnswerForm(forms.Form):
    granted = forms.TypedChoiceField(
        label=_("Answer"),
        choices=[("yes", _("Grant")), ("no", _("Refuse"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    words = _words(_("In words"), _("Needed when you refuse."), required=False)


class DecisionForm(forms.Form):
    choice = forms.ChoiceField(
        label=_("Your decision"), choices=Decision.Choice.choices, widget=forms.RadioSelect
    )
    words = _words(_("Remarks"), required=False, rows=3)


class FactForm(forms.Form):
    OTHER = "…"
    event = forms.ChoiceField(label=_("Event"))
    name = forms.CharField(
        label=_("Another event"), required=False, max_length=120, help_text=_("Only for “another event”.")
    )
    on = DayField(label=_("Day"))
    words = _words(_("In words"), required=False, rows=3)
    evidence = UploadField(label=_("Evidence"), kinds=PAPERS, required=False)

    def __init__(self, *args, contract: LicenceContract, **kwargs):
        super().__init__(*args, **kwargs)
        names = list(events_of(contract))
        if "first_income" not in names:
            names.append("first_income")
        self.fields["event"].choices = [
            *((name, event_label(name)) for name in names),
            (self.OTHER, _("another event")),
        ]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("event") == self.OTHER:
            if not cleaned.get("name"):
                self.add_error("name", _("Name the event."))
            cleaned["event"] = cleaned.get("name", "")
        return cleaned


class BreachForm(forms.Form):
    kind = forms.ChoiceField(label=_("What was breached"), choices=Breach.Kind.choices)
    clause = forms.CharField(label=_("Clause"), max_length=120, required=False)
    amount_minor = MoneyField(label=_("Amount, if it is about money"), required=False, min_minor=1)
    words = _words(_("What happened, and what has to be done"))


class InvalidForm(forms.Form):
    on = DayField(label=_("The right ended on"))
    words = _words(_("Decision or entry by which it ended"))


class StopForm(forms.Form):
    material = forms.ChoiceField(
        label=_("The technical material was"),
        choices=[("RETURNED", _("returned")), ("DESTROYED", _("destroyed")), ("NONE", _("there was none"))],
        widget=forms.RadioSelect,
    )
    file = UploadField(label=_("Signed stop-use certificate"), kinds=SCANS)
    words = _words(_("Remarks"), required=False, rows=3)


class StopConfirmForm(forms.Form):
    accepted = forms.TypedChoiceField(
        label=_("The certificate is"),
        choices=[("yes", _("in order")), ("no", _("not in order"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = _words(_("What is missing"), required=False, rows=3)


class TrackForm(forms.Form):
    reference = forms.CharField(label=_("Number or reference"), max_length=80)
    on = DayField(label=_("Day"))


class ListFilter(forms.Form):
    """What the list of contracts can be narrowed by; wrong values are ignored."""

    q = forms.CharField(required=False, max_length=80)
    state = forms.ChoiceField(choices=[("", ""), *State.choices], required=False)
    side = forms.ChoiceField(
        choices=[("", ""), ("LICENSOR", ""), ("LICENSEE", ""), ("AGENCY", "")], required=False
    )
    next = forms.ChoiceField(choices=[("", ""), ("me", ""), ("them", "")], required=False)


def scope_words(acts) -> list[str]:
    """The acts permitted during free use, in the reader's language."""
    place = 1 if (get_language() or "").startswith("en") else 0
    return [NAMES[act.value][place] for act in acts]


class RevisionForm(TermsForm):
    """Changed terms of a draft, with the reason that the other side reads."""

    previewed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    note = _words(_("Why the terms change"), _("The other side reads it and has to agree."), rows=3)


class AmendmentForm(RevisionForm):
    """Other terms for a running contract, and the day from which they hold."""

    effective_on = DayField(
        label=_("The new terms hold from"),
        help_text=_(
            "At the earliest from the day of the last signature; days before stay under the terms of their time."
        ),
    )
