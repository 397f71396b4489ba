import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models import LicenceContract
from marketplace import terms as language
from marketplace.clock import now
from marketplace.deals.models import Deal


class StoredScenarioQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """Those whose readers the acting organisation is among, while it may still see the deal or contract."""
        if acting is None or acting.organisation is None:
            return self.none()
        mine = self.filter(readers__contains=[acting.organisation.pk])
        return mine.filter(
            Q(offer__deal__in=Deal.objects.visible_to(acting))
            | Q(contract__in=LicenceContract.objects.visible_to(acting))
        )

    def of(self, *, offer=None, contract=None):
        """Those of the same deal, or of a contract."""
        return self.filter(contract=contract) if contract else self.filter(offer__deal=offer.deal_id)


class StoredScenario(models.Model):
    """A simulation of negotiated terms that was kept (存档情景): what an address says of public ones. Annexes are never
    in it. Never edited: playing on and keeping makes another one."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey("deals.Offer", models.PROTECT, null=True, related_name="+")
    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    terms = models.JSONField(_("terms"))
    terms_hash = models.CharField(max_length=64)
    said = models.JSONField(
        default=dict
    )  # what an address would say; "terms" holds whole changed ones as text
    readers = ArrayField(models.BigIntegerField())  # organisations
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)

    objects = StoredScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept scenario")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(offer__isnull=True, contract__isnull=False)
                | Q(offer__isnull=False, contract__isnull=True),
                name="stored_scenario_of_an_offer_or_a_contract",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("simulator_kept", args=[self.key])

    @cached_property
    def agreed_terms(self) -> language.Terms:
        return language.read(self.terms)
