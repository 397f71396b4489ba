from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from marketplace import clock


class DemoClock(models.Model):
    """How many days the demo's clock stands ahead of real time. One row, forward only, demo mode only."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    days_forward = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="demo_clock_one_row")]

    def __str__(self):
        return f"+{self.days_forward} d"

    @classmethod
    def days(cls) -> int:
        return cls.objects.filter(pk=1).values_list("days_forward", flat=True).first() or 0

    @classmethod
    def move(cls, days: int) -> int:
        """Move the clock `days` forward and return the new offset.

        Raises ValueError outside demo mode or for a step that is not 1 to 3,650 days.
        """
        if not settings.DEMO:
            raise ValueError(_("The clock can be moved only in demo mode."))
        if not 1 <= days <= 3650:
            raise ValueError(_("The clock moves forward by 1 to 3,650 days."))
        with transaction.atomic():
            row, _created = cls.objects.select_for_update().get_or_create(pk=1)
            row.days_forward += days
            row.save(update_fields=["days_forward"])
        clock.forget()
        return row.days_forward


class ClockRun(models.Model):
    """One move of the demo's clock: day after day, with everything that falls due on each. Shows how far it is."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("running")
        DONE = "DONE", _("done")
        FAILED = "FAILED", _("stopped by an error")

    from_on = models.DateField()
    to_on = models.DateField()
    reached_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    task = models.CharField(max_length=120, blank=True)  # what runs now, or what failed
    error = models.TextField(blank=True)
    beat_at = models.DateTimeField()  # real time of the last sign of life
    started_by_id = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(to_on__gt=models.F("from_on"))
                & models.Q(reached_on__gte=models.F("from_on"))
                & models.Q(reached_on__lte=models.F("to_on")),
                name="clock_run_forward",
            ),
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(state="RUNNING"), name="clock_run_one_at_a_time"
            ),
        ]

    def __str__(self):
        return f"{self.from_on} → {self.to_on}"

    @property
    def days(self) -> int:
        return (self.to_on - self.from_on).days

    @property
    def days_done(self) -> int:
        return (self.reached_on - self.from_on).days
