from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.clock import now
from marketplace.organisations.models import Organisation


class ImportState(models.TextChoices):
    WAITING = "WAITING", _("waiting")
    RUNNING = "RUNNING", _("running")
    DONE = "DONE", _("done")
    FAILED = "FAILED", _("failed")


class ImportRunQuerySet(models.QuerySet):
    def visible_to(self, acting):
        return self.filter(organisation=acting.organisation) if acting.organisation else self.none()


class ImportRun(models.Model):
    """One spreadsheet or jsonl file of listings, tried or taken over; its report stays."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/")
    filename = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(max_length=64)
    dry_run = models.BooleanField(_("trial run"), default=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.WAITING
    )
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    report = models.JSONField(default=list)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of listings")
        ordering = ["-id"]

    def __str__(self):
        return self.filename
