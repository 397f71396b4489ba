import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.ledger.chart import AccountCode
from marketplace.appendonly import append_only_triggers
from marketplace.organisations.models import Organisation

BALANCED = """
IF EXISTS (
    SELECT 1 FROM contracts_posting WHERE entry_id = NEW.entry_id
    GROUP BY currency HAVING sum(amount_minor) <> 0
) THEN
    RAISE EXCEPTION 'entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class LedgerHead(models.Model):
    """The end of an issuer's hash chain; its lock orders the entries of one issuer."""

    issuer = models.OneToOneField(Organisation, models.PROTECT, primary_key=True, related_name="+")
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self):
        return f"{self.issuer_id}:{self.sequence}"


class Entry(models.Model):
    """One business fact in an issuer's book (记账凭证). Never edited; undone by a reversing entry.

    `key` names the fact once and for all (`invoice:7`); a second post of it returns the first entry.
    """

    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    sequence = models.BigIntegerField()
    key = models.CharField(max_length=80)
    booked_on = models.DateField(_("date"))
    created_at = models.DateTimeField()
    text = models.CharField(_("text"), max_length=200)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="reversed_by")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("ledger entry")
        ordering = ["issuer", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "key"], name="entry_key_once"),
            models.UniqueConstraint(fields=["issuer", "sequence"], name="entry_sequence_once"),
        ]
        triggers = append_only_triggers("entry")

    def __str__(self):
        return f"{self.sequence} {self.key}"


class Posting(models.Model):
    """One line of an entry: debit positive, credit negative, in minor units."""

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="postings")
    account = models.CharField(max_length=4, choices=AccountCode.choices)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    contract_number = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = _("posting")
        ordering = ["id"]
        indexes = [models.Index(fields=["account", "currency"], name="posting_account")]
        constraints = [models.CheckConstraint(condition=~models.Q(amount_minor=0), name="posting_not_zero")]
        triggers = [
            *append_only_triggers("posting"),
            pgtrigger.Trigger(
                name="posting_balances",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Row,
                timing=pgtrigger.Deferred,
                func=BALANCED,
            ),
        ]

    def __str__(self):
        return f"{self.account} {self.amount_minor} {self.currency}"

    @property
    def credit_minor(self) -> int:
        """The amount as it stands in the column of credits."""
        return -self.amount_minor
