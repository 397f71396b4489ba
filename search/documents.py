"""How a page becomes facts for search."""

from collections.abc import Iterable

from django.utils.translation import override
from wagtail.models import Site
from wagtail.rich_text import get_text_for_indexing

from cms.models import ListingPage, NeedPage, PaymentForm, ServicePage
from cms.models.market import MarketPage
from search.facts import Facts
from search.models import Kind
from search.offers import offer_words, terms_of, trigger_kinds
from search.viewer import audience

_LANGUAGES = {"zh": "zh-hans", "en": "en"}
_RELATED = ("organisation", "field", "field__parent")


def facts_of_pages(page_ids: Iterable[int]) -> dict[int, Facts]:
    """The facts of those of the pages that are published; a fixed number of queries."""
    ids = list(page_ids)
    listings = (
        ListingPage.objects.filter(pk__in=ids, live=True)
        .select_related(*_RELATED, "programme")
        .prefetch_related("ip_rights", "invitations", "contributors")
    )
    needs = NeedPage.objects.filter(pk__in=ids, live=True).select_related(*_RELATED)
    services = ServicePage.objects.filter(pk__in=ids, live=True).select_related(*_RELATED)
    found = [_listing(page) for page in listings]
    found += [_need(page) for page in needs]
    found += [_service(page) for page in services]
    return {facts.page_id: facts for facts in found}


def _common(page: MarketPage, kind: Kind, *, invited: list[int] | None = None, named: bool = True) -> dict:
    organisation = page.organisation
    fields = [f for f in (page.field.parent, page.field) if f] if page.field else []
    return {
        "page_id": page.pk,
        "kind": kind.value,
        "code": page.code,
        "path": path_of(page) if kind != Kind.NEED else "",
        "audience": audience(page, invited or []),
        "organisation_id": page.organisation_id,
        "institution": str(page.organisation_id) if named else "",
        "organisation_zh": organisation.name_zh if named else "",
        "organisation_en": organisation.name_en if named else "",
        "published_at": page.first_published_at,
        "title_zh": page.title_zh,
        "title_en": page.title_en,
        "summary_zh": page.summary_zh,
        "summary_en": page.summary_en,
        "keywords_zh": tuple(page.keywords_zh),
        "keywords_en": tuple(page.keywords_en),
        "fields": tuple(f.code for f in fields),
        "region": page.region[:2],
        "extra": tuple(name for f in fields for name in (f.name_zh, f.name_en)),
        "numbers": (page.code,),
    }


def _listing(page: ListingPage) -> Facts:
    rights, invited = page.ip_rights.all(), [i.organisation_id for i in page.invitations.all()]
    common = _common(page, Kind.LISTING, invited=invited)
    terms = terms_of(page.indicative_terms)
    free = page.free_months if page.free_months is not None else terms and terms.trial and terms.trial.months
    common["extra"] += tuple(
        text for person in page.contributors.all() for text in (person.name, person.unit) if text
    )
    common["extra"] += tuple(right.title for right in rights if right.title)
    common["numbers"] += (page.institution_ref, *(right.number for right in rights if right.number))
    return Facts(
        **common,
        **_bodies(page, ("problem", "advantage", "applications", "body", "trl_evidence", "fields_of_use")),
        **{
            f"offer_{code}": offer_words(
                language,
                terms=terms,
                price=getattr(page, f"price_{code}"),
                free_months=free,
                payment=_label(page.payment_form, language),
            )
            for code, language in _LANGUAGES.items()
        },
        trl=page.trl,
        ip=tuple(sorted({right.kind for right in rights})),
        free_months=free,
        triggers=tuple(trigger_kinds(terms, f"{page.trigger_zh} {page.trigger_en}")),
        payment=page.payment_form,
        exclusivity=page.exclusivity,
        programme=page.programme.code if page.programme else "",
    )


def _need(page: NeedPage) -> Facts:
    return Facts(
        **_common(page, Kind.NEED, named=not page.is_anonymous), **_bodies(page, ("problem", "constraints"))
    )


def _service(page: ServicePage) -> Facts:
    common = _common(page, Kind.SERVICE)
    for language in _LANGUAGES.values():
        with override(language):
            common["extra"] += (page.get_kind_display(),)
    return Facts(**common, **_bodies(page, ("what",)), offer_zh=page.price_zh, offer_en=page.price_en)


def _bodies(page: MarketPage, names: tuple[str, ...]) -> dict[str, str]:
    """The long texts of each language, one after the other, without markup."""
    return {
        f"body_{code}": "\n".join(
            get_text_for_indexing(text) if name == "body" else text
            for name in names
            if (text := getattr(page, f"{name}_{code}"))
        )
        for code in _LANGUAGES
    }


def _label(payment_form: str, language: str) -> str:
    if not payment_form:
        return ""
    with override(language):
        return str(PaymentForm(payment_form).label)


def path_of(page: MarketPage) -> str:
    """The address below the site's root, as Wagtail's own view takes it."""
    for root in Site.get_site_root_paths():
        if page.url_path.startswith(root.root_path):
            return page.url_path.removeprefix(root.root_path)
    return page.url_path.lstrip("/")
