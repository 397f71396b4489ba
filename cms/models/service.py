from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.models.market import MarketPage
from cms.words import Pair


class ServiceKind(models.TextChoices):
    TESTING = "TESTING", _("testing and certification")
    PROOF_OF_CONCEPT = "PROOF_OF_CONCEPT", _("proof of concept")
    PILOT_SCALE = "PILOT_SCALE", _("pilot-scale trial")
    DEVELOPMENT = "DEVELOPMENT", _("commissioned development")
    INSTRUMENTS = "INSTRUMENTS", _("use of instruments")
    INCUBATION = "INCUBATION", _("incubation")
    IP = "IP", _("intellectual property services")
    ENGINEERING = "ENGINEERING", _("engineering design")
    COMPUTING = "COMPUTING", _("computing and cloud")
    OTHER = "OTHER", _("other service")


class ServicePage(MarketPage):
    """科技服务: what a provider sells around a trial."""

    CODE_PREFIX = "US"

    kind = models.CharField(_("kind of service"), max_length=20, choices=ServiceKind.choices)
    what_zh = models.TextField(_("what is done, in Chinese"), blank=True)
    what_en = models.TextField(_("what is done, in English"), blank=True)
    price_zh = models.CharField(_("price in one line, in Chinese"), max_length=200, blank=True)
    price_en = models.CharField(_("price in one line, in English"), max_length=300, blank=True)
    turnaround_days = models.PositiveSmallIntegerField(_("working days it takes"), null=True, blank=True)

    what = Pair()
    price = Pair()

    parent_page_types = ["cms.InstitutionPage"]
    subpage_types = []

    class Meta:
        verbose_name = _("service offer")
        verbose_name_plural = _("service offers")
