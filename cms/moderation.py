"""The review between draft and live, on Wagtail's workflows: submit, take back, approve, return, withdraw.

One rule stands above all: nobody approves what they submitted or wrote themselves. Only for a need of an
enterprise with a single person can it not be kept; then that is said on the page and kept in the audit trail.
"""

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.db.models.deletion import Collector
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import Page, TaskState, WorkflowState

from cms.models import ListingPage, MarketPage, NeedPage, ServicePage
from cms.models.market import State
from cms.quality import quality
from cms.rights import approve_permission, edit_permission, rights_of
from cms.steps import note_references, of_page, referenced_once, under_way
from marketplace.accounts.models import User
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, addressed, members, permit
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.roles import allowed
from marketplace.refusals import Incomplete, NotPermitted, Refused, TransitionRefused

REVIEW_URLS = {ListingPage: "listing_review", NeedPage: "need_review", ServicePage: "service_review"}
NOUNS = {ListingPage: "listing", NeedPage: "need", ServicePage: "service"}


def locked(page: MarketPage) -> MarketPage:
    """The page as it is now, its row locked until the transaction ends."""
    Page.objects.select_for_update().get(pk=page.pk)
    return type(page).objects.select_related("organisation").get(pk=page.pk)


def draft_of(page: MarketPage) -> MarketPage:
    """The newest version, published or not, as an object with its children."""
    if page.has_unpublished_changes and page.latest_revision:
        of_page(page.latest_revision, page)
    return page.get_latest_revision_as_object()


def review_url(page: MarketPage) -> str:
    return reverse(REVIEW_URLS[type(page)], args=[page.pk])


def stands_alone(organisation: Organisation) -> bool:
    """Whether an enterprise has one active person only, so that nobody else could check what they post."""
    people = Membership.objects.filter(organisation=organisation, user__is_active=True)
    return not people[1:2].exists()


def second_person_impossible(page: MarketPage) -> bool:
    return isinstance(page, NeedPage) and stands_alone(page.organisation)


def why_not(page: MarketPage, user: User) -> str:
    """Why this person may not approve or return the version at hand; "" when they may."""
    return _why_not(page, user, page.current_workflow_state)


def _why_not(page: MarketPage, user: User, state: WorkflowState | None) -> str:
    membership = Membership.objects.filter(user=user, organisation=page.organisation).first()
    if membership is None or not allowed(approve_permission(page.organisation), membership.roles):
        return _("Your role does not allow this step.")
    if state is None or state.status != WorkflowState.STATUS_IN_PROGRESS or not state.current_task_state:
        return _("This is not waiting for approval.")
    wrote = state.current_task_state.revision.user_id
    if user.pk in (state.requested_by_id, wrote) and not second_person_impossible(page):
        return _(
            "You submitted or wrote this version yourself; somebody else of your organisation approves it."
        )
    return ""


@transaction.atomic
def submit(page: MarketPage, *, actor: Acting) -> MarketPage:
    """Put the newest version before the approvers.

    Raises Incomplete with what is missing, TransitionRefused when it waits already or nothing has changed
    since it was published, NotPermitted without the role.
    """
    permit(actor, edit_permission(page.organisation), page.organisation)
    page = locked(page)
    state = page.current_workflow_state
    waits = state is not None and state.status == WorkflowState.STATUS_IN_PROGRESS
    if waits or (page.live and not page.has_unpublished_changes):
        raise TransitionRefused(current=page.state, target=State.REVIEW)
    missing = quality(draft_of(page)).must
    if missing:
        raise Incomplete(missing, _("This cannot be submitted yet. Please add:"))
    rights = rights_of(page.organisation)
    if state is not None:  # returned before
        state.requested_by = actor.user
        state.resume(actor.user)
    else:
        state = rights.workflow.start(page, actor.user)
    TaskState.objects.filter(pk=state.current_task_state_id).update(started_at=now())
    record(actor, f"{NOUNS[type(page)]}.submitted", page, revision=page.latest_revision_id)
    approvers = [
        user
        for user in members(page.organisation, approve_permission(page.organisation))
        if user.pk != actor.user.pk
    ]
    notify(approvers, "cms/submitted", page=page, by=actor.user, path=review_url(page))
    return page


def _task_state(page: MarketPage, actor: Acting) -> TaskState:
    permit(actor, approve_permission(page.organisation), page.organisation)
    state = page.current_workflow_state
    if state is None or state.status != WorkflowState.STATUS_IN_PROGRESS or not state.current_task_state:
        raise TransitionRefused(current=page.state)
    task_state = under_way(state, page)
    if refusal := _why_not(page, actor.user, state):
        raise NotPermitted(refusal)
    return task_state


@transaction.atomic
def approve(page: MarketPage, *, actor: Acting, comment: str = "") -> MarketPage:
    """Approve the submitted version and publish it. Raises NotPermitted for its author and its submitter."""
    page = locked(page)
    task_state = _task_state(page, actor)
    requested_by = task_state.workflow_state.requested_by
    revision = task_state.revision
    alone = actor.user.pk in (task_state.workflow_state.requested_by_id, revision.user_id)
    with referenced_once():
        task_state.approve(user=actor.user, comment=comment.strip())
    moments = {"last_published_at": now()}  # Wagtail took real time; rules and lists go by our clock
    if page.first_published_at is None:
        moments["first_published_at"] = moments["last_published_at"]
    Page.objects.filter(pk=page.pk).update(**moments)
    record(actor, f"{NOUNS[type(page)]}.published", page, revision=revision.pk, second_person=not alone)
    _tell_authors(page, requested_by, actor, "cms/published", path=page.get_absolute_url())
    published = type(page).objects.get(pk=page.pk)
    if page.first_published_at is not None:  # until then the page is written with each draft, and noted
        note_references(published)
    return published


