import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.billing.reasons import in_the_readers_language
from contracts.billing.unprinted import to_print
from contracts.lifecycle.models.forgetting import OF_INVOICE, forgets_looks
from contracts.lifecycle.models.known import ClockTimestamp
from contracts.lifecycle.models.looks import OF_MONEY
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.money import Money
from marketplace.organisations.models import Organisation


def _of_party(prefix, acting, permission) -> Q | None:
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
        mine = _of_party("contract__", acting, "charge.read")
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


class IssuerVat(models.Model):
    """The VAT rate of an issuer from a day on: the rate belongs to the issuer, not to the market."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="vat_rates")
    rate = models.DecimalField(_("VAT rate"), max_digits=5, decimal_places=4)
    valid_from = models.DateField(_("valid from"))
    source = models.CharField(_("source"), max_length=200)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("VAT rate of an issuer")
        ordering = ["organisation", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "valid_from"], name="issuer_vat_once"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=1), name="issuer_vat_is_a_rate"),
        ]

    def __str__(self):
        return f"{self.organisation_id} {self.rate} {self.valid_from}"


class BillingPolicy(models.Model):
    """How an issuer bills: whether accrued charges are approved without a person, and how many days a draft waits
    before it gets its number."""

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="billing_policy")
    approve_automatically = models.BooleanField(_("approve charges automatically"), default=False)
    carry_below_minor = models.PositiveBigIntegerField(_("carry corrections below"), default=0)  # fen
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0)

    def __str__(self):
        return str(self.organisation_id)


class NumberSeries(models.Model):
    """The last number given by an issuer in a series and year; its lock makes numbers gapless."""

    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    series = models.CharField(max_length=4)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "series", "year"], name="number_series_once")
        ]

    def __str__(self):
        return f"{self.series}-{self.year}: {self.last}"


class InvoiceQuerySet(models.QuerySet):
    def visible_to(self, acting):
        mine = _of_party("contract__", acting, "invoice.read")
        return self.none() if mine is None else self.filter(mine)


class Invoice(models.Model):
    """账单: what the licensor asks the licensee to pay, with a gapless number of the issuer. It copies what it
    states and is never edited; a credit note answers it. The tax invoice (数电票) is issued outside; its number
    can be noted."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="invoices")
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices_issued")
    payer = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices_received")
    series = models.CharField(max_length=4, default="INV")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(_("number"), max_length=30)
    issued_on = models.DateField(_("issued on"))
    due_on = models.DateField(_("due on"))
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField(_("net"))
    vat_minor = models.BigIntegerField(_("VAT"))
    total_minor = models.BigIntegerField(_("total"))
    vat_rate = models.DecimalField(max_digits=5, decimal_places=4)
    vat_basis = models.CharField(max_length=300)
    reference_code = models.CharField(_("reference for the bank transfer"), max_length=16, unique=True)
    snapshot = models.JSONField()
    tax_invoice_number = models.CharField(_("number of the tax invoice"), max_length=30, blank=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        ordering = ["-issued_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "series", "year", "sequence"], name="invoice_number_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("net_minor") + models.F("vat_minor")), name="invoice_adds_up"
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="invoice_asks_for_money"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="invoice_keep_figures", exclude=["tax_invoice_number"]),
            pgtrigger.Protect(name="invoice_keep", operation=pgtrigger.Delete),
            forgets_looks(tasks=OF_MONEY),
            to_print("invoice"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("invoice", args=[self.pk])


class InvoiceLine(models.Model):
    """One charge on an invoice. `net_minor` is without VAT, `price_minor` the charge as the terms state it."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    charge = models.OneToOneField(Charge, models.PROTECT, related_name="invoice_line")
    text_zh = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300)
    price_minor = models.BigIntegerField()

    class Meta:
        verbose_name = _("invoice line")
        ordering = ["id"]
        triggers = append_only_triggers("invoiceline")

    def __str__(self):
        return self.text_en


class CreditNote(models.Model):
    """红字账单: takes back part of an invoice, with a number of its own; never more than is left."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="credit_notes")
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="credit_notes_issued")
    series = models.CharField(max_length=4, default="CN")
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(_("number"), max_length=30)
    issued_on = models.DateField(_("issued on"))
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    vat_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    reason = models.TextField(_("reason"))
    snapshot = models.JSONField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("credit note")
        ordering = ["-issued_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "series", "year", "sequence"], name="credit_note_number_once"
            ),
            models.CheckConstraint(
                condition=Q(total_minor=models.F("net_minor") + models.F("vat_minor")),
                name="credit_note_adds_up",
            ),
            models.CheckConstraint(condition=Q(total_minor__gt=0), name="credit_note_gives_back"),
        ]
        triggers = [
            *append_only_triggers("creditnote"),
            forgets_looks(OF_INVOICE, OF_MONEY),
            to_print("credit_note"),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("credit_note", args=[self.pk])

    @property
    def reason_words(self) -> str:
        return in_the_readers_language(self.reason)


class CreditNoteLine(models.Model):
    """An adjustment (or a line taken back by hand) on a credit note; `price_minor` is positive."""

    credit_note = models.ForeignKey(CreditNote, models.PROTECT, related_name="lines")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, related_name="credit_lines")
    text_zh = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300)
    price_minor = models.BigIntegerField()

    class Meta:
        verbose_name = _("credit note line")
        ordering = ["id"]
        triggers = append_only_triggers("creditnoteline")

    def __str__(self):
        return self.text_en


class RedLetter(models.Model):
    """红字发票信息: the reference of the red-letter confirmation (信息确认单编号) and the number of the red tax invoice,
    noted by hand beside a credit note; the tax invoice itself is issued outside. The newest row counts."""

    credit_note = models.ForeignKey(CreditNote, models.PROTECT, related_name="red_letters")
    reference = models.CharField(_("reference of the red-letter confirmation"), max_length=40)
    tax_invoice_number = models.CharField(_("number of the red tax invoice"), max_length=30, blank=True)
    noted_at = models.DateTimeField(default=now)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("red-letter reference")
        ordering = ["-id"]
        triggers = append_only_triggers("redletter")

    def __str__(self):
        return self.reference


class BillingDocument(models.Model):
    """The PDF of an invoice or credit note: made once, kept with its hash, never rendered again."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, null=True, related_name="document")
    credit_note = models.OneToOneField(CreditNote, models.PROTECT, null=True, related_name="document")
    file = models.FileField(upload_to="billing/")
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("billing document")
        constraints = [
            models.CheckConstraint(
                condition=Q(invoice__isnull=False, credit_note__isnull=True)
                | Q(invoice__isnull=True, credit_note__isnull=False),
                name="billing_document_of_one",
            )
        ]
        triggers = append_only_triggers("billingdocument")

    def __str__(self):
        return self.sha256[:12]
