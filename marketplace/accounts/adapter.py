from allauth.account.adapter import DefaultAccountAdapter
from django.urls import reverse
from django.utils import translation


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix, email, context):
        """Letters about sign-in go out in the language of the person."""
        user = context.get("user")
        with translation.override(getattr(user, "language", None) or translation.get_language()):
            return super().send_mail(template_prefix, email, context)

    def get_login_redirect_url(self, request):
        """Who came by an invitation goes back to it, also after confirming a new e-mail address."""
        token = request.session.get("invitation")
        return reverse("invitation", args=[token]) if token else super().get_login_redirect_url(request)

    def populate_username(self, request, user):
        """Accounts have no user names."""
