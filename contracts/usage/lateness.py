"""How late what is owed is: reports and closings of periods are chased alike."""

from datetime import date, timedelta

from marketplace.clock import today

REMINDERS = (0, 7, 15)  # days after the due date; after the last one what is missing is a breach


def is_late(due_on: date, days: int) -> bool:
    """Whether more than so many days have passed since something was due."""
    return today() > due_on + timedelta(days=days)
