from django import forms
from django.forms import formset_factory
from django.utils.html import format_html_join
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from contracts.payments.collecting.places import PLACES, example_of, problem_of
from marketplace.fields import DayField

TEXTS = ("subject_zh", "body_zh", "subject_en", "body_en")


class WriteOffForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why the money is no longer expected, and what was tried. Another person approves."),
    )


class DecisionForm(forms.Form):
    words = forms.CharField(
        label=_("Words of the decision"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class PauseForm(forms.Form):
    until = DayField(label=_("No reminders until"))
    reason = forms.CharField(label=_("Reason"), max_length=200)


class StepForm(forms.Form):
    days = forms.IntegerField(
        label=_("Days after the due date"),
        min_value=-60,
        max_value=365,
        required=False,
        help_text=_("Below zero: before it. Empty: no such step."),
    )
    subject_zh = forms.CharField(label=_("Subject (Chinese)"), max_length=120, required=False)
    body_zh = forms.CharField(
        label=_("Text (Chinese)"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    subject_en = forms.CharField(label=_("Subject (English)"), max_length=120, required=False)
    body_en = forms.CharField(
        label=_("Text (English)"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        places = format_html_join(
            " · ",
            "<code>{}</code>",
            ((f"{{{name}}}",) for name in PLACES),  # the page says what they are
        )
        for name in ("body_zh", "body_en"):
            self.fields[name].help_text = places
        for field in self.fields.values():  # a step with a day needs its texts; one without is none
            field.is_conditional = True

    def clean(self):
        given = super().clean()
        if given.get("days") is None:
            if self.initial.get("days") is None and "days" not in self.errors and any(map(given.get, TEXTS)):
                self.add_error("days", _("Say on which day this new step is sent, or empty its texts."))
            return given
        for name in TEXTS:
            if not given.get(name) and name not in self.errors:
                self.add_error(name, _("This text is sent to the payer; please write it."))
            elif problem := problem_of(given.get(name, "")):
                self.add_error(name, problem)
        return given

    @property
    def example(self) -> tuple[str, str] | None:
        """Subject and text as a payer would read them, in the present language; None for a step without texts."""
        language = "en" if (get_language() or "").startswith("en") else "zh"
        texts = [str(self[f"{part}_{language}"].value() or "") for part in ("subject", "body")]
        return (example_of(texts[0]), example_of(texts[1])) if any(texts) else None


StepFormSet = formset_factory(StepForm, extra=1, max_num=8, absolute_max=8)
