"""What machines that index the web are told: where they may go, and every page that is worth it, in both languages.

Combinations of filters have no end: the result page says `noindex` for them and names its canonical address, and
robots.txt keeps crawlers out of sorting, paging sizes, ranges, exports and comparisons.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from search.facts import PUBLIC
from search.models import SearchDocument

PER_FILE = 10_000  # documents; each gives an address in every language
_HIDDEN = ("sort", "size", "export", "ids", "free_min", "free_max", "trl_min", "trl_max", "price_min", "price_max", "eligible")  # fmt: skip
_PRIVATE = (
    "search/compare/",
    "search/suggest/",
    "search/saved/",
    "search/pages/",
    "search/matches/",
    "accounts/",
    "operator/",
)


@require_safe
@cache_control(public=True, max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", "Disallow: /cms-admin/", "Disallow: /api/"]
    for code, _name in settings.LANGUAGES:
        lines += [f"Disallow: /{code}/{path}" for path in _PRIVATE]
    for name in _HIDDEN:
        lines += [f"Disallow: /*?{name}=", f"Disallow: /*&{name}="]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap(request: HttpRequest) -> HttpResponse:
    """The files of the site map; one for each PER_FILE public documents."""
    files = -(-_public().count() // PER_FILE) or 1
    addresses = [f"{settings.SITE_URL}{reverse('sitemap_file', args=[n])}" for n in range(1, files + 1)]
    return render(request, "search/sitemap_index.xml", {"addresses": addresses}, "application/xml")


@require_safe
@cache_control(public=True, max_age=3600)
def sitemap_file(request: HttpRequest, number: int) -> HttpResponse:
    """Public documents with when they last changed, each language naming the others."""
    if number < 1:
        raise Http404
    start = (number - 1) * PER_FILE
    documents = list(
        _public()
        .only("page_id", "kind", "code", "path", "built_at")
        .order_by("page_id")[start : start + PER_FILE]
    )
    if not documents and number > 1:
        raise Http404
    entries = [(_in_all_languages(document.get_absolute_url), document.built_at) for document in documents]
    if number == 1:
        entries = [(_in_all_languages(lambda: reverse("search")), None), *entries]
    return render(request, "search/sitemap.xml", {"entries": entries}, "application/xml")


def _public():
    return SearchDocument.objects.filter(audience__contains=[PUBLIC])


def _in_all_languages(address) -> list[tuple[str, str]]:
    found = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            found.append((code, f"{settings.SITE_URL}{address()}"))
    return found
