"""How a page becomes facts for search."""

from collections.abc import Iterable

from django.utils.translation import override
from wagtail.models import Site
from wagtail.rich_text import get_text_for_indexing

from cms.models import InstitutionPage, ListingPage, NeedPage, PaymentForm, ServicePage
from cms.models.market import MarketPage
from cms.quality import quality
from marketplace.clock import today
from marketplace.programmes import services as programmes
from search.facts import PUBLIC, Facts
from search.models import Kind
from search.offers import fixed_price, offer_words, terms_of, trigger_kinds
from search.viewer import NOT_OF_THE_RESULT, audience

_LANGUAGES = {"zh": "zh-hans", "en": "en"}
_NOT_SHOWN = {"ENTERPRISE", "OPERATOR"}  # a page of an enterprise says that it is looking for something
_IN_FORCE = {"APPLIED", "GRANTED", "REGISTERED", "SECRET"}
# Of the names of fields: whoever looks for an engine does not want all of engineering, which has the same stem.
_FILLERS = frozenset({"engineering", "science", "sciences", "technology", "and", "工学"})
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
    institutions = InstitutionPage.objects.filter(pk__in=ids, live=True).select_related("organisation")
    listings = list(listings)
    rules = programmes.rules_of([page.programme for page in listings if page.programme], today())
    found = [_listing(page, rules.get(page.programme_id, {})) for page in listings]
    found += [_need(page) for page in needs]
    found += [_service(page) for page in services]
    found += [_institution(page) for page in institutions if page.organisation.kind not in _NOT_SHOWN]
    return {facts.page_id: facts for facts in found}


def _subject(name: str) -> str:
    """What the name of a field of science says of a subject: "Electrical" of "Electrical engineering"."""
    return " ".join(word for word in name.split() if word.lower() not in _FILLERS)


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
        "extra": tuple(words for f in fields for name in (f.name_zh, f.name_en) if (words := _subject(name))),
        "numbers": (page.code,),
    }


def _listing(page: ListingPage, rules: dict) -> Facts:
    rights, invited = page.ip_rights.all(), [i.organisation_id for i in page.invitations.all()]
    common = _common(page, Kind.LISTING, invited=invited)
    terms = terms_of(page.indicative_terms)
    free = page.free_months if page.free_months is not None else terms and terms.trial and terms.trial.months
    common["extra"] += tuple(
        text
        for person in page.contributors.all()
        for text in (person.name, person.name_en, person.unit, person.unit_en)
        if text
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
        pilot=_pilot(page, rules),
        price_minor=fixed_price(terms),
        completeness=quality(page).percent,
        is_available=any(right.status in _IN_FORCE and not _is_over(right) for right in rights),
    )


def _pilot(page: ListingPage, rules: dict) -> str:
    """The programme of the listing, where neither the result nor its institution fails one of its rules."""
    if page.programme is None:
        return ""
    facts = programmes.ResultFacts(
        trl=page.trl,
        maturity=page.maturity or None,
        ip_kinds=tuple(right.kind for right in page.ip_rights.all()) or None,
        team_consent=page.team_consent_on is not None or None,
    )
    findings = programmes.eligibility(page.programme, page.organisation, None, facts, rules=rules)
    failed = any(f.verdict == "fails" for f in findings if f.rule not in NOT_OF_THE_RESULT)
    return "" if failed else page.programme.code


def _is_over(right) -> bool:
    return bool(right.expires_on and right.expires_on < today())


def _need(page: NeedPage) -> Facts:
    return Facts(
        **_common(page, Kind.NEED, named=not page.is_anonymous),
        **_bodies(page, ("problem", "constraints")),
        completeness=quality(page).percent,
    )


def _service(page: ServicePage) -> Facts:
    common = _common(page, Kind.SERVICE)
    for language in _LANGUAGES.values():
        with override(language):
            common["extra"] += (page.get_kind_display(),)
    return Facts(
        **common,
        **_bodies(page, ("what",)),
        offer_zh=page.price_zh,
        offer_en=page.price_en,
        completeness=quality(page).percent,
    )


def _institution(page: InstitutionPage) -> Facts:
    organisation = page.organisation
    own = f"own:{organisation.pk}"
    return Facts(
        page_id=page.pk,
        kind=Kind.INSTITUTION.value,
        path=path_of(page),
        audience=(PUBLIC, own) if organisation.is_verified else (own,),
        organisation_id=organisation.pk,
        institution=str(organisation.pk),
        published_at=page.first_published_at,
        title_zh=organisation.name_zh,
        title_en=organisation.name_en,
        body_zh=page.intro_zh,
        body_en=page.intro_en,
        region=organisation.region[:2],
    )


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


def path_of(page: MarketPage | InstitutionPage) -> str:
    """The address below the site's root, as Wagtail's own view takes it."""
    for root in Site.get_site_root_paths():
        if page.url_path.startswith(root.root_path):
            return page.url_path.removeprefix(root.root_path)
    return page.url_path.lstrip("/")
