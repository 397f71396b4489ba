from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask, TaskState


class ApprovalTask(AbstractGroupApprovalTask):
    """Approval by somebody of the institution who neither submitted nor wrote the version at hand.

    Wagtail asks here before it offers or performs a step of the workflow, also for superusers; memberships
    decide, not groups, so a role taken away counts at once. While a page waits for approval nobody changes it:
    what is approved is what was submitted.
    """

    class Meta:
        verbose_name = _("approval by the institution")
        verbose_name_plural = _("approvals by the institution")

    def user_can_access_editor(self, obj, user):
        return False

    def locked_for_user(self, obj, user):
        return True

    def user_can_lock(self, obj, user):
        return False

    def get_actions(self, obj, user):
        from cms.moderation import why_not  # which knows all models

        if why_not(obj.specific, user):
            return []
        return [("reject", _("Return with words"), True), ("approve", _("Approve"), False)]

    def on_action(self, task_state, user, action_name, **kwargs):
        from cms.moderation import why_not

        page = task_state.workflow_state.content_object.specific
        if refusal := why_not(page, user):
            raise PermissionDenied(refusal)
        return super().on_action(task_state, user, action_name, **kwargs)

    def get_task_states_user_can_moderate(self, user, **kwargs):
        in_progress = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        return in_progress if self._user_in_groups(user) else in_progress.none()
