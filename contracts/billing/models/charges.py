"""What the terms cost: rating runs, and the charges that they make and correct."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.models.known import ClockTimestamp
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.money import Money


def of_party(prefix, acting, permission) -> Q | None:
    if acting.organisation is None or not acting.can(permission):
        return None
    mine = acting.organisation
    return Q(**{f"{prefix}licensor": mine}) | Q(**{f"{prefix}licensee": mine})


class RatingRun(models.Model):
    """计费运行: one rating of a contract, with both its bounds: the last day that it looked at (`until`), and the
    moment up to which things were known (`known_at`, the database's clock). Reports, facts, dates and versions
    say since when they are known, so that the run can be computed again at any time: `runs.recompute`."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="rating_runs")
    until = models.DateField(_("until"))
    known_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    inputs_hash = models.CharField(max_length=64)
    terms_hash = models.CharField(max_length=64, blank=True)  # of the versions with their days
    result_hash = models.CharField(max_length=64, blank=True)  # of every charge that the rating named
    total_minor = models.BigIntegerField(_("total since the start"), null=True)
    waiting = models.JSONField(default=list)
    paid_up_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("rating run")
        ordering = ["-id"]
        triggers = append_only_triggers("ratingrun")

    def __str__(self):
        return f"{self.contract_id} {self.until}"


class ChargeState(models.TextChoices):
    HELD = "HELD", _("waiting for a person")
    REFUSED = "REFUSED", _("refused, waits for a correction")
    ACCRUED = "ACCRUED", _("accrued")
    DISPUTED = "DISPUTED", _("disputed")
    APPROVED = "APPROVED", _("approved")
    CARRIED = "CARRIED", _("carried to the next invoice")
    INVOICED = "INVOICED", _("invoiced")
    WAIVED = "WAIVED", _("waived")


_C = ChargeState
CHARGE_NEXT = {
    _C.HELD: {_C.ACCRUED, _C.REFUSED, _C.WAIVED},
    _C.REFUSED: {_C.HELD, _C.ACCRUED, _C.WAIVED},
    _C.ACCRUED: {_C.APPROVED, _C.DISPUTED, _C.WAIVED, _C.HELD, _C.REFUSED},
    _C.DISPUTED: {_C.ACCRUED, _C.WAIVED},
    _C.APPROVED: {_C.INVOICED, _C.CARRIED, _C.DISPUTED, _C.WAIVED},
    _C.CARRIED: {_C.INVOICED, _C.DISPUTED, _C.WAIVED},
}
SETTLED = (ChargeState.INVOICED, ChargeState.WAIVED)  # nothing more comes of it
WATCHED = (ChargeState.HELD, ChargeState.REFUSED)
BILLABLE = (ChargeState.APPROVED, ChargeState.CARRIED)
STATED = (
    "contract", "run", "kind", "element_id", "part", "period_start", "period_end", "sequence", "dated_on",
    "amount_minor", "currency", "exact", "version_number", "terms_hash", "due", "working", "before_minor",
    "now_minor", "of_invoice",
)  # fmt: skip


class ChargeQuerySet(models.QuerySet):
    def visible_to(self, acting):
        mine = of_party("contract__", acting, "charge.read")
        return self.none() if mine is None else self.filter(mine)


class Charge(models.Model):
    """应收: what one element costs for one period or event, with its working. Never edited: a correction is an
    adjustment row of its own (sequence 1, 2 …) with both computations."""

    class Kind(models.TextChoices):
        CHARGE = "CHARGE", _("charge")
        ADJUSTMENT = "ADJUSTMENT", _("adjustment")
        INTEREST = "INTEREST", _("late-payment interest")
        AUDIT = "AUDIT", _("cost of an audit")

    RATED = (Kind.CHARGE, Kind.ADJUSTMENT)  # what rating makes and corrects; the others arise beside it

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="charges")
    run = models.ForeignKey(RatingRun, models.PROTECT, null=True, related_name="charges")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    element_id = models.CharField(_("element"), max_length=60)
    part = models.PositiveSmallIntegerField(default=0)
    period_start = models.DateField(_("from"))
    period_end = models.DateField(_("until"))
    sequence = models.PositiveSmallIntegerField(default=0)
    dated_on = models.DateField(_("date"))
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    exact = models.CharField(max_length=120)
    version_number = models.PositiveSmallIntegerField()
    terms_hash = models.CharField(max_length=64)
    due = models.JSONField()  # the due rule as the terms write it
    working = models.JSONField(null=True)
    before_minor = models.BigIntegerField(null=True)
    now_minor = models.BigIntegerField(null=True)
    of_invoice = models.ForeignKey(
        "contracts.Invoice", models.PROTECT, null=True, related_name="interest_charges"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ChargeState.choices, default=ChargeState.ACCRUED
    )
    held_reason = models.CharField(max_length=200, blank=True)  # a code and its figures: suspicion.words
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    objects = ChargeQuerySet.as_manager()

    class Meta:
        verbose_name = _("charge")
        ordering = ["dated_on", "id"]
        indexes = [
            models.Index(
                fields=["contract"], condition=Q(state__in=["APPROVED", "CARRIED"]), name="charge_billable"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "element_id", "part", "period_start", "period_end", "sequence"],
                name="charge_once",
            ),
            models.CheckConstraint(
                condition=~Q(kind="ADJUSTMENT") | Q(before_minor__isnull=False, now_minor__isnull=False),
                name="adjustment_says_both_sides",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="charge_keep_figures", fields=STATED),
            pgtrigger.Protect(name="charge_keep", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return f"{self.element_id} {self.period_start}–{self.period_end}"

    def get_absolute_url(self):
        return reverse("charge", args=[self.pk])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
