from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle.states import OVER, State

# Nothing is asked for any more. A licence whose right is gone is not among them: it ends without a wind-down, and its
# last, broken period is still to be reported.
ENDED = tuple(state for state in OVER if state != State.INVALIDATED)


class ReportState(models.TextChoices):
    SCHEDULED = "SCHEDULED", _("scheduled")
    OPEN = "OPEN", _("to be reported")
    SUBMITTED = "SUBMITTED", _("waiting for acceptance")
    QUERIED = "QUERIED", _("queried")
    ACCEPTED = "ACCEPTED", _("accepted")
    SUPERSEDED = "SUPERSEDED", _("replaced by an amended report")
    WITHDRAWN = "WITHDRAWN", _("withdrawn")


NEXT = {
    ReportState.SCHEDULED: {ReportState.OPEN, ReportState.WITHDRAWN},
    ReportState.OPEN: {ReportState.SUBMITTED, ReportState.WITHDRAWN},
    ReportState.SUBMITTED: {ReportState.QUERIED, ReportState.ACCEPTED},
    ReportState.QUERIED: {ReportState.SUBMITTED, ReportState.WITHDRAWN},
    ReportState.ACCEPTED: {ReportState.SUPERSEDED},
}
DUE = (ReportState.OPEN, ReportState.QUERIED)
