from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.billing.closing.month_end import month_before
from marketplace.clock import today

SHOWN = 12  # how many past months the form offers


def months() -> list[tuple[str, str]]:
    """The months that are over, the newest first."""
    found, month = [], month_before(today())
    for _place in range(SHOWN):
        found.append((f"{month:%Y-%m}", f"{month:%Y-%m}"))
        month = month_before(month)
    return found


class MonthForm(forms.Form):
    month = forms.ChoiceField(label=_("Month"), choices=months)

    def clean_month(self) -> date:
        return date.fromisoformat(self.cleaned_data["month"] + "-01")
