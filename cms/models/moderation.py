from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask


class ApprovalTask(AbstractGroupApprovalTask):
    """Approval by somebody of the institution who neither submitted nor wrote the version at hand."""

    class Meta:
        verbose_name = _("approval by the institution")
        verbose_name_plural = _("approvals by the institution")
