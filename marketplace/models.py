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
