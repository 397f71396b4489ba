from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cms.models.market import MarketPage
from cms.models.taxonomy import Industry
from cms.words import Pair


class NeedPage(MarketPage):
    """技术需求: what an enterprise looks for. It may stay anonymous to all but verified organisations' enquiries."""

    CODE_PREFIX = "UN"

    problem_zh = models.TextField(_("problem, in Chinese"), blank=True)
    problem_en = models.TextField(_("problem, in English"), blank=True)
    constraints_zh = models.TextField(
        _("conditions, in Chinese"),
        blank=True,
        help_text=_("What a solution must keep to: figures, standards, sizes."),
    )
    constraints_en = models.TextField(_("conditions, in English"), blank=True)
    industry = models.CharField(
        _("industry"),
        max_length=1,
        choices=Industry.choices,
        blank=True,
        help_text=_("Section of GB/T 4754."),
    )
    budget_min_minor = models.BigIntegerField(
        _("budget from"), null=True, blank=True, validators=[MinValueValidator(0)]
    )
    budget_max_minor = models.BigIntegerField(
        _("budget up to"), null=True, blank=True, validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    deadline_on = models.DateField(_("proposals until"), null=True, blank=True)
    is_anonymous = models.BooleanField(
        _("do not name the enterprise"),
        default=False,
        help_text=_("Readers see the need and the region, never who posted it."),
    )

    problem = Pair()
    constraints = Pair()

    parent_page_types = ["cms.InstitutionPage"]
    subpage_types = []

    class Meta:
        verbose_name = _("technology need")
        verbose_name_plural = _("technology needs")
        constraints = [
            models.CheckConstraint(
                condition=(Q(budget_min_minor__isnull=True) | Q(budget_min_minor__gte=0))
                & (Q(budget_max_minor__isnull=True) | Q(budget_max_minor__gte=0)),
                name="need_budget_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(budget_min_minor__isnull=True)
                | Q(budget_max_minor__isnull=True)
                | Q(budget_max_minor__gte=F("budget_min_minor")),
                name="need_budget_in_order",
            ),
        ]

    def get_url_parts(self, request=None):
        """The address says nothing of who posted it: /needs/un-2026-000123/."""
        parts = super().get_url_parts(request)
        if not parts or parts[1] is None:
            return parts
        return parts[0], parts[1], reverse("need", args=[self.code.lower()])
