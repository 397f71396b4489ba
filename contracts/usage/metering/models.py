"""Events as programs send them, and the daily sums that rating reads instead."""

from collections import Counter

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.forgetting import forgets_looks
from contracts.lifecycle.models.known import ClockTimestamp
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now

ZONE = "Asia/Shanghai"


class Metering(models.Model):
    """In which time zone a contract's events fall on a day: decided once, before the first event, and recorded."""

    contract = models.OneToOneField("contracts.LicenceContract", models.PROTECT, related_name="metering")
    time_zone = models.CharField(_("time zone"), max_length=40, default=ZONE)
    decided_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("metering")

    def __str__(self):
        return f"{self.contract_id} {self.time_zone}"


class Meter(models.Model):
    """计量项: one figure that a contract's terms ask for and that events may state; made from the terms. Sales are
    metered by their components: `sales.invoiced_incl_vat`, `sales.vat` …"""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="meters")
    name = models.CharField(_("meter"), max_length=80)
    is_money = models.BooleanField(_("in minor units of the currency"))

    class Meta:
        verbose_name = _("meter")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["contract", "name"], name="meter_name_once")]

    def __str__(self):
        return f"{self.contract_id} {self.name}"


class EventKind(models.IntegerChoices):
    USAGE = 0, _("usage")
    VOID = 1, _("void event")
    REPLACEMENT = 2, _("replacement")
    CLOSING = 3, _("period closed")


