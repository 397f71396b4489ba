"""Starting and changing drafts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.users.models import UserProfile

from cms import services, terms_form
from cms.forms import AccountsForm, InstitutionForm, ListingNewForm, NeedForm, ServiceForm, initial_of
from cms.models import InstitutionPage
from cms.moderation import draft_of
from cms.rights import edit_permission, rights_of, sync_person
from cms.structure import ensure_institution_page
from cms.views.lists import find_own, own_pages
from marketplace.audit.services import record
from marketplace.bilingual import written_in
from marketplace.editor.chooser import title_of
from marketplace.editor.words import pane, shown
from marketplace.organisations.acting import permit
from marketplace.refusals import NotPermitted, Refused

FORMS = {"need": NeedForm, "service": ServiceForm}
CREATE = {"need": services.create_need, "service": services.create_service}
_BACK = {"need": "needs_mine", "service": "services_mine"}


def _posted(request):
    """What was sent, also when it is empty; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


@login_required
def listing_new(request):
    own_pages(request.acting, "listing")  # refuses other kinds of organisation in words
    organisation = request.acting.organisation
    permit(request.acting, "listing.edit", organisation)
    form = ListingNewForm(_posted(request), organisation=organisation)
    if request.method == "POST" and form.is_valid():
        try:
            page = services.create_listing(organisation, actor=request.acting, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("institution_ref", refusal.message)
        else:
            messages.success(request, _("The draft %(code)s is started.") % {"code": page.code})
            return redirect("listing_edit", page.pk)
    return render(request, "cms/listing_new.html", {"form": form})


@login_required
def listing_edit(request, pk):
    """To Wagtail's editor, in the language of this page, with the rights that the person has now."""
    page = find_own(request, "listing", pk)
    permit(request.acting, "listing.edit", page.organisation)
    if page.workflow_in_progress:
        messages.info(request, _("This waits for approval and cannot be changed now. Take it back first."))
        return redirect("listing_review", pk)
    rights_of(page.organisation)
    sync_person(request.user)
    profile = UserProfile.get_for_user(request.user)
    if profile.preferred_language != get_language():
        profile.preferred_language = get_language()
        profile.save(update_fields=["preferred_language"])
    return redirect("wagtailadmin_pages:edit", pk)


@login_required
def listing_terms(request, pk):
    """The structured terms from which an offer begins; a new version of the draft."""
    page = find_own(request, "listing", pk)
    permit(request.acting, "listing.edit", page.organisation)
    if page.workflow_in_progress:
        messages.info(request, _("This waits for approval and cannot be changed now. Take it back first."))
        return redirect("listing_review", pk)
    draft = draft_of(page)
    form, key = _terms_form(request, draft)
    if (document := form.download()) is not None:
        return document
    if request.method == "POST" and form.is_valid():
        try:
            services.change(page, actor=request.acting, **form.listing_fields())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. Submit it when it is ready."))
            return redirect("listing_review", pk)
    groups = terms_form.choices(draft)
    context = {
        "page": draft,
        "start": key,
        "starts": groups,
        "begun": title_of(groups, key),
        "live": reverse("listing_terms_words", args=[pk]),
        **shown(form),
    }
    return render(request, "cms/listing_terms.html", context)


@login_required
@require_POST
def listing_terms_words(request, pk):
    """The plain words and findings alone, while somebody types."""
    page = find_own(request, "listing", pk)
    permit(request.acting, "listing.edit", page.organisation)
    form, _key = _terms_form(request, draft_of(page))
    return render(request, "editor/_words.html", {"pane": pane(form), "form": form})


def _terms_form(request, draft):
    posted = _posted(request)
    key, start = terms_form.start(draft, (posted or request.GET).get("start", "")[:60])
    files = request.FILES if posted is not None else None
    return terms_form.IndicativeForm(posted, files, start=start, initial={"start": key}), key


@login_required
def listing_accounts(request, pk):
    """Which contributor is which member, so that each reads what came of their own results."""
    page = find_own(request, "listing", pk)
    permit(request.acting, "listing.edit", page.organisation)
    draft = draft_of(page)
    form = AccountsForm(_posted(request), listing=draft)
    if request.method == "POST" and form.is_valid():
        services.link_contributors(page, actor=request.acting, users=form.users())
        messages.success(request, _("Saved."))
        return redirect("listing_review", pk)
    return render(request, "cms/listing_accounts.html", {"form": form, "page": draft})


def _begun_with(text: str) -> dict[str, str]:
    """A need as it begins where somebody has searched in vain: what they typed is its title, or its problem where it is
    longer than a title may be, in the language that it is written in."""
    text = " ".join(text.split())[:1000]
    code = written_in(text)
    is_short = len(text) <= NeedForm.base_fields[f"title_{code}"].max_length
    return {f"{'title' if is_short else 'problem'}_{code}": text}


@login_required
def simple_new(request, kind):
    own_pages(request.acting, kind)
    organisation = request.acting.organisation
    permit(request.acting, edit_permission(organisation), organisation)
    initial = {"region": organisation.region}
    if kind == "need":
        initial |= _begun_with(request.GET.get("title", ""))
    form = FORMS[kind](_posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            page = CREATE[kind](organisation, actor=request.acting, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved as a draft. Look it through and submit it."))
            return redirect(f"{kind}_review", page.pk)
    return render(
        request, "cms/simple_form.html", {"form": form, "kind": kind, "cancel": reverse(_BACK[kind])}
    )


@login_required
def simple_edit(request, kind, pk):
    page = find_own(request, kind, pk)
    permit(request.acting, edit_permission(page.organisation), page.organisation)
    if page.workflow_in_progress:
        messages.info(request, _("This waits for approval and cannot be changed now. Take it back first."))
        return redirect(f"{kind}_review", pk)
    form_class = FORMS[kind]
    form = form_class(_posted(request), initial=initial_of(form_class, draft_of(page)))
    if request.method == "POST" and form.is_valid():
        try:
            services.change(page, actor=request.acting, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. Submit it when it is ready."))
            return redirect(f"{kind}_review", pk)
    cancel = reverse(f"{kind}_review", args=[pk])
    return render(
        request, "cms/simple_form.html", {"form": form, "kind": kind, "page": page, "cancel": cancel}
    )


@login_required
def institution_edit(request):
    """The own institution's texts: written by administrators and approvers, public at once."""
    acting = request.acting
    if not (acting.can("organisation.manage") or acting.can("listing.approve")):
        raise NotPermitted()
    page = InstitutionPage.objects.filter(organisation=acting.organisation).first()
    initial = {name: getattr(page, name) for name in InstitutionForm.base_fields} if page else {}
    form = InstitutionForm(_posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        page = ensure_institution_page(acting.organisation, **form.cleaned_data)
        record(acting, "institution.changed", page)
        messages.success(request, _("Saved."))
        return redirect(page.get_absolute_url())
    return render(request, "cms/institution_form.html", {"form": form, "page": page})
