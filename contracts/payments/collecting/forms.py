from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _

from marketplace.fields import DayField


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

    def clean(self):
        given = super().clean()
        if given.get("days") is not None:
            for name in ("subject_zh", "body_zh", "subject_en", "body_en"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("This text is sent to the payer; please write it."))
        return given


StepFormSet = formset_factory(StepForm, extra=1, max_num=8, absolute_max=8)
