from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from marketplace.fields import LineField


class SignupForm(forms.Form):
    """What allauth's sign-up asks besides e-mail and password."""

    name = LineField(label=_("Your name"), max_length=80)

    def signup(self, request, user):
        user.name = self.cleaned_data["name"]
        user.language = get_language() or "zh-hans"
        user.save(update_fields=["name", "language"])


class PersonForm(forms.ModelForm):
    """What a person says about themselves."""

    class Meta:
        model = User
        fields = ("name", "language")
        field_classes = {"name": LineField}
        help_texts = {"language": _("Of letters and of the pages you open first.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
