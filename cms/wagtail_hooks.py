"""Wagtail's hooks: pages go out by approval alone, files go to those who may have them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.models import Page

from cms.documents import may_have
from cms.models import InstitutionRights, MarketPage
from cms.moderation import REVIEW_URLS, rests_on_it
from marketplace.refusals import NotPermitted


def _refuse(request: HttpRequest, words: str) -> HttpResponse:
    context = {"refusal": NotPermitted(words), "missing": []}
    return render(request, "refused.html", context, status=403)


def _of_the_market(page: Page) -> bool:
    return isinstance(page.specific, MarketPage)


@hooks.register("before_publish_page")
def publish_by_approval_alone(request, page):
    """Also for superusers: on the market there is nothing that a second person has not approved."""
    if _of_the_market(page):
        return _refuse(
            request, _("Pages of the market are published by approval on the desk, by a second person.")
        )
    return None


@hooks.register("before_unpublish_page")
def unpublish_on_the_desk(request, page):
    if _of_the_market(page):
        return _refuse(request, _("Pages of the market are withdrawn on the desk, with a reason."))
    return None


@hooks.register("before_copy_page")
@hooks.register("before_move_page")
@hooks.register("before_convert_alias_page")
def pages_stay_where_they_are(request, page, *args):
    if _of_the_market(page):
        return _refuse(request, _("Pages of the market are neither copied nor moved; start a new draft."))
    return None


@hooks.register("before_create_page")
def drafts_begin_on_the_desk(request, parent_page, page_class):
    if issubclass(page_class, MarketPage):
        return redirect("listings")
    return None


@hooks.register("before_bulk_action")
def no_bulk_actions(request, action_type, objects, action):
    if any(isinstance(one, Page) and _of_the_market(one) for one in objects):
        return _refuse(request, _("Pages of the market are handled one by one, on the desk."))
    return None


@hooks.register("before_delete_page")
def keep_what_others_rest_on(request, page):
    """In words what would else be an error of the database."""
    words = rests_on_it(page)
    if not words and _of_the_market(page) and (page.live or page.first_published_at):
        words = _("What was published once is withdrawn, never deleted.")
    if words:
        messages.error(request, words)
        return redirect("wagtailadmin_pages:edit", page.pk)
    return None


@hooks.register("before_serve_document")
def serve_to_those_who_may(document, request):
    if not may_have(document, request.acting):
        raise Http404


@hooks.register("construct_document_chooser_queryset")
def own_documents(documents, request):
    """The files of the institution one acts for, not of all in which one is editor."""
    if request.user.is_superuser:
        return documents
    rights = InstitutionRights.objects.filter(organisation=request.acting.organisation).first()
    if rights is None:
        return documents.none()
    return documents.filter(collection__in=[rights.public_files_id, rights.restricted_files_id])


@hooks.register("construct_main_menu")
def menu_of_members(request, items):
    if not request.user.is_superuser:
        items[:] = [MenuItem(_("Back to my listings"), reverse("listings"), icon_name="arrow-left", order=1)]


@hooks.register("construct_search")
def no_search_in_the_editor(request, areas):
    """The desk's lists search; Wagtail's page search leads there (`gate`)."""
    if not request.user.is_superuser:
        areas.clear()


class ToDesk(ActionMenuItem):
    """Leads from the editor to the page where a draft is looked through and submitted."""

    label = gettext_lazy("Preview and submit")
    name = "to-desk"
    icon_name = "view"

    def is_shown(self, context):
        return context["view"] == "edit"

    def get_url(self, context):
        page = context["page"].specific
        return reverse(REVIEW_URLS[type(page)], args=[page.pk])


@hooks.register("construct_page_action_menu")
def save_or_to_desk(items, request, context):
    page = context.get("page")
    if page is not None and _of_the_market(page):
        items[:] = [item for item in items if item.name == "action-save-draft"] + [ToDesk(order=10)]


@hooks.register("construct_homepage_panels")
@hooks.register("construct_homepage_summary_items")
def nothing_on_the_admin_home(request, items):
    if not request.user.is_superuser:
        items.clear()
