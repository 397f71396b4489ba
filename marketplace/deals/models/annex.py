from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.deals.models.deal import Deal
from marketplace.deals.models.offer import TermSheet, sealed
from marketplace.deals.states import CommissionState, Side


class CommissionTermQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Only the agency and the side that pays may know; the other side gets nothing, not even a count."""
        if acting is None or not acting.can("deal.read"):
            return self.none()
        organisation = acting.organisation
        return self.filter(Q(agency=organisation) | Q(payer=organisation))

    def agreed(self):
        return self.filter(state=CommissionState.AGREED)


class CommissionTerm(models.Model):
    """What an agency gets of the cash received, and from whom (佣金约定). Read by agency and payer alone."""

    deal = models.ForeignKey(Deal, models.PROTECT, related_name="commission_terms")
    agency = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="+", verbose_name=_("agency")
    )
    payer_side = models.CharField(_("payer"), max_length=10, choices=Side.choices)
    payer = models.ForeignKey(
        "organisations.Organisation", models.PROTECT, related_name="+", verbose_name=_("payer")
    )
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=6)  # 0.05, not 5
    cap_minor = models.BigIntegerField(_("cap"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    split = models.JSONField(_("split"), default=list)  # [{"name": …, "weight": whole number}], in this order
    note = models.TextField(_("note"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=CommissionState.choices, default=CommissionState.PROPOSED
    )
    hash = models.CharField(max_length=64)
    proposed_side = models.CharField(_("proposed by"), max_length=10, choices=Side.choices)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=now)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = CommissionTermQuerySet.as_manager()

    class Meta:
        verbose_name = _("commission term")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(rate__gt=0, rate__lte=1), name="commission_rate_is_a_share"),
            models.CheckConstraint(
                condition=Q(cap_minor__isnull=True) | Q(cap_minor__gt=0), name="commission_cap_positive"
            ),
            models.CheckConstraint(
                condition=Q(payer_side__in=["LICENSOR", "LICENSEE"]) & ~Q(payer=F("agency")),
                name="commission_payer_is_a_party",
            ),
            models.UniqueConstraint(
                fields=["deal", "payer_side"],
                condition=Q(state="PROPOSED"),
                name="commission_proposed_once",
            ),
            models.UniqueConstraint(
                fields=["deal", "payer_side"], condition=Q(state="AGREED"), name="commission_agreed_once"
            ),
        ]

    def __str__(self):
        return f"{self.deal_id}: {self.rate}"

    def content(self) -> dict:
        """What the hash seals and a contract's annex copies."""
        return {
            "agency": self.agency_id,
            "payer": self.payer_id,
            "payer_side": str(self.payer_side),
            "rate": f"{self.rate.normalize():f}",
            "cap_minor": self.cap_minor,
            "currency": self.currency,
            "split": self.split,
        }

    def seal(self) -> str:
        return sealed(self.content())


class ContributorAnnexQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """The licensor's own people, and among them only those who may read annexes."""
        if acting is None or not acting.can("annex.read"):
            return self.none()
        return self.filter(term_sheet__deal__licensor=acting.organisation)


class ContributorAnnex(models.Model):
    """Shares of the contributors (成果完成人份额), copied from the listing on the day of the agreement."""

    term_sheet = models.OneToOneField(TermSheet, models.PROTECT, related_name="contributor_annex")
    content = (
        models.JSONField()
    )  # [{"name", "unit", "user_id", "share": decimal text or null, "name_en"?, "unit_en"?}]
    hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)

    objects = ContributorAnnexQuerySet.as_manager()

    class Meta:
        verbose_name = _("annex of contributors")
        triggers = append_only_triggers("contributorannex")

    def __str__(self):
        return f"{self.term_sheet_id}"
