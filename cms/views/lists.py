"""The desk's lists of an organisation's own pages."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Q, Value, When
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.forms import ListFilterForm
from cms.models import ListingPage, MarketPage, NeedPage, ServicePage
from cms.models.market import State
from cms.quality import quality
from cms.rights import approve_permission, edit_permission
from marketplace.organisations.roles import RESEARCH, Kind
from marketplace.refusals import NotPermitted
from marketplace.tables import export

PAGE_SIZE = 20
KINDS = {
    "listing": (ListingPage, RESEARCH),
    "need": (NeedPage, frozenset({Kind.ENTERPRISE})),
    "service": (ServicePage, frozenset({Kind.PROVIDER})),
}
HEADINGS = {
    "listing": (gettext_lazy("Our listings"), gettext_lazy("Start a listing")),
    "need": (gettext_lazy("Our needs"), gettext_lazy("Post a need")),
    "service": (gettext_lazy("Our services"), gettext_lazy("Offer a service")),
}
IN_STATE = {
    State.DRAFT: Q(in_review=False, live=False, was_returned=False, first_published_at=None),
    State.REVIEW: Q(in_review=True),
    State.RETURNED: Q(in_review=False, live=False, was_returned=True),
    State.LIVE: Q(in_review=False, live=True, has_unpublished_changes=False),
    State.CHANGED: Q(in_review=False, live=True, has_unpublished_changes=True),
    State.UNPUBLISHED: Q(in_review=False, live=False, was_returned=False, first_published_at__isnull=False),
}
SORTS = {
    "code": "code",
    "title": "title",
    "changed": "latest_revision_created_at",
    "published": "first_published_at",
    "state": "state_order",
}


def own_pages(acting, kind: str):
    """The pages of a kind of the acting organisation, drafts too. Raises NotPermitted for organisations that
    do not post this kind."""
    model, kinds = KINDS[kind]
    organisation = acting.organisation
    if organisation is None or organisation.kind not in kinds:
        raise NotPermitted(
            {
                "listing": _("Listings are posted by research organisations."),
                "need": _("Needs are posted by enterprises."),
                "service": _("Services are offered by service providers."),
            }[kind]
        )
    return model.objects.visible_to(acting).of(organisation)


def _rows(request, kind: str):
    pages = own_pages(request.acting, kind).with_state()
    form = ListFilterForm(request.GET)
    form.is_valid()
    words, state = form.cleaned_data.get("q", ""), form.cleaned_data.get("state", "")
    if words:
        found = Q(code__icontains=words) | Q(title_zh__icontains=words) | Q(title_en__icontains=words)
        if kind == "listing":
            found |= Q(institution_ref__icontains=words)
        pages = pages.filter(found)
    if state:
        pages = pages.filter(IN_STATE[state])
    sort = request.GET.get("sort", "")
    column = SORTS.get(sort.removeprefix("-"), "")
    if column == "state_order":
        pages = pages.annotate(
            state_order=Case(
                *(When(test, then=Value(place)) for place, test in enumerate(IN_STATE.values())),
                default=Value(len(IN_STATE)),
                output_field=IntegerField(),
            )
        )
    order = f"-{column}" if column and sort.startswith("-") else column or "-latest_revision_created_at"
    pages = pages.order_by(order, "-pk").select_related("organisation")
    if kind == "listing":
        pages = pages.prefetch_related("ip_rights", "contributors", "invitations")
    return form, pages


COLUMNS = [
    (gettext_lazy("Number"), "code"),
    (gettext_lazy("Title"), "name"),
    (gettext_lazy("State"), lambda page: str(page.get_state_display())),
    (gettext_lazy("Complete, %"), lambda page: quality(page).percent),
    (gettext_lazy("Must be added"), lambda page: quality(page).must),
    (gettext_lazy("Who may see it"), "get_visibility_display"),
    (gettext_lazy("Changed"), "latest_revision_created_at"),
    (gettext_lazy("Published"), "first_published_at"),
]


@login_required
def own_list(request, kind):
    form, pages = _rows(request, kind)
    if "export" in request.GET:
        columns = COLUMNS
        if kind == "listing":
            columns = [*COLUMNS[:1], (_("Own number"), "institution_ref"), *COLUMNS[1:]]
        return export(request, f"{kind}s", columns, pages)
    acting = request.acting
    rows = Paginator(pages, PAGE_SIZE).get_page(request.GET.get("page"))
    for page in rows:
        page.quality = quality(page)
    heading, new_label = HEADINGS[kind]
    return render(
        request,
        "cms/own_list.html",
        {
            "kind": kind,
            "heading": heading,
            "new_label": new_label,
            "new_url": f"{kind}_new",
            "review_url": f"{kind}_review",
            "filter": form,
            "rows": rows,
            "filtered": bool(request.GET.get("q") or request.GET.get("state")),
            "may_edit": acting.can(edit_permission(acting.organisation)),
            "may_approve": acting.can(approve_permission(acting.organisation)),
            "may_import": kind == "listing" and acting.can("listing.import"),
            "organisation": acting.organisation,
        },
    )


def find_own(request, kind: str, pk: int) -> MarketPage:
    """One page of the acting organisation, else 404 by the caller's queryset."""
    return get_object_or_404(own_pages(request.acting, kind).select_related("organisation"), pk=pk)
