from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.contract import LicenceContract
from contracts.lifecycle.states import NoticeState, ObjectionState
from marketplace.bilingual import stated
from marketplace.clock import now
from marketplace.encrypted import EncryptedTextField


class PublicNoticeQuerySet(models.QuerySet):
    def running(self):
        return self.filter(state=NoticeState.RUNNING)

    def holding(self, words: str):
        """Notices with these words in their number, title, listing's number or a party's name, in either language."""
        texts = ("title_zh", "title_en", "code")
        names = (
            f"{party}__name_{language}" for party in ("licensor", "licensee") for language in ("zh", "en")
        )
        found = Q(number__icontains=words)
        for key in (*texts, *names):
            found |= Q(**{f"content__{key}__icontains": words})
        return self.filter(found)


class PublicNotice(models.Model):
    """公示: a frozen text for anybody to read. The day of publication is not counted; the notice ends at the end
    of its last day. `content` is what the hash seals."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="notices")
    amendment = models.ForeignKey(
        "contracts.Amendment", models.PROTECT, null=True, related_name="notices"
    )  # empty: of the contract itself
    number = models.CharField(_("number"), max_length=24, unique=True)
    content = models.JSONField()
    hash = models.CharField(_("hash of the text"), max_length=64)
    days = models.PositiveSmallIntegerField(_("days"))
    days_source = models.CharField(max_length=300, blank=True)
    published_on = models.DateField(_("published on"))
    ends_on = models.DateField(_("until the end of"))
    state = models.CharField(
        _("state"), max_length=10, choices=NoticeState.choices, default=NoticeState.RUNNING
    )
    ended_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = PublicNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("public notice")
        verbose_name_plural = _("public notices")
        ordering = ["-published_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="RUNNING"), name="notice_running_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=models.F("published_on")), name="notice_dates_in_order"
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("notice", args=[self.number])

    def words(self, key: str) -> str:
        """One of the text's pairs in the reader's language, else in the other one."""
        return stated(self.content, key)

    @property
    def title(self) -> str:
        return self.words("title")

    def party(self, key: str) -> str:
        """The name of "licensor" or "licensee" in the reader's language, else in the other one."""
        return stated(self.content.get(key) or {}, "name")

    @property
    def licensor(self) -> str:
        return self.party("licensor")

    @property
    def licensee(self) -> str:
        return self.party("licensee")

    @property
    def price(self) -> str:
        return self.words("price")


class Objection(models.Model):
    """异议 of anybody; name and contact are encrypted and read by the licensor alone. The objector follows it by
    a secret link, stored only as its hash."""

    notice = models.ForeignKey(PublicNotice, models.PROTECT, related_name="objections")
    name = EncryptedTextField(_("name"))
    contact = EncryptedTextField(_("e-mail or telephone"))
    text = models.TextField(_("objection"))
    token_hash = models.CharField(max_length=64, unique=True)
    lodged_at = models.DateTimeField(default=now)
    state = models.CharField(
        _("state"), max_length=10, choices=ObjectionState.choices, default=ObjectionState.OPEN
    )
    decide_by = models.DateField(_("decision by"))
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("objection")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at__isnull=True)
                | ~Q(state="OPEN") & Q(decided_at__isnull=False) & ~Q(reason=""),
                name="objection_decision_has_reason",
            )
        ]

    def __str__(self):
        return f"{self.notice_id}/{self.pk}"


class CalendarDay(models.Model):
    """A day on which the general rule (Monday to Friday are working days) does not hold, with its source."""

    day = models.DateField(_("day"), primary_key=True)
    is_working = models.BooleanField(_("working day"))
    name = models.CharField(_("name"), max_length=60)
    source = models.CharField(_("source"), max_length=300)

    class Meta:
        verbose_name = _("calendar day")
        ordering = ["day"]

    def __str__(self):
        return f"{self.day} {self.name}"
