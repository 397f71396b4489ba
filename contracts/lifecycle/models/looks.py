"""What the periodic tasks remember: that they looked at a contract, and until when looking again is of no use."""

from django.db import models

from contracts.lifecycle.models.contract import LicenceContract


class Task(models.TextChoices):
    """Each remembers for itself."""

    DUE = "due"
    REPORTS = "reports"
    MISSING = "missing"
    PERIODS = "periods"
    CHARGES = "charges"
    OVERPAID = "overpaid"
    INTEREST = "interest"
    DUNNING = "dunning"
    COMMISSION = "commission"


# What money goes by: invoices, credit notes, receipts and write-offs.
OF_MONEY = (Task.OVERPAID, Task.INTEREST, Task.DUNNING, Task.COMMISSION)


class Look(models.Model):
    """As long as nothing changes, nothing comes of looking before the market's day `again_on`. A row is deleted by
    triggers (`forgetting`) when something does; and after `stale_at` (real time, a day at most) it counts no more."""

    pk = models.CompositePrimaryKey("contract_id", "task")
    contract = models.ForeignKey(LicenceContract, models.CASCADE, db_index=False, related_name="+")
    task = models.CharField(max_length=10, choices=Task.choices)
    looked_on = models.DateField()
    again_on = models.DateField()
    stale_at = models.DateTimeField()

    def __str__(self):
        return f"{self.contract_id} {self.task} {self.again_on}"
