from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from marketplace.organisations.acting import Acting
from marketplace.organisations.models import Membership

SESSION_KEY = "acting_organisation"


def _acting(request: HttpRequest) -> Acting:
    if not request.user.is_authenticated:
        return Acting(None)
    memberships = list(
        Membership.objects.filter(user=request.user).select_related("organisation").order_by("id")
    )
    request.memberships = memberships
    wanted = request.session.get(SESSION_KEY)
    chosen = next((m for m in memberships if m.organisation_id == wanted), None) or next(
        iter(memberships), None
    )
    if chosen is None:
        return Acting(request.user)
    return Acting(request.user, chosen.organisation, frozenset(chosen.roles))


class ActingMiddleware:
    """`request.acting`: lazily, one query. The organisation chosen in the session, else the first one.

    What somebody with a session is shown is theirs: nobody keeps a copy, neither a proxy nor the browser of a shared
    computer, where "Back" would show it after signing out. Views that know better say so themselves."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.acting = SimpleLazyObject(lambda: _acting(request))
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "private, no-store"
        return response
