"""Who calls the API: the organisation of the key that the call carries."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from marketplace.organisations.api_keys import find_key
from marketplace.organisations.models import ApiKey, Scope
from marketplace.refusals import NotPermitted


class KeyAuth(HttpBearer):
    """For `auth=` of an operation: a key in force that holds the scope. `request.auth` is the key."""

    openapi_description = "A key of an organisation, made under “API keys”."

    def __init__(self, scope: Scope):
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = find_key(token)
        if key is not None and self.scope not in key.scopes:
            raise NotPermitted(
                _("This key may not do that; it lacks the scope %(scope)s.") % {"scope": self.scope.value}
            )
        return key
