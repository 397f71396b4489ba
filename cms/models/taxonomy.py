from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.bilingual import language


class FieldQuerySet(models.QuerySet):
    def top(self):
        return self.filter(parent__isnull=True)

    def find(self, text: str) -> "Field | None":
        """The field with this code or name, in either language; of two with one name, the narrower one."""
        text = (text or "").strip()
        if not text:
            return None
        named = models.Q(code__iexact=text) | models.Q(name_zh=text) | models.Q(name_en__iexact=text)
        return self.filter(named).order_by(models.F("parent").asc(nulls_last=True)).first()


class Field(models.Model):
    """A field of science, of two levels: category 门类, discipline 学科. The rows come from data/fields.json."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("category")
    )
    order = models.PositiveSmallIntegerField(_("place"), default=0)

    objects = FieldQuerySet.as_manager()

    class Meta:
        verbose_name = _("field of science")
        verbose_name_plural = _("fields of science")
        ordering = ["order", "code"]

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if language() == "en" else self.name_zh


class Industry(models.TextChoices):
    """The sections of GB/T 4754-2017."""

    AGRICULTURE = "A", _("A Agriculture, forestry, animal husbandry and fishery")
    MINING = "B", _("B Mining")
    MANUFACTURING = "C", _("C Manufacturing")
    UTILITIES = "D", _("D Electricity, heat, gas and water")
    CONSTRUCTION = "E", _("E Construction")
    TRADE = "F", _("F Wholesale and retail trade")
    TRANSPORT = "G", _("G Transport, storage and post")
    HOSPITALITY = "H", _("H Hotels and catering")
    INFORMATION = "I", _("I Information transmission, software and information technology")
    FINANCE = "J", _("J Financial services")
    REAL_ESTATE = "K", _("K Real estate")
    BUSINESS_SERVICES = "L", _("L Leasing and business services")
    RESEARCH = "M", _("M Scientific research and technical services")
    ENVIRONMENT = "N", _("N Water conservancy, environment and public facilities")
    RESIDENT_SERVICES = "O", _("O Resident services, repair and other services")
    EDUCATION = "P", _("P Education")
    HEALTH = "Q", _("Q Health and social work")
    CULTURE = "R", _("R Culture, sports and entertainment")
    PUBLIC_ADMINISTRATION = "S", _("S Public administration, social security and social organisations")
    INTERNATIONAL = "T", _("T International organisations")


class TRL(models.IntegerChoices):
    """技术就绪度, the scale of GB/T 22900-2022."""

    TRL1 = 1, _("TRL 1 basic principle observed")
    TRL2 = 2, _("TRL 2 concept formulated")
    TRL3 = 3, _("TRL 3 experimental proof of concept")
    TRL4 = 4, _("TRL 4 validated in the laboratory")
    TRL5 = 5, _("TRL 5 validated in a relevant environment")
    TRL6 = 6, _("TRL 6 demonstrated in a relevant environment")
    TRL7 = 7, _("TRL 7 prototype in the operational environment")
    TRL8 = 8, _("TRL 8 system complete and qualified")
    TRL9 = 9, _("TRL 9 proven in operation")
