from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class SignupForm(forms.Form):
    """What allauth's sign-up asks besides e-mail and password."""

    name = forms.CharField(label=_("Your name"), max_length=80)

    def signup(self, request, user):
        user.name = self.cleaned_data["name"]
        user.language = get_language() or "zh-hans"
        user.save(update_fields=["name", "language"])
