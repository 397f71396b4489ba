from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.contract import LicenceContract, _OfContractQuerySet
from contracts.lifecycle.models.forgetting import forgets_looks
from contracts.lifecycle.models.known import ClockTimestamp, known_trigger
from contracts.lifecycle.models.signing import ContractDocument
from contracts.lifecycle.states import BreachState, DeliveryState, ExtensionState, FactState, Side
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now


class Delivery(models.Model):
    """成果交付: what the licensor handed over, and the licensee's acceptance."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="deliveries")
    items = models.TextField(_("what was delivered, one item per line"))
    documents = models.ManyToManyField(ContractDocument, related_name="+")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.STATED)
    stated_on = models.DateField()
    stated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(_("what is missing"), blank=True)

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="STATED"), name="delivery_stated_once"
            )
        ]

    def __str__(self):
        return f"{self.contract_id} {self.stated_on}"


class Extension(models.Model):
    """延长试用: asked by the licensee, answered by the licensor; counts from the trial's original start."""

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="extensions")
    months = models.PositiveSmallIntegerField(_("months"))
    reason = models.TextField(_("reason"))
    state = models.CharField(max_length=10, choices=ExtensionState.choices, default=ExtensionState.ASKED)
    asked_at = models.DateTimeField(default=now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    words = models.TextField(_("answer in words"), blank=True)

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("extension")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"], condition=Q(state="ASKED"), name="extension_asked_once"
            )
        ]

    def __str__(self):
        return f"{self.contract_id} +{self.months}"


class Decision(models.Model):
    """转化决定 of the licensee, or what silence stood for."""

    class Choice(models.TextChoices):
        CONVERT = "CONVERT", _("convert")
        DECLINE = "DECLINE", _("do not convert")

    contract = models.OneToOneField(LicenceContract, models.PROTECT, related_name="decision")
    choice = models.CharField(_("decision"), max_length=8, choices=Choice.choices)
    by_silence = models.BooleanField(_("by silence"), default=False)
    on = models.DateField(_("day"))
    words = models.TextField(_("in words"), blank=True)
    decided_at = models.DateTimeField(default=now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("decision")
        constraints = [
            models.CheckConstraint(
                condition=Q(by_silence=True, decided_by__isnull=True)
                | Q(by_silence=False, decided_by__isnull=False),
                name="decision_by_somebody_or_silence",
            )
        ]
        triggers = append_only_triggers("decision")

    def __str__(self):
        return f"{self.contract_id} {self.choice}"


class ContractFact(models.Model):
    """An event that triggers look at. It counts once it is CONFIRMED: by the side that attests it under the
    terms, by evidence where a third party attests it, or by the other side."""

    class Kind(models.TextChoices):
        FIRST_INCOME = "FIRST_INCOME", _("first income")
        MILESTONE = "MILESTONE", _("milestone reached")
        WRITTEN_NOTICE = "WRITTEN_NOTICE", _("written notice")
        OTHER = "OTHER", _("other event of the terms")

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="facts")
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices)
    name = models.CharField(_("event"), max_length=120)  # as the terms name it: first_income, milestone:…
    on = models.DateField(_("day"))
    words = models.TextField(_("in words"), blank=True)
    evidence = models.ForeignKey(ContractDocument, models.PROTECT, null=True, related_name="+")
    side = models.CharField(_("recorded by"), max_length=10, choices=Side.choices)
    state = models.CharField(_("state"), max_length=10, choices=FactState.choices, default=FactState.RECORDED)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaced_by")
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # empty: taken from an accepted report
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    void_reason = models.TextField(_("why it is void"), blank=True)
    known_at = models.DateTimeField(null=True, editable=False)  # since when it counts …
    unknown_at = models.DateTimeField(null=True, editable=False)  # … and does not any more

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="CONFIRMED") | Q(confirmed_at__isnull=False),
                name="fact_confirmed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="VOID", voided_at__isnull=False) & ~Q(void_reason="")
                | ~Q(state="VOID") & Q(voided_at__isnull=True),
                name="fact_void_has_reason",
            ),
        ]
        triggers = [
            known_trigger("fact_known", known_at="NEW.state = 'CONFIRMED'", unknown_at="NEW.state = 'VOID'"),
            forgets_looks(),
        ]

    def __str__(self):
        return f"{self.name} {self.on}"