@transaction.atomic
def return_(page: MarketPage, *, actor: Acting, words: str) -> MarketPage:
    """Give the submitted version back to its authors with what has to change. Raises Refused without words."""
    page = locked(page)
    task_state = _task_state(page, actor)
    if not words.strip():
        raise Refused(_("Say what has to change: the author reads your words."))
    requested_by = task_state.workflow_state.requested_by
    task_state.reject(user=actor.user, comment=words.strip())
    TaskState.objects.filter(pk=task_state.pk).update(finished_at=now())
    record(actor, f"{NOUNS[type(page)]}.returned", page, revision=task_state.revision_id)
    _tell_authors(page, requested_by, actor, "cms/returned", words=words.strip(), path=review_url(page))
    return type(page).objects.get(pk=page.pk)


@transaction.atomic
def take_back(page: MarketPage, *, actor: Acting) -> MarketPage:
    """The authors take a submitted version back, to change it."""
    permit(actor, edit_permission(page.organisation), page.organisation)
    page = locked(page)
    state = page.current_workflow_state
    if state is None or state.status != WorkflowState.STATUS_IN_PROGRESS:
        raise TransitionRefused(current=page.state, target=State.DRAFT)
    state.cancel(user=actor.user)
    record(actor, f"{NOUNS[type(page)]}.taken_back", page)
    return type(page).objects.get(pk=page.pk)


@transaction.atomic
def unpublish(page: MarketPage, *, actor: Acting, reason: str) -> MarketPage:
    """Take a published page off the market; deals and contracts that rest on it go on.

    Raises TransitionRefused when it is not published, Refused without a reason.
    """
    permit(actor, approve_permission(page.organisation), page.organisation)
    page = locked(page)
    if not page.live:
        raise TransitionRefused(current=page.state, target=State.UNPUBLISHED)
    if not reason.strip():
        raise Refused(_("Say why this is withdrawn: your colleagues read the reason."))
    if page.workflow_in_progress:
        page.current_workflow_state.cancel(user=actor.user)
    # Nobody holds Wagtail's publish right, so its own check is passed by: ours stands above.
    UnpublishPageAction(page, user=actor.user).execute(skip_permission_checks=True)
    record(actor, f"{NOUNS[type(page)]}.unpublished", page)
    editors = members(page.organisation, edit_permission(page.organisation))
    notify(editors, "cms/unpublished", page=page, words=reason.strip(), path=review_url(page))
    return type(page).objects.get(pk=page.pk)


@transaction.atomic
def delete_draft(page: MarketPage, *, actor: Acting) -> None:
    """Delete what was never published. Raises Refused once it was, or when something rests on it."""
    permit(actor, edit_permission(page.organisation), page.organisation)
    page = locked(page)
    if page.live or page.first_published_at or page.workflow_in_progress:
        raise Refused(
            _("Only a draft that was never published and does not wait for approval can be deleted.")
        )
    if words := rests_on_it(page):
        raise Refused(words)
    record(actor, f"{NOUNS[type(page)]}.deleted", page, code=page.code)
    page.delete()


def rests_on_it(page: Page) -> str:
    """In words, why a page cannot be deleted: protected rows point at it or below it. "" when none do."""
    for one in Page.objects.filter(path__startswith=page.path).specific():
        collector = Collector(using=one._state.db, origin=one)
        try:
            collector.collect([one])
        except ProtectedError as error:
            kinds = {str(row._meta.verbose_name_plural) for row in error.protected_objects}
        except RestrictedError as error:
            kinds = {str(row._meta.verbose_name_plural) for row in error.restricted_objects}
        else:
            continue
        return _(
            "“%(title)s” cannot be deleted: %(kinds)s rest on it. Withdraw it from the market instead."
        ) % {
            "title": getattr(one, "name", one.title),
            "kinds": ", ".join(sorted(kinds)),
        }
    return ""


def last_words(page: MarketPage) -> TaskState | None:
    """The last return of a page with its words, while it has not been submitted again."""
    return (
        TaskState.objects.filter(
            workflow_state__base_content_type=ContentType.objects.get_for_model(Page),
            workflow_state__object_id=str(page.pk),
            workflow_state__status=WorkflowState.STATUS_NEEDS_CHANGES,
            status=TaskState.STATUS_REJECTED,
        )
        .select_related("finished_by")
        .order_by("-id")
        .first()
    )


def _tell_authors(page, requested_by: User | None, actor: Acting, template: str, **context) -> None:
    organisation = page.organisation
    if requested_by:
        users = [addressed(requested_by, organisation)]
    else:
        users = members(organisation, edit_permission(organisation))
    notify(
        [user for user in users if user.pk != actor.user.pk], template, page=page, by=actor.user, **context
    )
