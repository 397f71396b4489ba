"""What everybody reads: home, institutions, listings, needs, services."""

import hashlib

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from cms.documents import may_have_restricted
from cms.models import HomePage, InstitutionPage, ListingPage, MarketPage, NeedPage, ServicePage
from cms.schema import json_ld
from cms.sheet import sheet_data
from cms.terms_form import in_words, price_in_words
from marketplace.bilingual import language
from marketplace.clock import now
from marketplace.documents import render_pdf
from marketplace.organisations.models import Organisation
from marketplace.organisations.regions import region_name

TEMPLATES = {
    ListingPage: "cms/listing_detail.html",
    NeedPage: "cms/need_detail.html",
    ServicePage: "cms/service_detail.html",
}
FRESH_SECONDS = 60
BUCKET_SECONDS = 300  # panels of later steps change without the page: an ETag lives this long at most
PAGE_SIZE = 20


def visible(model: type[MarketPage], request: HttpRequest):
    """The pages of a kind that this visitor may read, with what their pages show."""
    pages = model.objects.visible_to(request.acting).select_related("organisation", "field__parent")
    if model is ListingPage:
        pages = pages.select_related("programme").prefetch_related(
            "ip_rights", "contributors", "attachments__document"
        )
    return pages


def serve_page(request: HttpRequest, page: MarketPage) -> HttpResponse:
    """Called by Wagtail for a live page. A need is reached by its number alone: the address below the
    enterprise's page would say who posted it."""
    if isinstance(page, NeedPage):
        raise Http404
    page = get_object_or_404(visible(type(page), request).live(), pk=page.pk)
    return _page_response(request, page)


@require_safe
def need(request, code):
    page = get_object_or_404(visible(NeedPage, request).live(), code=code.upper())
    return _page_response(request, page)


def _page_response(request: HttpRequest, page: MarketPage) -> HttpResponse:
    tag = etag_of(request, page)
    if tag and request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = render(request, TEMPLATES[type(page)], context_of(request, page))
    return _cacheable(request, response, tag, page.last_published_at)


def preview_page(request: HttpRequest, page: MarketPage) -> HttpResponse:
    return render(request, TEMPLATES[type(page)], {**context_of(request, page), "preview": True})


def context_of(request: HttpRequest, page: MarketPage) -> dict:
    """What the detail templates draw with; `page` may be a draft as an object."""
    acting = request.acting
    own = acting.is_for(page.organisation)
    context = {
        "page": page,
        "own": own,
        "named": own or not getattr(page, "is_anonymous", False),
        "only_other_language": language() not in page.languages,
        "partly_other_language": page.lacks(language()),
        "alternates": alternates(page),
        "json_ld": json_ld(page) if page.live else "",
        "region_words": region_name(page.region),
        "field_names": _field_names(page),
        "institution_url": _parent_url(page),
    }
    if isinstance(page, ListingPage):
        may_have = may_have_restricted(acting, page)
        attachments = list(page.attachments.all())
        context |= {
            "files": [(one, may_have or not one.restricted) for one in attachments],
            "terms": in_words(page.indicative_terms),
            "price": price_in_words(page),
            "some_withheld": not may_have and any(one.restricted for one in attachments),
        }
    return context


def _field_names(page: MarketPage) -> list[str]:
    if page.field is None:
        return []
    return [page.field.parent.name, page.field.name] if page.field.parent else [page.field.name]


def _parent_url(page: MarketPage) -> str:
    """The institution page's address, one step up; "" for a need, which may not say who posted it."""
    if isinstance(page, NeedPage):
        return ""
    return page.get_absolute_url().rstrip("/").rpartition("/")[0] + "/"


def alternates(page: MarketPage | InstitutionPage) -> list[tuple[str, str]]:
    """(hreflang, absolute address) of each language."""
    found = []
    for code, _label in settings.LANGUAGES:
        with translation.override(code):
            path = page.get_absolute_url()
        if path:
            found.append(("en" if code == "en" else "zh-Hans", settings.SITE_URL + path))
    return found


def etag_of(request: HttpRequest, page: MarketPage | InstitutionPage) -> str:
    """For visitors who are not signed in; a page with a name on top is never shared."""
    if request.user.is_authenticated or request.method not in ("GET", "HEAD"):
        return ""
    facts = (
        page.pk,
        page.last_published_at,
        page.organisation.name,
        page.organisation.state,
        translation.get_language(),
        request.get_full_path(),
        int(now().timestamp()) // BUCKET_SECONDS,
    )
    return f'W/"{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}"'


def _cacheable(request: HttpRequest, response: HttpResponse, tag: str, changed_at) -> HttpResponse:
    if tag:
        response.headers["ETag"] = tag
        if changed_at:
            response.headers["Last-Modified"] = http_date(changed_at.timestamp())
        patch_cache_control(response, public=True, max_age=FRESH_SECONDS)
        patch_vary_headers(response, ["Cookie"])
    else:
        patch_cache_control(response, private=True, no_store=True)
    return response


def serve_home(request: HttpRequest, page: HomePage) -> HttpResponse:
    response = render(request, "cms/home_page.html", {"page": page})
    patch_cache_control(response, private=True, no_cache=True)
    return response


def serve_institution(request: HttpRequest, page: InstitutionPage) -> HttpResponse:
    page = InstitutionPage.objects.select_related("organisation").get(pk=page.pk)
    organisation: Organisation = page.organisation
    acting = request.acting
    own = acting.is_for(organisation)
    if not organisation.is_verified and not own:
        raise Http404
    tag = etag_of(request, page)
    if tag and request.headers.get("If-None-Match") == tag:
        return _cacheable(request, HttpResponse(status=304), tag, page.last_published_at)
    kind, model = ("listings", ListingPage)
    if not organisation.is_research:
        kind, model = ("services", ServicePage) if organisation.kind == "PROVIDER" else ("needs", NeedPage)
    rows = model.objects.visible_to(acting).live().of(organisation).order_by("-first_published_at", "-pk")
    if kind == "needs" and not own:
        rows = rows.filter(is_anonymous=False)
    if kind == "listings":
        rows = rows.select_related("field")
    context = {
        "page": page,
        "organisation": organisation,
        "own": own,
        "kind": kind,
        "rows": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "alternates": alternates(page),
        "show_contact": request.user.is_authenticated,
        "may_edit": acting.can("organisation.manage") or acting.can("listing.approve"),
        "region_words": region_name(organisation.region),
    }
    response = render(request, "cms/institution_detail.html", context)
    return _cacheable(request, response, tag, page.last_published_at)


@require_safe
def listing_sheet(request, code):
    """One page of A4 to print or send, in the language of the address."""
    listing = get_object_or_404(visible(ListingPage, request), code=code.upper())
    pdf = render_pdf("cms/listing_sheet", sheet_data(listing))
    name = f"{listing.code}-{language()}.pdf"
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"},
    )
