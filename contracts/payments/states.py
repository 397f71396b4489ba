"""States of payment: what they are and which steps lead on."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StatementState(models.TextChoices):
    READ = "READ", _("read, not taken over")
    IMPORTED = "IMPORTED", _("taken over")


STATEMENT_NEXT = {StatementState.READ: {StatementState.IMPORTED}}


class LineState(models.TextChoices):
    OPEN = "OPEN", pgettext_lazy("bank line", "to be assigned")
    CONFIRMED = "CONFIRMED", pgettext_lazy("bank line", "confirmed as a receipt")
    IGNORED = "IGNORED", pgettext_lazy("bank line", "left aside")
    OUTGOING = "OUTGOING", pgettext_lazy("bank line", "money out")


LINE_NEXT = {
    LineState.OPEN: {LineState.CONFIRMED, LineState.IGNORED},
    LineState.IGNORED: {LineState.OPEN},
}


class AdviceState(models.TextChoices):
    ADVISED = "ADVISED", _("advised by the licensee")
    MATCHED = "MATCHED", _("received")
    DISMISSED = "DISMISSED", _("not found")


ADVICE_NEXT = {
    AdviceState.ADVISED: {AdviceState.MATCHED, AdviceState.DISMISSED},
    AdviceState.DISMISSED: {AdviceState.MATCHED},
}


class PaidState(models.TextChoices):
    """What an invoice's paper, allocations, credit notes and write-offs say; never stored."""

    FINALISED = "FINALISED", pgettext_lazy("invoice", "numbered, not sent yet")
    OPEN = "OPEN", pgettext_lazy("invoice", "open")
    OVERDUE = "OVERDUE", pgettext_lazy("invoice", "overdue")
    PART_PAID = "PART_PAID", pgettext_lazy("invoice", "paid in part")
    PAID = "PAID", pgettext_lazy("invoice", "paid")
    CREDITED = "CREDITED", pgettext_lazy("invoice", "credited")
    WRITTEN_OFF = "WRITTEN_OFF", pgettext_lazy("invoice", "written off")


class GatewayState(models.TextChoices):
    """How far an invoice has come at the gateway; each step is stored as soon as it is done."""

    PENDING = "PENDING", pgettext_lazy("gateway", "waiting to be sent")
    DRAFT = "DRAFT", pgettext_lazy("gateway", "being prepared")
    FINAL = "FINAL", pgettext_lazy("gateway", "final, not sent yet")
    SENT = "SENT", pgettext_lazy("gateway", "sent")
    PAID = "PAID", pgettext_lazy("gateway", "paid")
    VOID = "VOID", pgettext_lazy("gateway", "void")
    FAILED = "FAILED", pgettext_lazy("gateway", "failed")


GATEWAY_NEXT = {
    GatewayState.PENDING: {GatewayState.DRAFT, GatewayState.PAID, GatewayState.FAILED, GatewayState.VOID},
    GatewayState.DRAFT: {GatewayState.FINAL, GatewayState.FAILED, GatewayState.VOID},
    GatewayState.FINAL: {GatewayState.SENT, GatewayState.PAID, GatewayState.FAILED, GatewayState.VOID},
    GatewayState.SENT: {GatewayState.PAID, GatewayState.VOID},
    GatewayState.FAILED: {GatewayState.PENDING, GatewayState.PAID},
    GatewayState.PAID: set(),
    GatewayState.VOID: {GatewayState.PENDING},
}
