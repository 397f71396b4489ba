from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.contract import LicenceContract, _OfContractQuerySet
from contracts.lifecycle.states import Side
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.organisations.models import Organisation


def document_path(instance, filename):
    return f"contracts/{instance.contract_id}/{filename}"


class ContractDocument(models.Model):
    """A paper of the contract: made or received once, kept with its SHA-256, never rendered again."""

    class Kind(models.TextChoices):
        CONTRACT = "CONTRACT", _("contract text")
        SEALED = "SEALED", _("sealed contract")
        AMENDMENT = "AMENDMENT", _("amendment")
        SEALED_AMENDMENT = "SEALED_AM", _("sealed amendment")
        SCAN = "SCAN", _("scan signed by hand")
        DELIVERY = "DELIVERY", _("delivered material")
        EVIDENCE = "EVIDENCE", _("evidence of a fact")
        CERTIFICATE = "CERTIFICATE", _("stop-use certificate")
        BREACH = "BREACH", _("notice of breach")
        OTHER = "OTHER", _("other paper")

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    file = models.FileField(upload_to=document_path)
    name = models.CharField(_("name"), max_length=150)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, db_index=True)
    text_hash = models.CharField(max_length=64, blank=True)  # of the text that the PDF states on each page
    side = models.CharField(max_length=10, choices=Side.choices, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=now)

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["id"]
        triggers = append_only_triggers("contractdocument")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("contract_document", args=[self.contract.number, self.pk])


class Signature(models.Model):
    """One party's consent to exactly one document: given in the product after signing in again, or by a scan
    signed by hand that the other side confirms."""

    class Method(models.TextChoices):
        CONSENT = "CONSENT", _("consent in the product")
        SCAN = "SCAN", _("signed by hand, scan")

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="signatures")
    document = models.ForeignKey(ContractDocument, models.PROTECT, related_name="signatures")
    document_hash = models.CharField(max_length=64)
    side = models.CharField(max_length=10, choices=Side.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    method = models.CharField(_("method"), max_length=8, choices=Method.choices)
    proof = models.CharField(max_length=40, blank=True)  # how the person proved who they are: password, mfa …
    scan = models.OneToOneField(ContractDocument, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True)  # a consent at once; a scan by the other side
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    void_at = models.DateTimeField(null=True)
    void_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = _("signature")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "side"], condition=Q(void_at__isnull=True), name="signature_once_a_side"
            ),
            models.CheckConstraint(
                condition=Q(method="SCAN", scan__isnull=False) | Q(method="CONSENT", scan__isnull=True),
                name="signature_scan_has_file",
            ),
        ]

    def __str__(self):
        return f"{self.contract_id} {self.side}"
