import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.ledger.chart import AccountCode
from contracts.ledger.wording import in_the_readers_language
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


class FindingKind(models.TextChoices):
    """What a check of the books can find."""

    CHANGED = "CHANGED", _("entry was changed")
    MISSING = "MISSING", _("entry is missing")
    ADDED = "ADDED", _("entry that no fact explains")
    CHAIN = "CHAIN", _("entry does not follow the one before")
    HEAD = "HEAD", _("end of the chain does not fit")
    WITNESS = "WITNESS", _("document states another chain")
    UNBALANCED = "UNBALANCED", _("entry does not balance")
    DIFFERS = "DIFFERS", _("entry says something else than its fact")
    UNBOOKED = "UNBOOKED", _("fact without an entry")
    NUMBER = "NUMBER", _("number is missing or doubled")
    SUM = "SUM", _("document does not add up")
    TOTAL = "TOTAL", _("account differs from its documents")
    PAPER = "PAPER", _("stored paper was changed or is gone")


class LedgerCheck(models.Model):
    """One check of all books: how much was read, how much was found. The newest stands on the operator's page."""

    at = models.DateTimeField(_("checked"))
    entries = models.PositiveBigIntegerField(_("entries"))
    waiting = models.PositiveIntegerField(_("facts not booked yet"), default=0)
    found = models.PositiveIntegerField(_("findings"), default=0)

    class Meta:
        verbose_name = _("check of the books")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.at} {self.found}"


class LedgerFinding(models.Model):
    """One thing that a check found; `what` names the row."""

    of = models.ForeignKey(LedgerCheck, models.CASCADE, related_name="findings")
    kind = models.CharField(_("what is wrong"), max_length=10, choices=FindingKind.choices)
    issuer = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    what = models.CharField(_("where"), max_length=120)
    detail = models.CharField(_("details"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("finding in the books")
        ordering = ["id"]

    def __str__(self):
        return f"{self.kind} {self.what}"


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

    @property
    def words(self) -> str:
        return in_the_readers_language(self.text)


class Unbooked(models.Model):
    """A fact that came or changed since it was last looked at for the book: `kind` as its `Source` is called, `fact`
    its primary key. Written by triggers (`to_book`) with the fact, deleted with the entry that is made of it."""

    kind = models.CharField(max_length=20)
    fact = models.BigIntegerField()

    def __str__(self):
        return f"{self.kind}:{self.fact}"


def to_book(kind: str, *, changes: bool = False) -> pgtrigger.Trigger:
    """For tables of facts that are booked soon after: a new row is looked at for the book; with `changes` one that
    changed, too, since its state says whether it belongs there."""
    return pgtrigger.Trigger(
        name=f"to_book_{kind}",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update if changes else pgtrigger.Insert,
        func=f"""
            INSERT INTO contracts_unbooked (kind, fact) VALUES ('{kind}', NEW.id);
            RETURN NULL;
        """,
    )


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
