"""Wagtail writes letters of its own about reviews, at once and inside the transaction. Ours say the same in the
reader's language, in the app and by e-mail, after it; so Wagtail's stay unwritten.

A signal takes one receiver for each `dispatch_uid`: whoever comes first holds the place. Our app stands before
Wagtail's admin, so these silent receivers hold the places of its four.
"""

from wagtail.models import TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected, workflow_submitted

PLACES = (
    (task_submitted, TaskState, "group_approval_task_submitted_email_notification"),
    (workflow_submitted, WorkflowState, "workflow_state_submitted_email_notification"),
    (workflow_rejected, WorkflowState, "workflow_state_rejected_email_notification"),
    (workflow_approved, WorkflowState, "workflow_state_approved_email_notification"),
)


def silent(sender, **kwargs) -> None:
    """In place of Wagtail's letter."""


def hold_places() -> None:
    for signal, sender, place in PLACES:
        signal.connect(silent, sender=sender, dispatch_uid=place)
