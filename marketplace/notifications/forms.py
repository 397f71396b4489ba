from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.forms import PersonForm
from marketplace.notifications.models import MailPreference


class ProfileForm(PersonForm):
    mail = forms.ChoiceField(
        label=_("Letters by e-mail"),
        choices=MailPreference.Mode.choices,
        widget=forms.RadioSelect,
        help_text=_("On this site you always find everything. Letters about sign-in are always sent."),
    )
