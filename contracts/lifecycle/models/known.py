"""When something became known: the second axis of time, beside the day on which it happened.

It is the database's own clock, not the market's: it never stands still and is the same for every process. Whoever
changes what rating looks at holds the contract's row, so that within one contract these moments are in the order
of the changes, and what was known at any moment can be read again.
"""

import pgtrigger
from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _

from marketplace.appendonly import append_only_triggers


class ClockTimestamp(Func):
    """The moment itself, not the transaction's beginning."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


RATED_DATES = (
    "effective_on",
    "delivered_on",
    "trial_starts_on",
    "trial_ends_on",
    "extension_months",
    "converted_on",
    "declined_on",
    "licence_ended_on",
    "term_ends_on",
)


class KnownDates(models.Model):
    """A contract's dates as they stood from `known_at` on; a trigger writes a row whenever one of them changes."""

    contract = models.ForeignKey("contracts.LicenceContract", models.PROTECT, related_name="known_dates")
    known_at = models.DateTimeField(db_default=ClockTimestamp())
    dates = models.JSONField()

    class Meta:
        verbose_name = _("dates as they became known")
        ordering = ["id"]
        indexes = [models.Index(fields=["contract", "known_at"], name="known_dates_of_contract")]
        triggers = append_only_triggers("knowndates")

    def __str__(self):
        return f"{self.contract_id} {self.known_at:%Y-%m-%d %H:%M:%S}"


def _keep_dates() -> str:
    listed = ", ".join(f"'{name}', NEW.{name}" for name in RATED_DATES)
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in RATED_DATES)
    return f"""
        IF NEW.effective_on IS NOT NULL AND (TG_OP = 'INSERT' OR {changed}) THEN
            INSERT INTO contracts_knowndates (contract_id, known_at, dates)
            VALUES (NEW.id, clock_timestamp(), jsonb_build_object({listed}));
        END IF;
        RETURN NULL;
    """


KEEP_DATES = pgtrigger.Trigger(
    name="keep_known_dates",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func=_keep_dates(),
)


def known_trigger(name: str, **columns: str) -> pgtrigger.Trigger:
    """Sets each of `columns` to the moment at which its condition (SQL over NEW) first holds, once and for all."""
    steps = [
        f"""
        IF TG_OP = 'UPDATE' THEN NEW.{column} := OLD.{column}; ELSE NEW.{column} := NULL; END IF;
        IF NEW.{column} IS NULL AND ({condition}) THEN NEW.{column} := clock_timestamp(); END IF;
        """
        for column, condition in columns.items()
    ]
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="\n".join([*steps, "RETURN NEW;"]),
    )
