from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.contract import ContractTerms, LicenceContract, _OfContractQuerySet
from contracts.lifecycle.models.signing import ContractDocument
from contracts.lifecycle.states import AMENDMENT_OPEN, AmendmentState, Side
from marketplace import terms as language
from marketplace.clock import now


class Amendment(models.Model):
    """补充协议: other terms for a running contract from a day on. One side proposes, the other agrees; where price,
    parties or exclusivity change and the price was negotiated a public notice follows; then everybody signs. The last
    signature makes a new `ContractTerms`: periods are rated by the version then in force."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="amendments")
    number = models.PositiveSmallIntegerField(_("number"))
    terms = models.JSONField(_("terms"))
    terms_hash = models.CharField(_("hash of the terms"), max_length=64)
    base_hash = models.CharField(max_length=64)  # of the terms that it changes
    effective_on = models.DateField(_("effective from"))  # never before the last signature
    reason = models.TextField(_("reason of the change"))
    touches = ArrayField(
        models.CharField(max_length=20), default=list
    )  # price, exclusivity …: see notice_text.touched
    needs_notice = models.BooleanField(_("needs a public notice"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=AmendmentState.choices, default=AmendmentState.PROPOSED
    )
    act_by = models.DateField(_("to be done by"), null=True)
    proposed_side = models.CharField(_("proposed by"), max_length=10, choices=Side.choices)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=now)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    document = models.OneToOneField(
        ContractDocument, models.PROTECT, null=True, related_name="amendment", verbose_name=_("text to sign")
    )
    version = models.OneToOneField(ContractTerms, models.PROTECT, null=True, related_name="amendment")
    closed_at = models.DateTimeField(null=True)
    closed_words = models.TextField(_("why it ended"), blank=True)

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="amendment_number_once"),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state__in=AMENDMENT_OPEN), name="amendment_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="EFFECTIVE", version__isnull=False, document__isnull=False)
                | ~Q(state="EFFECTIVE") & Q(version__isnull=True),
                name="amendment_in_effect_has_version",
            ),
        ]

    def __str__(self):
        return f"{self.contract_id}/{self.number}"

    def get_absolute_url(self):
        return reverse("amendment", args=[self.contract.number, self.number])

    @cached_property
    def new_terms(self) -> language.Terms:
        return language.read(self.terms)

    @property
    def is_open(self) -> bool:
        return self.state in AMENDMENT_OPEN

    def withdrawing_asks(self, side: Side) -> str:
        """The right that a side's people need to withdraw it: a proposal is taken back by whoever may propose; what is
        agreed already, or comes from the other side, only by those who bind their side."""
        is_own = self.state == AmendmentState.PROPOSED and side == self.proposed_side
        return "offer.make" if is_own else "offer.accept"

    @property
    def other_side(self) -> Side:
        return Side.LICENSEE if self.proposed_side == Side.LICENSOR else Side.LICENSOR
