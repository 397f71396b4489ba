from django.db import models
from django.utils.translation import gettext_lazy as _

from marketplace.organisations.models import Organisation


class InstitutionRights(models.Model):
    """The Wagtail groups, collections and workflow of one organisation; kept in step by cms.rights."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="cms_rights")
    editors = models.OneToOneField("auth.Group", models.PROTECT, related_name="+")
    approvers = models.OneToOneField("auth.Group", models.PROTECT, related_name="+")
    public_files = models.OneToOneField("wagtailcore.Collection", models.PROTECT, related_name="+")
    restricted_files = models.OneToOneField("wagtailcore.Collection", models.PROTECT, related_name="+")
    workflow = models.OneToOneField("wagtailcore.Workflow", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("rights of an institution")

    def __str__(self):
        return str(self.organisation)
