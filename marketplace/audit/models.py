from django.db import models

from marketplace.appendonly import append_only_triggers


class AuditEvent(models.Model):
    """Who did what to which thing, when, for whom. No foreign keys and no personal data: references only."""

    at = models.DateTimeField(db_index=True)
    user_id = models.BigIntegerField(null=True)
    organisation_id = models.BigIntegerField(null=True, db_index=True)
    verb = models.CharField(max_length=80)
    target_type = models.CharField(max_length=80)
    target_id = models.CharField(max_length=40)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["target_type", "target_id"], name="audit_target")]
        triggers = append_only_triggers("auditevent")

    def __str__(self):
        return f"{self.verb} {self.target_type}:{self.target_id}"