class UsageEvent(models.Model):
    """使用事件: what a program or person stated once and for ever. Corrections are events that point at it.

    The key is (contract, source, id), for ever; `content_hash` is over normalised values, so that a repeat is
    known from a contradiction. `day` (20260131) is the day in the contract's time zone: reporting periods may
    change by amendment, days add up to any of them. A closing goes from `day` until `last_day`.

    Without database checks of foreign keys, which would cost as much as the row itself: contracts and meters are
    never deleted, and a counted event's rollup row has its meter checked.
    """

    pk = models.CompositePrimaryKey("contract_id", "source", "event_id")
    contract = models.ForeignKey(
        "contracts.LicenceContract", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    source = models.CharField(_("source"), max_length=200, db_collation="C")
    event_id = models.CharField(_("id"), max_length=100, db_collation="C")
    kind = models.PositiveSmallIntegerField(_("kind"), choices=EventKind.choices)
    meter = models.ForeignKey(
        Meter, models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    product = models.CharField(_("product"), max_length=120, blank=True, db_collation="C")
    day = models.IntegerField(_("day"), null=True)
    last_day = models.IntegerField(null=True)
    quantity = models.DecimalField(_("quantity"), max_digits=24, decimal_places=6, null=True)
    happened_at = models.DateTimeField(_("time"), null=True)
    target_source = models.CharField(max_length=200, null=True, db_collation="C")
    target_id = models.CharField(max_length=100, null=True, db_collation="C")
    content_hash = models.BinaryField(max_length=32)
    received_at = models.DateTimeField(_("received"))
    known_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    key_id = models.BigIntegerField(null=True)  # of the API key, or
    user_id = models.BigIntegerField(null=True)  # of the person

    class Meta:
        verbose_name = _("usage event")
        triggers = append_only_triggers("usageevent")
        indexes = [
            models.Index(
                fields=["contract", "target_source", "target_id"],
                condition=Q(target_id__isnull=False),
                name="usage_event_target",
            ),
            models.Index(fields=["contract"], condition=Q(kind=3), name="usage_event_closing"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "target_source", "target_id"],
                condition=Q(kind=2),
                name="usage_event_replaced_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[0, 2], meter__isnull=False, day__isnull=False, quantity__isnull=False,
                    happened_at__isnull=False,
                )
                | Q(kind=1, quantity__isnull=True)
                | Q(kind=3, meter__isnull=False, day__isnull=False, last_day__gte=models.F("day")),
                name="usage_event_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[0, 3], target_id__isnull=True)
                | Q(kind__in=[1, 2], target_id__isnull=False, target_source__isnull=False),
                name="usage_event_points_at_one",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.contract_id} {self.source} {self.event_id}"


class DailyUsage(models.Model):
    """What the events that count add up to, per meter, product and day; kept by the statement that writes them."""

    pk = models.CompositePrimaryKey("meter_id", "product", "day")
    meter = models.ForeignKey(Meter, models.PROTECT, db_index=False, related_name="days")
    product = models.CharField(_("product"), max_length=120, blank=True, db_collation="C")
    day = models.IntegerField(_("day"))
    quantity = models.DecimalField(_("quantity"), max_digits=30, decimal_places=6)
    events = models.BigIntegerField(_("events"))

    class Meta:
        verbose_name = _("usage of a day")

    def __str__(self):
        return f"{self.meter_id} {self.product} {self.day}: {self.quantity}"


class DeemedClosing(models.Model):
    """推定用量: what counts, as the terms agreed, while nobody has closed a period of a metered figure; the closing
    corrects it. `rows`: {figure, product, quantity or components} of the whole period."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="deemed_closings")
    figure = models.CharField(_("figure"), max_length=80)
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period until"))
    rows = models.JSONField()
    basis_end = models.DateField()  # of the last earlier period that was closed
    made_at = models.DateTimeField(_("since"), default=now)
    known_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)

    class Meta:
        verbose_name = _("deemed usage")
        triggers = [*append_only_triggers("deemedclosing"), forgets_looks()]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "figure", "period_start", "period_end"], name="deemed_closing_once"
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=models.F("period_start")), name="deemed_closing_in_order"
            ),
        ]

    def __str__(self):
        return f"{self.contract_id} {self.figure} {self.period_start} – {self.period_end}"


class RefusedEvent(models.Model):
    """An event after the end of the licence: refused, and shown to the licensor. It uses up no key."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="refused_events")
    source = models.CharField(_("source"), max_length=200, db_collation="C")
    event_id = models.CharField(_("id"), max_length=100, db_collation="C")
    meter = models.CharField(_("meter"), max_length=80)
    product = models.CharField(_("product"), max_length=120, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=24, decimal_places=6)
    happened_at = models.DateTimeField(_("time"))
    first_at = models.DateTimeField(_("first sent"), default=now)
    times = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("refused event")
        ordering = ["-first_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "source", "event_id"], name="refused_event_once")
        ]

    def __str__(self):
        return f"{self.contract_id} {self.source} {self.event_id}"


class EventFileQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """The licensee's people who report."""
        if acting.organisation is None or not acting.can("report.read"):
            return self.none()
        return self.filter(contract__licensee=acting.organisation)


class EventFile(models.Model):
    """A spreadsheet of events: what each line said and what became of it, or would."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="event_files")
    name = models.CharField(_("file"), max_length=120)
    sha256 = models.CharField(max_length=64)
    events = models.JSONField()
    results = models.JSONField()
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField(_("read"))
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(_("taken over"), null=True)

    objects = EventFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of events")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_at__isnull=True, taken_by__isnull=True)
                | Q(taken_at__isnull=False, taken_by__isnull=False),
                name="event_file_taken_by_somebody",
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("usage_file", args=[self.contract.number, self.pk])

    def counts(self) -> dict[str, int]:
        return dict(Counter(result[0] for result in self.results))


class Recount(models.Model):
    """One recount of the rollups from the events, and what it found: nothing, if all is well."""

    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    events = models.BigIntegerField(_("events"), null=True)
    rows = models.BigIntegerField(_("daily sums"), null=True)
    differences = models.JSONField(_("differences"), default=list)  # the first of them
    difference_count = models.PositiveIntegerField(_("number of differences"), null=True)

    class Meta:
        verbose_name = _("recount")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.started_at}: {self.difference_count}"

    @property
    def is_well(self) -> bool:
        return self.difference_count == 0
