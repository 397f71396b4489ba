import hashlib
import json

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from marketplace import terms as language
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.deals.models.deal import Deal
from marketplace.deals.states import Side


def sealed(content: object) -> str:
    """SHA-256 of plain JSON in one form: keys sorted, no spaces, UTF-8."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class _OfDealQuerySet(models.QuerySet):
    def visible_to(self, acting):
        return self.filter(deal__in=Deal.objects.visible_to(acting))


class Offer(models.Model):
    """One version of the terms (报价), never edited: a change is a new version with the next number."""

    deal = models.ForeignKey(Deal, models.PROTECT, related_name="offers")
    number = models.PositiveSmallIntegerField(_("version"))
    made_for = models.CharField(_("made for"), max_length=10, choices=Side.choices)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    terms = models.JSONField(_("terms"))
    terms_hash = models.CharField(_("hash of the terms"), max_length=64)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(default=now)

    objects = _OfDealQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        ordering = ["deal", "number"]
        constraints = [
            models.UniqueConstraint(fields=["deal", "number"], name="offer_number_once"),
            models.CheckConstraint(
                condition=models.Q(made_for__in=["LICENSOR", "LICENSEE"]), name="offer_made_for_a_party"
            ),
        ]
        triggers = append_only_triggers("offer")

    def __str__(self):
        return f"{self.deal} v{self.number}"

    @cached_property
    def agreed_terms(self) -> language.Terms:
        return language.read(self.terms)

    @property
    def is_withdrawn(self) -> bool:
        return hasattr(self, "withdrawal")


class OfferWithdrawal(models.Model):
    """The maker's side took an offer back before the other side accepted it."""

    offer = models.OneToOneField(Offer, models.PROTECT, related_name="withdrawal")
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(default=now)

    class Meta:
        triggers = append_only_triggers("offerwithdrawal")

    def __str__(self):
        return f"{self.offer_id} −"


class Acceptance(models.Model):
    """One side accepts one version; the second acceptance makes the term sheet."""

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="acceptances")
    side = models.CharField(max_length=10, choices=Side.choices)
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("acceptance")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "side"], name="acceptance_once_a_side"),
            models.CheckConstraint(
                condition=models.Q(side__in=["LICENSOR", "LICENSEE"]), name="acceptance_of_a_party"
            ),
        ]
        triggers = append_only_triggers("acceptance")

    def __str__(self):
        return f"{self.offer_id} {self.side}"


class TermSheet(models.Model):
    """What both sides agreed (意向条款书): the terms of one offer, with a copy of what they are about."""

    deal = models.OneToOneField(Deal, models.PROTECT, related_name="term_sheet")
    offer = models.OneToOneField(Offer, models.PROTECT, related_name="term_sheet")
    terms = models.JSONField(_("terms"))
    terms_hash = models.CharField(_("hash of the terms"), max_length=64)
    snapshot = models.JSONField(_("listing and parties"))
    hash = models.CharField(_("hash of the term sheet"), max_length=64)
    agreed_at = models.DateTimeField(_("agreed"), default=now)

    objects = _OfDealQuerySet.as_manager()

    class Meta:
        verbose_name = _("term sheet")
        ordering = ["-id"]
        triggers = append_only_triggers("termsheet")

    def __str__(self):
        return f"{self.deal}"

    def get_absolute_url(self):
        return reverse("term_sheet", args=[self.deal.number])

    @cached_property
    def agreed_terms(self) -> language.Terms:
        return language.read(self.terms)

    @staticmethod
    def hash_of(*, number: str, terms_hash: str, snapshot: dict) -> str:
        """The seal over everything that a term sheet states."""
        return sealed({"deal": number, "terms": terms_hash, "snapshot": snapshot})

    def is_intact(self) -> bool:
        """Whether terms and snapshot still are what was sealed on the day of the agreement."""
        return self.terms_hash == language.hash_of(self.agreed_terms) and self.hash == self.hash_of(
            number=self.deal.number, terms_hash=self.terms_hash, snapshot=self.snapshot
        )
