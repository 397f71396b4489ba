import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.clock import now
from marketplace.deals.models.deal import Deal
from marketplace.deals.states import Purpose, Side


class RoomMessage(models.Model):
    """A message in the room of a deal. `token` comes with the form: sent twice, it stands once."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.NOTE)
    text = models.TextField(_("message"))
    token = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("message")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["deal", "token"], name="room_message_once")]

    def __str__(self):
        return f"{self.deal_id}/{self.pk}"


def _path(instance: "RoomFile", name: str) -> str:
    suffix = name.rpartition(".")[2].lower()
    return f"deals/{instance.deal_id}/{uuid.uuid4()}.{suffix}"


class RoomFile(models.Model):
    """A file laid in the room; only those who take part in the deal can take it out."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="files")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side.choices)
    file = models.FileField(upload_to=_path, max_length=200)
    name = models.CharField(_("file name"), max_length=150)
    size = models.PositiveBigIntegerField(_("size"))
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    token = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("file")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["deal", "token"], name="room_file_once")]

    def __str__(self):
        return self.name


class RoomSeen(models.Model):
    """Up to which message a person has read the room."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="seen")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    organisation = models.ForeignKey("organisations.Organisation", models.CASCADE, related_name="+")
    message_id = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "user", "organisation"], name="room_seen_once")
        ]

    def __str__(self):
        return f"{self.deal_id}: {self.user_id} ≤ {self.message_id}"


class NdaConfirmation(models.Model):
    """One organisation has confirmed the confidentiality rules of the room (保密确认)."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="nda_confirmations")
    organisation = models.ForeignKey("organisations.Organisation", models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side.choices)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(default=now)
    text_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("confirmation of confidentiality")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["deal", "organisation"], name="nda_confirmed_once")]

    def __str__(self):
        return f"{self.deal_id}: {self.organisation_id}"
