"""The tree: root → home page → one page for each organisation that publishes."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from wagtail.models import Page, Site

from cms.models import HomePage, InstitutionPage
from cms.rights import sync_rights
from marketplace.organisations.models import Organisation


def home_page() -> HomePage:
    """The home page, made together with the site when it is missing."""
    return HomePage.objects.first() or set_up_site()


@transaction.atomic
def set_up_site() -> HomePage:
    """Make Wagtail's tree and site be as they should: our home page at the root, one site whose host and port
    are those of SITE_URL, none of Wagtail's welcome page. Safe to repeat."""
    root = Page.objects.select_for_update().get(depth=1)
    home = HomePage.objects.first()
    if home is None:
        home = root.add_child(instance=HomePage(title="UseFirst 先用", slug="usefirst"))
    address = urlsplit(settings.SITE_URL)
    port = address.port or (443 if address.scheme == "https" else 80)
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    wanted = {
        "hostname": address.hostname or "localhost",
        "port": port,
        "root_page_id": home.pk,
        "site_name": settings.WAGTAIL_SITE_NAME,
    }
    if site.pk is None or any(getattr(site, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(site, name, value)
        site.save()
    welcome = Page.objects.filter(depth=2, slug="home", content_type__model="page").first()
    if welcome is not None and welcome.is_leaf():
        welcome.delete()
    return HomePage.objects.get(pk=home.pk)


@transaction.atomic
def ensure_institution_page(organisation: Organisation, **texts) -> InstitutionPage:
    """The page of an organisation below the home page, with its rights; made when it is missing.
    `texts` (intro_zh, intro_en, website) are written when given."""
    page = InstitutionPage.objects.filter(organisation=organisation).first()
    if page is None:
        home_page()
        home = HomePage.objects.select_for_update().first()
        page = home.add_child(instance=InstitutionPage(organisation=organisation, **texts))
        page.save_revision()
        sync_rights(organisation)
    elif texts:
        for name, value in texts.items():
            setattr(page, name, value)
        page.save()
        page.save_revision()
    return page
