from allauth.account.adapter import DefaultAccountAdapter
from django.utils import translation


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix, email, context):
        """Letters about sign-in go out in the language of the person."""
        user = context.get("user")
        with translation.override(getattr(user, "language", None) or translation.get_language()):
            return super().send_mail(template_prefix, email, context)

    def populate_username(self, request, user):
        """Accounts have no user names."""
