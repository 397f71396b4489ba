"""Forms of the second factor whose labels the sign-in package does not translate."""

from allauth.mfa.webauthn import forms
from django.utils.translation import gettext_lazy as _


class AddSecurityKeyForm(forms.AddWebAuthnForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")


class EditSecurityKeyForm(forms.EditWebAuthnForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")
