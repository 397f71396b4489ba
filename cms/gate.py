"""The door of the Wagtail admin.

It opens for people who act, at this moment, for an organisation with an editor's desk, and hold the role of
editor or approver there. Behind it only what an editor of listings needs is open, named below; everything else
of Wagtail (explorer, page chooser, bulk actions, reports, settings, API) answers 404, so that a view
added by a later release is closed until somebody has looked at it. Every page and document is looked up among
those of the institution. Superusers, who keep the site running, pass; the hooks hold them to the approval, too.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from wagtail.documents import get_document_model
from wagtail.models import Page

from cms.models import InstitutionPage, InstitutionRights, MarketPage
from cms.moderation import review_url
from cms.rights import edits_in_admin, sync_person
from marketplace.accounts.models import User
from marketplace.organisations.acting import Acting
from marketplace.organisations.roles import Role
from marketplace.refusals import NotPermitted

PREFIX = "/cms-admin/"

OPEN = frozenset(
    {
        "wagtailadmin_sprite",
        "wagtailadmin_javascript_catalog",
        "wagtailadmin_dismissibles",
        "wagtailadmin_login",
        "wagtailadmin_logout",
        "wagtailadmin_account",
        "wagtailadmin_editing_sessions:release",
        "wagtaildocs_chooser:choose",
        "wagtaildocs_chooser:choose_results",
        "wagtaildocs_chooser:create",
    }
)
# view → the name of its argument that names a page
PAGES = {
    **dict.fromkeys(
        (
            f"wagtailadmin_pages:{name}"
            for name in (
                "edit",
                "preview_on_edit",
                "view_draft",
                "delete",
                "revisions_index",
                "revisions_view",
                "revisions_revert",
                "workflow_history",
                "workflow_history_detail",
                "history",
                "history_results",
            )
        ),
        "page_id",
    ),
    "wagtailadmin_pages:revisions_compare": "pk",
}
# Files are taken up and chosen, never changed: what was approved stays what it was.
DOCUMENTS = {"wagtaildocs_chooser:chosen": "pk"}
# Where Wagtail goes after saving or deleting: the desk shows the lists.
TO_DESK = frozenset(
    {"wagtailadmin_home", "wagtailadmin_explore_root", "wagtailadmin_explore", "wagtaildocs:index"}
)
# Where somebody may read a page and not write it, an approver for one, the desk's page shows it.
EDITOR = "wagtailadmin_pages:edit"
# The search beside Wagtail's editor: the desk's list looks among the institution's own listings.
SEARCH = "wagtailadmin_pages:search"
# Buttons of Wagtail's editor that go past the desk's submission and approval.
CLOSED_ACTIONS = frozenset(
    {
        "action-publish",
        "action-submit",
        "action-workflow-action",
        "action-restart-workflow",
        "action-cancel-workflow",
    }
)


class AdminGate:
    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = "; ".join(
            f"{name} {' '.join(str(source) for source in sources)}"
            for name, sources in settings.ADMIN_CONTENT_SECURITY_POLICY.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(PREFIX):
            response.headers.setdefault("Content-Security-Policy", self.policy)
        return response

    def process_view(self, request, view, args, kwargs) -> HttpResponse | None:
        if not request.path.startswith(PREFIX) or not request.user.is_authenticated:
            return None  # Wagtail itself leads to the sign-in
        if request.user.is_superuser:
            return None
        name = request.resolver_match.view_name
        acting = request.acting
        if name != "wagtailadmin_logout" and not may_enter(acting):
            refusal = NotPermitted(
                _("The editor opens while you act for an institution in which you are editor or approver.")
            )
            return render(request, "refused.html", {"refusal": refusal, "missing": []}, status=403)
        if name in TO_DESK:
            return redirect("listings")
        if name == SEARCH:
            query = urlencode({"q": request.GET.get("q", "")})
            return redirect(f"{reverse('listings')}?{query}")
        if name in PAGES:
            _own_page_or_404(acting, kwargs[PAGES[name]])
        elif name in DOCUMENTS:
            _own_document_or_404(acting, kwargs[DOCUMENTS[name]])
        elif name == "wagtailadmin_editing_sessions:ping":
            _own_page_or_404(acting, kwargs["object_id"])
        elif name not in OPEN:
            raise Http404
        sync_person(request.user)
        if name == EDITOR and (page := _only_to_read(request.user, kwargs["page_id"])):
            return redirect(review_url(page))
        if request.method == "POST" and CLOSED_ACTIONS & set(request.POST):
            refusal = NotPermitted(
                _("Pages are submitted and approved on the desk: “%(url)s”.") % {"url": reverse("listings")}
            )
            return render(request, "refused.html", {"refusal": refusal, "missing": []}, status=403)
        return None


def may_enter(acting: Acting) -> bool:
    return (
        acting.organisation is not None
        and edits_in_admin(acting.organisation)
        and not acting.roles.isdisjoint({Role.EDITOR, Role.APPROVER})
    )


def _own_page_or_404(acting: Acting, pk) -> None:
    """A page strictly below the institution's own page; that page itself is written on the desk."""
    home = InstitutionPage.objects.filter(organisation=acting.organisation).first()
    if home is None or not str(pk).isdecimal() or not Page.objects.descendant_of(home).filter(pk=pk).exists():
        raise Http404


def _only_to_read(user: User, pk) -> MarketPage | None:
    page = Page.objects.get(pk=pk).specific
    if isinstance(page, MarketPage) and not page.permissions_for_user(user).can_edit():
        return page
    return None


def _own_document_or_404(acting: Acting, pk) -> None:
    rights = InstitutionRights.objects.filter(organisation=acting.organisation).first()
    own = (
        get_document_model()
        .objects.filter(pk=pk, collection__in=[rights.public_files_id, rights.restricted_files_id])
        .exists()
        if rights and str(pk).isdecimal()
        else False
    )
    if not own:
        raise Http404
