from datetime import timedelta

from celery import shared_task

from cms.imports.runs import work_off
from cms.models import ImportRun, ImportState
from cms.rights import sync_rights
from marketplace.clock import now
from marketplace.organisations.models import Organisation

LOST_AFTER = timedelta(minutes=15)  # a batch of an import takes seconds and leaves its mark


@shared_task
def work_off_import(pk: int) -> None:
    work_off(pk)


@shared_task
def find_imports() -> None:
    """Imports whose message was lost, or whose worker died: they begin again, which changes nothing twice."""
    ImportRun.objects.filter(state=ImportState.RUNNING, started_at__lt=now() - LOST_AFTER).update(
        state=ImportState.WAITING
    )
    waiting = ImportRun.objects.filter(state=ImportState.WAITING, created_at__lt=now() - timedelta(minutes=1))
    for pk in list(waiting.values_list("pk", flat=True)):
        work_off(pk)


@shared_task
def sync_all_rights() -> None:
    """Groups in step with memberships, for whoever did not come by the editor's door meanwhile."""
    for organisation in Organisation.objects.filter(cms_rights__isnull=False):
        sync_rights(organisation)
