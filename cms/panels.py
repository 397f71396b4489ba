"""What the desk and the menu show of publishing."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page, WorkflowState

from cms.models import InstitutionRights, NeedPage
from cms.moderation import review_url
from cms.rights import approve_permission, edit_permission
from marketplace.desk import DeskItem, desk_items
from marketplace.menu import MEMBER, MenuItem, register_menu
from marketplace.organisations.roles import RESEARCH, Kind

register_menu(
    MenuItem("listings", gettext_lazy("Our listings"), "listings", MEMBER, "work", 10, frozenset(RESEARCH))
)
register_menu(
    MenuItem(
        "listing_import",
        gettext_lazy("Import listings"),
        "listing_import",
        "listing.import",
        "work",
        12,
        frozenset(RESEARCH),
    )
)
register_menu(
    MenuItem(
        "needs", gettext_lazy("Our needs"), "needs_mine", MEMBER, "work", 10, frozenset({Kind.ENTERPRISE})
    )
)
register_menu(
    MenuItem(
        "services",
        gettext_lazy("Our services"),
        "services_mine",
        MEMBER,
        "work",
        10,
        frozenset({Kind.PROVIDER}),
    )
)
register_menu(
    MenuItem(
        "institution",
        gettext_lazy("Our public page"),
        "institution_edit",
        "organisation.manage",
        "organisation",
        40,
        frozenset({*RESEARCH, Kind.PROVIDER}),
    )
)


@desk_items
def waiting_pages(acting) -> list[DeskItem]:
    """For approvers what waits for them, for editors what came back and what waits for others."""
    organisation = acting.organisation
    rights = InstitutionRights.objects.filter(organisation=organisation).first()
    if rights is None:
        return []
    may_edit = acting.can(edit_permission(organisation))
    may_approve = acting.can(approve_permission(organisation))
    if not may_edit and not may_approve:
        return []
    states = (
        WorkflowState.objects.active()
        .filter(workflow=rights.workflow_id)
        .select_related("current_task_state__revision")
    )
    by_page = {int(state.object_id): state for state in states[:200]}
    pages = Page.objects.filter(pk__in=by_page).specific(defer=False)
    items = []
    for page in pages:
        state = by_page[page.pk]
        if state.status == WorkflowState.STATUS_NEEDS_CHANGES:
            if may_edit:
                items.append(DeskItem(_returned(page), review_url(page), kind=_("returned")))
            continue
        authors = (state.requested_by_id, state.current_task_state.revision.user_id)
        mine = may_approve and (acting.user.pk not in authors or isinstance(page, NeedPage))
        items.append(
            DeskItem(
                _("Approve %(code)s: %(title)s") % {"code": page.code, "title": page.name}
                if mine
                else _("Waits for approval: %(title)s") % {"title": page.name},
                review_url(page),
                kind=_("approval"),
                waits_for="me" if mine else "them",
            )
        )
    return items


def _returned(page) -> str:
    return _("Change and submit again: %(title)s") % {"title": page.name}
