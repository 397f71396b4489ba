from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class NotificationQuerySet(models.QuerySet):
    def of(self, user):
        return self.filter(user=user)

    def unread(self):
        return self.filter(read_at__isnull=True)

    def to_mail(self):
        return self.filter(mail_wanted=True, mailed_at__isnull=True)


class Notification(models.Model):
    """One fact told to one person, in both languages, in the app and (if wanted) by e-mail."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    template = models.CharField(max_length=80)
    subject_zh = models.CharField(max_length=200)
    subject_en = models.CharField(max_length=200)
    body_zh = models.TextField(blank=True)
    body_en = models.TextField(blank=True)
    path = models.CharField(max_length=300, blank=True)  # without the language prefix
    stop_path = models.CharField(
        max_length=300, blank=True
    )  # where its reader ends such letters, signed out too
    # In whose name it was told; a number, because organisations are built upon notifications.
    organisation_id = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_wanted = models.BooleanField(default=True)
    mailed_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_of_user"),
            models.Index(
                fields=["id"],
                name="notification_to_mail",
                condition=models.Q(mail_wanted=True, mailed_at__isnull=True),
            ),
        ]

    def __str__(self):
        return self.subject

    @property
    def subject(self) -> str:
        return self.subject_en if (get_language() or "").startswith("en") else self.subject_zh

    @property
    def body(self) -> str:
        return self.body_en if (get_language() or "").startswith("en") else self.body_zh

    @property
    def url(self) -> str:
        return f"/{get_language() or settings.LANGUAGE_CODE}{self.path}" if self.path else ""

    @property
    def stop_url(self) -> str:
        """Where its reader ends letters of this sort, for letters; "" where there is no such place."""
        language = get_language() or settings.LANGUAGE_CODE
        return f"{settings.SITE_URL}/{language}{self.stop_path}" if self.stop_path else ""

    @property
    def door(self) -> str:
        """Where a letter leads: past the question for whom the reader acts, if it was told to one of a house."""
        return (
            reverse("notification_open", args=[self.pk]) if self.path and self.organisation_id else self.url
        )


class MailPreference(models.Model):
    """Whether a person wants letters at once, in a daily digest, or not at all (the app always shows them)."""

    class Mode(models.TextChoices):
        AT_ONCE = "AT_ONCE", _("at once")
        DIGEST = "DIGEST", _("once a day")
        NEVER = "NEVER", _("not by e-mail")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preference")
    mode = models.CharField(_("e-mail"), max_length=10, choices=Mode.choices, default=Mode.AT_ONCE)

    def __str__(self):
        return self.get_mode_display()