class Breach(models.Model):
    """违约通知 with the clause, what happened, and the last day to cure it."""

    class Kind(models.TextChoices):
        PAYMENT = "PAYMENT", _("payment")
        REPORT = "REPORT", _("report")
        OTHER = "OTHER", _("other duty")

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="breaches")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=80, blank=True)  # once-only key of a breach that the system notifies
    clause = models.CharField(_("clause"), max_length=120, blank=True)
    words = models.TextField(_("what happened"))
    amount_minor = models.BigIntegerField(_("amount"), null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    against = models.CharField(_("side in breach"), max_length=10, choices=Side.choices)
    state = models.CharField(_("state"), max_length=8, choices=BreachState.choices, default=BreachState.OPEN)
    notified_on = models.DateField(_("notified on"))
    notified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    cure_until = models.DateField(_("to be cured by"))
    cured_on = models.DateField(null=True)
    ended_words = models.TextField(blank=True)

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("breach")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "key"], condition=~Q(key=""), name="breach_once_by_key"
            ),
            models.CheckConstraint(
                condition=Q(cure_until__gte=models.F("notified_on")), name="breach_cure_after_notice"
            ),
        ]
        triggers = [forgets_looks()]

    def __str__(self):
        return f"{self.contract_id} {self.kind} {self.notified_on}"


class WindDown(models.Model):
    """停用退出: certificate of stopped use, what happened to the material, and the licensor's confirmation."""

    contract = models.OneToOneField(LicenceContract, models.PROTECT, related_name="wind_down")
    certificate_due_on = models.DateField(_("certificate by"))
    final_report_due_on = models.DateField(_("final report by"))
    sell_off_until = models.DateField(_("sale of stock until"), null=True, blank=True)
    certificate = models.OneToOneField(ContractDocument, models.PROTECT, null=True, related_name="+")
    material = models.CharField(
        _("material"),
        max_length=10,
        choices=[("RETURNED", _("returned")), ("DESTROYED", _("destroyed")), ("NONE", _("there was none"))],
        blank=True,
    )
    words = models.TextField(_("remarks"), blank=True)
    certified_at = models.DateTimeField(null=True)
    certified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    known_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        verbose_name = _("wind-down")
        triggers = [forgets_looks()]

    def __str__(self):
        return str(self.contract_id)


class ComplianceTask(models.Model):
    """One row for each parallel track (备案, 认定登记, 增值税备查, 奖酬)."""

    class Track(models.TextChoices):
        RECORDAL = "RECORDAL", _("recordal of the licence")
        REGISTRATION = "REGISTRATION", _("technology contract registration")
        VAT = "VAT", _("VAT exemption filing")
        REWARD = "REWARD", _("inventors' reward")
        RECORDAL_CHANGE = "RECORDAL_CHG", _("change of the recordal")
        REGISTRATION_CHANGE = "REGISTR_CHG", _("change of the registration")

    contract = models.ForeignKey(LicenceContract, models.PROTECT, related_name="compliance")
    track = models.CharField(_("track"), max_length=14, choices=Track.choices)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    details = models.JSONField(default=dict)  # category, amounts: what the certificate states
    amendment = models.ForeignKey(
        "contracts.Amendment", models.PROTECT, null=True, related_name="compliance"
    )  # what makes the change necessary
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = _OfContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("compliance track")
        ordering = ["contract", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "track", "amendment"],
                nulls_distinct=False,
                name="compliance_once_a_track",
            ),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True, reference="") | Q(done_on__isnull=False) & ~Q(reference=""),
                name="compliance_done_has_reference",
            ),
        ]
        triggers = [forgets_looks()]

    def __str__(self):
        return f"{self.contract_id} {self.track}"


class Reminder(models.Model):
    """A letter that was sent once for a deadline; the key names deadline and distance."""

    contract = models.ForeignKey(LicenceContract, models.CASCADE, related_name="reminders")
    key = models.CharField(max_length=80)
    sent_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("reminder")
        constraints = [models.UniqueConstraint(fields=["contract", "key"], name="reminder_once")]

    def __str__(self):
        return f"{self.contract_id} {self.key}"
