"""One page of the own organisation: looked through, submitted, approved, returned, withdrawn."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cms import moderation
from cms.forms import ReturnForm, UnpublishForm
from cms.models.market import State
from cms.quality import quality
from cms.rights import approve_permission, edit_permission
from cms.versions import differences
from cms.views.lists import HEADINGS, find_own
from cms.views.public import context_of
from marketplace.audit.services import history
from marketplace.refusals import Incomplete, NotPermitted

_BACK = {"listing": "listings", "need": "needs_mine", "service": "services_mine"}
_VERBS = {
    "created": "plus",
    "changed": "edit",
    "submitted": "send",
    "published": "check",
    "returned": "arrow-left",
    "taken_back": "arrow-left",
    "unpublished": "minus",
}


def _review(request, kind, page, *, return_form=None, unpublish_form=None, refusal=None, status=200):
    acting = request.acting
    draft = moderation.draft_of(page) if page.latest_revision_id else page
    state = page.state
    looked_at = quality(draft)
    may_edit = acting.can(edit_permission(page.organisation))
    may_approve = acting.can(approve_permission(page.organisation))
    context = {
        **context_of(request, draft),
        "page": page,
        "draft": draft,
        "preview": True,
        "kind": kind,
        "heading": HEADINGS[kind][0],
        "back": reverse(_BACK[kind]),
        "state": state,
        "quality": looked_at,
        "differences": differences(page, draft) if page.live and page.has_unpublished_changes else [],
        "may_edit": may_edit,
        "may_approve": may_approve,
        "waits": state == State.REVIEW,
        "can_submit": state not in (State.REVIEW, State.LIVE),
        "can_delete": may_edit and state in (State.DRAFT, State.RETURNED) and not page.first_published_at,
        "why_not": moderation.why_not(page, acting.user) if may_approve and state == State.REVIEW else "",
        "alone": moderation.second_person_impossible(page),
        "returned": moderation.last_words(page) if state in (State.RETURNED, State.CHANGED) else None,
        "return_form": return_form or ReturnForm(),
        "unpublish_form": unpublish_form or UnpublishForm(),
        "refusal": refusal,
        "missing": getattr(refusal, "missing", []),
        "events": [
            (event.at, _VERBS[event.verb.partition(".")[2]], _event_words(event.verb))
            for event in history(page)[:20]
            if event.verb.partition(".")[2] in _VERBS
        ],
        "edit_url": reverse(f"{kind}_edit", args=[page.pk]),
        "urls": {
            verb: reverse(f"{kind}_{verb}", args=[page.pk])
            for verb in ("submit", "approve", "return", "take_back", "unpublish", "delete")
        },
    }
    return render(request, "cms/review.html", context, status=status)


def _event_words(verb: str) -> str:
    return {
        "created": _("Draft started"),
        "changed": _("Draft changed"),
        "submitted": _("Submitted for approval"),
        "published": _("Approved and published"),
        "returned": _("Returned with words"),
        "taken_back": _("Taken back by its authors"),
        "unpublished": _("Withdrawn from the market"),
    }[verb.partition(".")[2]]


@login_required
def review(request, kind, pk):
    return _review(request, kind, find_own(request, kind, pk))


@login_required
@require_POST
def submit(request, kind, pk):
    page = find_own(request, kind, pk)
    try:
        moderation.submit(page, actor=request.acting)
    except Incomplete as refusal:
        return _review(request, kind, page, refusal=refusal, status=409)
    messages.success(request, _("Submitted. An approver of your organisation has been told."))
    return redirect(f"{kind}_review", pk)


@login_required
@require_POST
def approve(request, kind, pk):
    page = find_own(request, kind, pk)
    try:
        page = moderation.approve(page, actor=request.acting, comment=request.POST.get("comment", "")[:2000])
    except NotPermitted as refusal:
        return _review(request, kind, page, refusal=refusal, status=refusal.status)
    messages.success(request, _("Approved and published."))
    return redirect(f"{kind}_review", pk)


@login_required
@require_POST
def return_(request, kind, pk):
    page = find_own(request, kind, pk)
    form = ReturnForm(request.POST)
    if not form.is_valid():
        return _review(request, kind, page, return_form=form, status=400)
    try:
        moderation.return_(page, actor=request.acting, words=form.cleaned_data["words"])
    except NotPermitted as refusal:
        return _review(request, kind, page, refusal=refusal, return_form=form, status=refusal.status)
    messages.success(request, _("Returned. The author reads your words."))
    return redirect(f"{kind}_review", pk)


@login_required
@require_POST
def take_back(request, kind, pk):
    moderation.take_back(find_own(request, kind, pk), actor=request.acting)
    messages.success(request, _("Taken back; it can be changed again."))
    return redirect(f"{kind}_review", pk)


@login_required
@require_POST
def unpublish(request, kind, pk):
    page = find_own(request, kind, pk)
    form = UnpublishForm(request.POST)
    if not form.is_valid():
        return _review(request, kind, page, unpublish_form=form, status=400)
    moderation.unpublish(page, actor=request.acting, reason=form.cleaned_data["reason"])
    messages.success(request, _("Withdrawn from the market. Deals and contracts that rest on it go on."))
    return redirect(f"{kind}_review", pk)


@login_required
@require_POST
def delete(request, kind, pk):
    page = find_own(request, kind, pk)
    moderation.delete_draft(page, actor=request.acting)
    messages.success(request, _("The draft %(code)s is deleted.") % {"code": page.code})
    return redirect(_BACK[kind])
