import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contracts.billing.models import Invoice
from contracts.billing.reasons import in_the_readers_language
from contracts.payments.models import OwnedQuerySet
from contracts.payments.states import GatewayState
from marketplace.clock import now
from marketplace.encrypted import EncryptedTextField
from marketplace.organisations.models import Organisation

MAX_ATTEMPTS = 12  # then a failure is no longer tried again by itself


def _token() -> str:
    return secrets.token_urlsafe(24)


class GatewayAccountQuerySet(OwnedQuerySet):
    permission = "account.edit"

    def usable(self):
        return self.filter(removed_at__isnull=True)


class GatewayAccount(models.Model):
    """A licensor's own account at a payment provider. The market's operator has none and touches no money."""

    class Provider(models.TextChoices):
        STRIPE = "STRIPE", "Stripe"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="gateway_accounts")
    provider = models.CharField(max_length=8, choices=Provider.choices, default=Provider.STRIPE)
    secret_key = EncryptedTextField(_("secret key"))
    webhook_secret = EncryptedTextField(_("signing secret of the webhook"), blank=True)
    key_tail = models.CharField(max_length=4)
    is_live = models.BooleanField(default=False)
    token = models.CharField(max_length=40, unique=True, default=_token)  # in the webhook's address
    external_id = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=2, blank=True)
    tested_at = models.DateTimeField(null=True)
    test_problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)

    objects = GatewayAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment provider account")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "provider"],
                condition=Q(removed_at__isnull=True),
                name="gateway_account_one",
            )
        ]

    def __str__(self):
        return f"{self.provider} **** {self.key_tail}"

    def is_same_as(self, other: "GatewayAccount") -> bool:
        """Whether both are keys of one account at the provider."""
        return self.pk == other.pk or bool(self.external_id and self.external_id == other.external_id)

    @property
    def test_problem_words(self) -> str:
        return in_the_readers_language(self.test_problem)


class GatewayInvoice(models.Model):
    """An invoice of ours as it stands at the gateway. Our number is the legal one, the gateway's a reference."""

    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="gateway_invoice")
    account = models.ForeignKey(GatewayAccount, models.PROTECT, related_name="invoices")
    state = models.CharField(
        _("state"), max_length=8, choices=GatewayState.choices, default=GatewayState.PENDING
    )
    amount_minor = models.BigIntegerField()
    external_id = models.CharField(max_length=80, blank=True)
    external_customer = models.CharField(max_length=80, blank=True)
    external_number = models.CharField(max_length=60, blank=True)
    hosted_url = models.URLField(max_length=500, blank=True)
    round = models.PositiveSmallIntegerField(default=1)  # how often it was asked for; part of our keys
    attempts = models.PositiveSmallIntegerField(default=0)  # in this round
    problem = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(default=now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    synced_at = models.DateTimeField(null=True)  # asked about last, with an answer or without

    class Meta:
        verbose_name = _("invoice at the payment provider")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "external_id"],
                condition=~Q(external_id=""),
                name="gateway_invoice_external_once",
            )
        ]

    def __str__(self):
        return f"{self.invoice_id} {self.state}"

    @property
    def problem_words(self) -> str:
        return in_the_readers_language(self.problem)


class WebhookEventQuerySet(OwnedQuerySet):
    owner, permission = "account__organisation", "account.edit"

    @staticmethod
    def condition(state: str) -> Q:
        """`state` is a WebhookEvent.State."""
        return _WEBHOOK_STATES[state]

    def in_state(self, state: str):
        return self.filter(self.condition(state))


class WebhookEvent(models.Model):
    """Inbox of what a gateway tells: stored raw, once, then a task re-reads the object it is about."""

    class State(models.TextChoices):
        """Never stored: what the other fields say."""

        WAITING = "WAITING", pgettext_lazy("webhook", "waiting")
        GIVEN_UP = "GIVEN_UP", pgettext_lazy("webhook", "given up")
        DONE = "DONE", pgettext_lazy("webhook", "done")

    account = models.ForeignKey(GatewayAccount, models.PROTECT, related_name="events")
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120, blank=True)
    payload = models.JSONField()
    received_at = models.DateTimeField(default=now)
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook event")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["account", "event_id"], name="webhook_event_once")]
        indexes = [models.Index(fields=["id"], name="webhook_waiting", condition=Q(handled_at__isnull=True))]

    def __str__(self):
        return self.event_id

    @property
    def state(self) -> State:
        if self.handled_at is not None:
            return self.State.DONE
        return self.State.GIVEN_UP if self.attempts >= MAX_ATTEMPTS else self.State.WAITING

    @property
    def problem_words(self) -> str:
        return in_the_readers_language(self.problem)


_WEBHOOK_STATES = {
    WebhookEvent.State.WAITING: Q(handled_at__isnull=True, attempts__lt=MAX_ATTEMPTS),
    WebhookEvent.State.GIVEN_UP: Q(handled_at__isnull=True, attempts__gte=MAX_ATTEMPTS),
    WebhookEvent.State.DONE: Q(handled_at__isnull=False),
}
