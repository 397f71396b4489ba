"""Wagtail's rights, in step with memberships.

Each organisation that publishes has two groups, two collections (public, restricted) and a workflow of its
own. Wagtail unites a person's groups, whomever they act for; that the admin opens only while acting for the
institution at hand is the work of cms.gate. Nobody holds the right to publish: pages go out by approval alone.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from cms.models import ApprovalTask, InstitutionPage, InstitutionRights
from marketplace.accounts.models import User
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.roles import ROLES_OF_KIND, Role, allowed

EDITOR_PAGE_RIGHTS = ("add_page", "change_page")
FILE_RIGHTS = ("add_document", "choose_document")


def edits_in_admin(organisation: Organisation) -> bool:
    """Whether members of this kind of organisation work in the Wagtail admin (they have editors)."""
    return Role.EDITOR in ROLES_OF_KIND[organisation.kind]


def edit_permission(organisation: Organisation) -> str:
    return "listing.edit" if edits_in_admin(organisation) else "need.edit"


def approve_permission(organisation: Organisation) -> str:
    return "listing.approve" if edits_in_admin(organisation) else "need.approve"


@transaction.atomic
def sync_rights(organisation: Organisation) -> InstitutionRights:
    """Make an organisation's groups, collections and workflow be there and its people stand in its groups.
    Safe to repeat; two calls at once wait for each other."""
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    rights = InstitutionRights.objects.filter(organisation=organisation).first() or _create(organisation)
    _grant(rights)
    rows = Membership.objects.filter(organisation=organisation, user__is_active=True)
    people = {row.user_id: row.roles for row in rows}
    for group, permission in _groups(rights):
        group.user_set.set([pk for pk, roles in people.items() if allowed(permission, roles)])
    return rights


def rights_of(organisation: Organisation) -> InstitutionRights:
    """The rights of an organisation, made when they are missing."""
    found = (
        InstitutionRights.objects.select_related("workflow", "public_files", "restricted_files")
        .filter(organisation=organisation)
        .first()
    )
    return found or sync_rights(organisation)


def sync_person(user: User) -> None:
    """Put one person into the groups that follow from their memberships now, and out of all others of ours."""
    roles = {row.organisation_id: row.roles for row in Membership.objects.filter(user=user)}
    wanted = set()
    for rights in InstitutionRights.objects.filter(organisation__in=roles).select_related("organisation"):
        for group_id, permission in (
            (rights.editors_id, edit_permission(rights.organisation)),
            (rights.approvers_id, approve_permission(rights.organisation)),
        ):
            if allowed(permission, roles[rights.organisation_id]):
                wanted.add(group_id)
    held = set(user.groups.filter(name__startswith=GROUP_PREFIX).values_list("pk", flat=True))
    if gone := held - wanted:
        user.groups.remove(*gone)
    if new := wanted - held:
        user.groups.add(*new)


GROUP_PREFIX = "org:"


def _groups(rights: InstitutionRights):
    organisation = rights.organisation
    return (
        (rights.editors, edit_permission(organisation)),
        (rights.approvers, approve_permission(organisation)),
    )


def _create(organisation: Organisation) -> InstitutionRights:
    slug = organisation.slug
    editors, _created = Group.objects.get_or_create(name=f"{GROUP_PREFIX}{slug}:editors")
    approvers, _created = Group.objects.get_or_create(name=f"{GROUP_PREFIX}{slug}:approvers")
    root = Collection.objects.select_for_update().get(depth=1)  # one new branch at a time
    title = organisation.name_zh or organisation.name_en
    public = root.add_child(name=f"{title} · 公开 public")
    root.refresh_from_db()
    restricted = root.add_child(name=f"{title} · 受限 restricted")
    task = ApprovalTask.objects.create(name=f"{title} · 审核 approval")
    task.groups.add(approvers)
    workflow = Workflow.objects.create(name=f"{title} · 审核 approval")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    return InstitutionRights.objects.create(
        organisation=organisation,
        editors=editors,
        approvers=approvers,
        public_files=public,
        restricted_files=restricted,
        workflow=workflow,
    )


def _grant(rights: InstitutionRights) -> None:
    """Page, file and admin rights of the editors' group; the workflow on the institution page."""
    page = InstitutionPage.objects.filter(organisation=rights.organisation).first()
    if page is not None:
        WorkflowPage.objects.update_or_create(page=page, defaults={"workflow": rights.workflow})
    if not edits_in_admin(rights.organisation):
        return
    permissions = {
        (row.content_type.app_label, row.codename): row
        for row in Permission.objects.filter(
            codename__in=[*EDITOR_PAGE_RIGHTS, *FILE_RIGHTS, "access_admin"]
        ).select_related("content_type")
    }
    for group in (rights.editors, rights.approvers):  # without it Wagtail sends people round to the sign-in
        group.permissions.add(permissions["wagtailadmin", "access_admin"])
    if page is not None:
        for codename in EDITOR_PAGE_RIGHTS:
            GroupPagePermission.objects.get_or_create(
                group=rights.editors, page=page, permission=permissions["wagtailcore", codename]
            )
    for collection in (rights.public_files, rights.restricted_files):
        for codename in FILE_RIGHTS:
            GroupCollectionPermission.objects.get_or_create(
                group=rights.editors,
                collection=collection,
                permission=permissions["wagtaildocs", codename],
            )
