"""Which papers are not printed yet: noted by triggers with the paper itself, so that nobody has to look for them."""

import pgtrigger
from django.db import models


class Unprinted(models.Model):
    """`paper` is the primary key of an invoice or a credit note (`kind`). Its row is deleted in the transaction that
    stores the PDF, and is the lock of whoever prints it. `again_at`: somebody tries it at this moment, or it failed; not
    to be tried again before."""

    kind = models.CharField(max_length=12)
    paper = models.BigIntegerField()
    again_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "paper"], name="unprinted_once")]

    def __str__(self):
        return f"{self.kind}:{self.paper}"


def to_print(kind: str) -> pgtrigger.Trigger:
    """For tables of papers: a new row waits to be printed."""
    return pgtrigger.Trigger(
        name=f"to_print_{kind}",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func=f"""
            INSERT INTO contracts_unprinted (kind, paper) VALUES ('{kind}', NEW.id);
            RETURN NULL;
        """,
    )
