from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from cms.words import Pair
from marketplace.organisations.models import Organisation


class HomePage(Page):
    """The root of the site; institutions stand below it."""

    max_count = 1
    subpage_types = ["cms.InstitutionPage"]
    parent_page_types = ["wagtailcore.Page"]
    search_fields = []

    class Meta:
        verbose_name = _("home page")

    def serve(self, request, *args, **kwargs):
        from cms.views.public import serve_home

        return serve_home(request, self)


class InstitutionPage(Page):
    """An organisation's place in the market: its listings, needs or services stand below."""

    organisation = models.OneToOneField(
        Organisation,
        models.PROTECT,
        related_name="institution_page",
        editable=False,
        verbose_name=_("organisation"),
    )
    intro_zh = models.TextField(_("about us, in Chinese"), blank=True)
    intro_en = models.TextField(_("about us, in English"), blank=True)
    website = models.URLField(_("website"), blank=True)

    intro = Pair()
    search_fields = []
    is_creatable = False
    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.ListingPage", "cms.NeedPage", "cms.ServicePage"]

    class Meta:
        verbose_name = _("institution page")
        verbose_name_plural = _("institution pages")

    @property
    def name(self) -> str:
        return self.organisation.name

    def get_absolute_url(self) -> str:
        return self.get_url() or ""

    def serve(self, request, *args, **kwargs):
        from cms.views.public import serve_institution

        return serve_institution(request, self)

    def full_clean(self, *args, **kwargs):
        """Title and address are the organisation's."""
        self.title = self.organisation.name_zh or self.organisation.name_en
        self.slug = self.organisation.slug
        super().full_clean(*args, **kwargs)
