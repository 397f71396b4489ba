import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contracts.billing.models import Invoice
from contracts.billing.reasons import in_the_readers_language
from contracts.ledger.models import to_book
from contracts.lifecycle.models.forgetting import OF_INVOICE, forgets_looks
from contracts.lifecycle.models.looks import OF_MONEY
from contracts.payments.layouts import layout_choices
from contracts.payments.states import AdviceState, LineState, StatementState
from marketplace.appendonly import append_only_triggers
from marketplace.clock import now
from marketplace.encrypted import EncryptedTextField
from marketplace.money import Money
from marketplace.organisations.models import Organisation


class OwnedQuerySet(models.QuerySet):
    """Rows of one organisation, for those of its people who hold the permission."""

    owner = "organisation"
    permission = "payment.confirm"

    def visible_to(self, acting):
        if acting is None or acting.organisation is None or not acting.can(self.permission):
            return self.none()
        return self.filter(**{self.owner: acting.organisation})


class BankAccountQuerySet(OwnedQuerySet):
    permission = "account.edit"

    def usable(self):
        return self.filter(closed_on__isnull=True)


class BankAccount(models.Model):
    """收款账户 of a licensor. The number is encrypted at rest and shown masked, except to who has to pay to it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="bank_accounts")
    holder = models.CharField(_("account holder"), max_length=120)
    bank_name = models.CharField(_("bank and branch"), max_length=120)
    number = EncryptedTextField(_("account number"))
    tail = models.CharField(max_length=4)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    layout = models.CharField(_("layout of its statements"), max_length=20, choices=layout_choices)
    columns = models.JSONField(_("columns of its statements"), default=dict, blank=True)
    confirm_by_code = models.BooleanField(
        _("confirm by itself where reference code, amount and payer all fit"), default=False
    )
    is_default = models.BooleanField(_("shown on invoices"), default=True)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank account")
        ordering = ["-is_default", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "currency"],
                condition=Q(is_default=True, closed_on__isnull=True),
                name="bank_account_one_default",
            )
        ]

    def __str__(self):
        return f"{self.bank_name} {self.masked}"

    @property
    def masked(self) -> str:
        return f"**** {self.tail}"


class StatementQuerySet(OwnedQuerySet):
    owner = "account__organisation"


class Statement(models.Model):
    """A statement file (对账单) of an account: read first (dry run), then taken over, once."""

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements")
    file = models.FileField(_("file"), upload_to="statements/")
    name = models.CharField(_("name"), max_length=150)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(
        _("state"), max_length=10, choices=StatementState.choices, default=StatementState.READ
    )
    read_at = models.DateTimeField(default=now)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField(null=True)
    new_lines = models.PositiveIntegerField(default=0)
    known_lines = models.PositiveIntegerField(default=0)
    refused_lines = models.PositiveIntegerField(default=0)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank statement")
        ordering = ["-id"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("statement", args=[self.pk])


class StatementLineQuerySet(OwnedQuerySet):
    owner = "account__organisation"


class StatementLine(models.Model):
    """One movement on an account, as the bank reports it; unique by the bank's reference."""

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="lines")
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="lines")
    bank_reference = models.CharField(_("bank reference"), max_length=100)
    booked_on = models.DateField(_("booked on"))
    amount_minor = models.BigIntegerField(_("amount"))  # money in positive, money out negative
    currency = models.CharField(max_length=3)
    payer_name = models.CharField(_("other party"), max_length=150, blank=True)
    payer_account = EncryptedTextField(_("account of the other party"), blank=True)
    note = models.CharField(_("remittance note"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=LineState.choices, default=LineState.OPEN)
    set_aside_reason = models.CharField(_("why it was left aside"), max_length=200, blank=True)

    objects = StatementLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement line")
        ordering = ["booked_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "bank_reference"], name="statement_line_once"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="statement_line_not_zero"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="statement_line_keep", exclude=["state", "set_aside_reason"]),
            pgtrigger.Protect(name="statement_line_keep_row", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return self.bank_reference

    def get_absolute_url(self):
        return reverse("receipt_confirm", args=[self.pk])


class PaymentQuerySet(models.QuerySet):
    def visible_to(self, acting):
        """The licensor's finance sees its receipts; the payer's finance those that it made."""
        if acting is None or acting.organisation is None:
            return self.none()
        if acting.can("payment.confirm"):
            return self.filter(Q(issuer=acting.organisation) | Q(payer=acting.organisation))
        return self.none()

    def with_unallocated(self):
        """Annotate `allocated_minor`, `refunded_minor` and `unallocated_minor`."""
        allocated = _sum_of(Allocation.objects.filter(payment=models.OuterRef("pk")), "payment")
        refunded = _sum_of(Refund.objects.filter(payment=models.OuterRef("pk")), "payment")
        return self.annotate(allocated_minor=allocated, refunded_minor=refunded).annotate(
            unallocated_minor=F("amount_minor") - F("allocated_minor") - F("refunded_minor")
        )


def _sum_of(rows, group: str):
    """Sum of `amount_minor` of a correlated subquery, 0 for none."""
    from django.db.models.functions import Coalesce

    total = rows.order_by().values(group).annotate(total=models.Sum("amount_minor")).values("total")
    return Coalesce(models.Subquery(total, output_field=models.BigIntegerField()), 0)


class Payment(models.Model):
    """到账: money that reached the licensor, confirmed by its finance or read from its gateway. Never edited."""

    class Method(models.TextChoices):
        BANK = "BANK", _("bank transfer")
        STRIPE = "STRIPE", _("Stripe")

    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="payments_received")
    payer = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="payments_made")
    method = models.CharField(_("way of payment"), max_length=8, choices=Method.choices)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(max_length=3)
    received_on = models.DateField(_("received on"))
    line = models.OneToOneField(StatementLine, models.PROTECT, null=True, related_name="payment")
    external_key = models.CharField(max_length=120, null=True)  # a gateway's own name of the payment
    external_reference = models.CharField(
        max_length=120, blank=True
    )  # what a refund at the gateway points at
    confirmed_at = models.DateTimeField(default=now)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        ordering = ["-received_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "external_key"], name="payment_once_by_gateway"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_brings_money"),
            models.CheckConstraint(
                condition=Q(method="BANK", line__isnull=False, external_key__isnull=True)
                | Q(method="STRIPE", line__isnull=True, external_key__isnull=False),
                name="payment_has_its_proof",
            ),
        ]
        triggers = [  # not revoked: locking a payment needs the right to update it
            pgtrigger.ReadOnly(name="payment_keep"),
            pgtrigger.Protect(name="payment_keep_row", operation=pgtrigger.Delete),
            to_book("payment"),
        ]

    def __str__(self):
        return f"{self.received_on} {self.amount}"

    def get_absolute_url(self):
        return reverse("payment", args=[self.pk])

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Allocation(models.Model):
    """核销: a part of a payment set against an invoice. Append-only; a wrong one is undone by its mirror image."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    amount_minor = models.BigIntegerField(_("amount"))
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    allocated_on = models.DateField(_("date"))
    allocated_at = models.DateTimeField(default=now)
    allocated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("allocation")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount_minor__gt=0)
                | Q(reverses__isnull=False, amount_minor__lt=0),
                name="allocation_sign",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reason=""), name="allocation_undone_with_reason"
            ),
        ]
        triggers = [
            *append_only_triggers("allocation"),
            to_book("allocation"),
            forgets_looks(OF_INVOICE, OF_MONEY),
        ]

    def __str__(self):
        return f"{self.payment_id} → {self.invoice_id}: {self.amount_minor}"

    @property
    def reason_words(self) -> str:
        return in_the_readers_language(self.reason)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.payment.currency)


class Refund(models.Model):
    """退款: money given back out of a payment. It takes what is not allocated; allocations are undone first."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_minor = models.BigIntegerField(_("amount"))
    refunded_on = models.DateField(_("refunded on"))
    reason = models.CharField(_("reason"), max_length=200)
    reference = models.CharField(_("bank reference"), max_length=120, blank=True)
    external_key = models.CharField(max_length=120, null=True)
    recorded_at = models.DateTimeField(default=now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("refund")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_gives_money"),
            models.UniqueConstraint(fields=["payment", "external_key"], name="refund_once_by_gateway"),
        ]
        triggers = [*append_only_triggers("refund"), to_book("refund")]

    def __str__(self):
        return f"{self.payment_id}: {self.amount_minor}"

    @property
    def reason_words(self) -> str:
        return in_the_readers_language(self.reason)


class PaymentAdviceQuerySet(models.QuerySet):
    def visible_to(self, acting):
        if acting is None or acting.organisation is None or not acting.can("invoice.read"):
            return self.none()
        mine = acting.organisation
        return self.filter(Q(invoice__issuer=mine) | Q(invoice__payer=mine))


class PaymentAdvice(models.Model):
    """付款通知: the licensee says that it has paid, with the bank's slip. It moves no money and settles nothing."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="advices")
    amount_minor = models.BigIntegerField(_("amount"))
    paid_on = models.DateField(_("paid on"))
    bank_reference = models.CharField(_("bank reference"), max_length=100, blank=True)
    slip = models.FileField(_("bank slip"), upload_to="slips/", blank=True)
    slip_name = models.CharField(max_length=150, blank=True)
    slip_sha256 = models.CharField(max_length=64, blank=True)
    note = models.CharField(_("remarks"), max_length=300, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=AdviceState.choices, default=AdviceState.ADVISED
    )
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    advised_at = models.DateTimeField(default=now)
    advised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = PaymentAdviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment advice")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="advice_of_money")]

    def __str__(self):
        return f"{self.invoice_id}: {self.amount_minor}"
