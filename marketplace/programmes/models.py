from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from marketplace.clock import now, today


class Key(models.TextChoices):
    """What a programme may rule. The value's JSON shape stands behind each key."""

    LICENSOR_KINDS = "LICENSOR_KINDS", _("who may license")  # list of organisation kinds
    LICENSEE_SIZES = "LICENSEE_SIZES", _("size of the licensee")  # list of size classes
    LICENSEE_REGIONS = "LICENSEE_REGIONS", _("region of the licensee")  # list of GB/T 2260 prefixes
    MIN_TRL = "MIN_TRL", _("lowest technology readiness level")  # int
    MIN_MATURITY = "MIN_MATURITY", _("lowest maturity stage")  # BENCH | PILOT | COMMERCIAL
    IP_KINDS = "IP_KINDS", _("eligible rights")  # list of IP kinds
    TEAM_CONSENT = "TEAM_CONSENT", _("consent of the team needed")  # bool
    TRIAL_MONTHS = "TRIAL_MONTHS", _("free period in months")  # int
    TRIGGER = "TRIGGER", _("payment trigger")  # {"mode": "ANY"|"ALL", "conditions": [see words.py]}
    PAYMENT_FORMS = "PAYMENT_FORMS", _("payment forms")  # list of form codes
    TERMS_BEFORE_TRIAL = "TERMS_BEFORE_TRIAL", _("terms agreed before the trial")  # bool
    RISK_COVER = "RISK_COVER", _("risk cover")  # list of codes
    NOTICE_DAYS = "NOTICE_DAYS", _("days of public notice")  # int
    TEAM_SHARE_FLOOR = "TEAM_SHARE_FLOOR", _("lowest share of the team")  # decimal text
    INCENTIVE = "INCENTIVE", _("incentive")  # {"zh": text, "en": text}


class Grade(models.TextChoices):
    A = "A", _("A: official or primary source")
    B = "B", _("B: press, institution or journal")
    C = "C", _("C: mirror or repost, to be verified")


class PilotProgramme(models.Model):
    """A pilot of use-first-pay-later (先使用后付费试点). What it rules is dated data (ProgrammeRule), not code."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=160)
    region = models.CharField(_("region"), max_length=6, blank=True)
    instrument_zh = models.CharField(_("instrument (Chinese)"), max_length=200, blank=True)
    instrument_en = models.CharField(_("instrument (English)"), max_length=200, blank=True)
    starts_on = models.DateField(_("in force from"), null=True, blank=True)
    ends_on = models.DateField(_("in force until"), null=True, blank=True)
    is_open = models.BooleanField(_("open for new listings and contracts"), default=True)

    class Meta:
        verbose_name = _("pilot programme")
        verbose_name_plural = _("pilot programmes")
        ordering = ["code"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("programme", args=[self.code])

    @property
    def name(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh

    @property
    def instrument(self) -> str:
        return self.instrument_en if (get_language() or "").startswith("en") else self.instrument_zh

    def rule(self, key: str, on=None) -> "ProgrammeRule | None":
        """The rule in force for `key` on a day (default: today), or None when nothing was ever recorded.
        A rule whose value is None says: known to be unpublished."""
        on = on or today()
        return (
            self.rules.filter(key=key, valid_from__lte=on)
            .filter(models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on))
            .order_by("-valid_from", "-id")
            .first()
        )

    def rules_on(self, on=None) -> dict[str, "ProgrammeRule"]:
        """All rules in force on a day, by key, in one query."""
        on = on or today()
        rows = (
            self.rules.filter(valid_from__lte=on)
            .filter(models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on))
            .order_by("valid_from", "id")
        )
        return {row.key: row for row in rows}


class ProgrammeRule(models.Model):
    """One rule of a programme from a day on, with its source. `value` null: not published, and not invented.
    `is_proposal`: our own default, shown as such."""

    programme = models.ForeignKey(PilotProgramme, models.CASCADE, related_name="rules")
    key = models.CharField(_("rule"), max_length=30, choices=Key.choices)
    value = models.JSONField(_("value"), null=True, blank=True)
    text_zh = models.TextField(_("wording in Chinese"), blank=True)
    text_en = models.TextField(_("wording in English"), blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)
    grade = models.CharField(_("grade of the source"), max_length=1, choices=Grade.choices, blank=True)
    is_proposal = models.BooleanField(_("our proposal, not a rule of the programme"), default=False)
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("programme rule")
        ordering = ["programme", "key", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "key", "valid_from"], name="programme_rule_once_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=models.F("valid_from")),
                name="programme_rule_dates_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(value__isnull=True) | models.Q(is_proposal=True) | ~models.Q(source=""),
                name="programme_rule_has_source",
            ),
        ]

    def __str__(self):
        return f"{self.programme_id} {self.key} {self.valid_from}"

    @property
    def text(self) -> str:
        return self.text_en if (get_language() or "").startswith("en") else self.text_zh
