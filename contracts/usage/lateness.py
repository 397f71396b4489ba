"""How late what is owed is: reports and closings of periods are chased alike."""

from datetime import date, timedelta

from contracts.lifecycle.models import LicenceContract
from marketplace.clock import today
from marketplace.notifications.services import notify
from marketplace.organisations.acting import members

REMINDERS = (0, 7, 15)  # days after the due date; after the last one what is missing is a breach


def tell_deemed(contract: LicenceContract, template: str, **about) -> None:
    """Both sides are told that earlier figures count: who has to report, and who accepts."""
    for party, permission in ((contract.licensee, "report.submit"), (contract.licensor, "report.accept")):
        notify(members(party, permission), template, contract=contract, **about)


def is_late(due_on: date, days: int) -> bool:
    """Whether more than so many days have passed since something was due."""
    return today() > due_on + timedelta(days=days)
