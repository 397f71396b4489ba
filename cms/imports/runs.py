"""An import sent by a page: kept as a run, worked off by a task, its report stays to be downloaded."""

import hashlib
import logging
from dataclasses import asdict

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cms.imports import import_listings, read_rows
from cms.models import ImportRun, ImportState
from marketplace.audit.services import record
from marketplace.celery import nudge
from marketplace.clock import now
from marketplace.organisations.acting import Acting, acting_for, permit
from marketplace.refusals import Refused, TransitionRefused

logger = logging.getLogger(__name__)


@transaction.atomic
def start_run(file: UploadedFile, *, actor: Acting) -> ImportRun:
    """Keep a checked file and try it: first a dry run, always."""
    permit(actor, "listing.import", actor.organisation)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    run = ImportRun.objects.create(
        organisation=actor.organisation,
        user=actor.user,
        file=file,
        filename=file.name,
        sha256=digest.hexdigest(),
        dry_run=True,
    )
    record(actor, "import.tried", run, sha256=run.sha256)
    _nudge(run)
    return run


@transaction.atomic
def run_for_real(run: ImportRun, *, actor: Acting) -> ImportRun:
    """Take over what was tried; the same file, now written. Raises TransitionRefused unless the trial is done."""
    permit(actor, "listing.import", run.organisation)
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state != ImportState.DONE or not run.dry_run:
        raise TransitionRefused(current=run.state, target=ImportState.WAITING)
    run.dry_run, run.state, run.user = False, ImportState.WAITING, actor.user
    run.rows_done, run.report, run.counts = 0, [], {}
    run.started_at = run.finished_at = None
    run.save()
    record(actor, "import.taken_over", run, sha256=run.sha256)
    _nudge(run)
    return run


def _nudge(run: ImportRun) -> None:
    from cms.tasks import work_off_import

    nudge(work_off_import, run.pk)


def work_off(pk: int) -> None:
    """Read the file of a waiting run and write its rows. A run that is no longer waiting is left alone, so a
    message that comes twice does nothing; a worker that died leaves RUNNING behind, which `find_lost` mends."""
    with transaction.atomic():
        run = (
            ImportRun.objects.select_for_update(of=("self",))
            .select_related("organisation", "user")
            .get(pk=pk)
        )
        if run.state != ImportState.WAITING:
            return
        run.state, run.started_at = ImportState.RUNNING, now()
        run.save(update_fields=["state", "started_at"])

    def progress(done: int) -> None:
        ImportRun.objects.filter(pk=pk).update(rows_done=done, started_at=now())

    with translation.override(run.user.language):
        try:
            actor = acting_for(run.user, run.organisation)
            with run.file.open("rb") as file:
                rows = read_rows(file, run.filename)
                report = import_listings(
                    rows, run.organisation, actor=actor, dry_run=run.dry_run, progress=progress
                )
        except Refused as refusal:
            _finish(run, ImportState.FAILED, error=refusal.message)
            return
        except Exception:
            logger.exception("Import %s ended by an error of ours", pk)
            _finish(
                run,
                ImportState.FAILED,
                error=_("An error on our side stopped the import; rows before it are kept."),
            )
            raise
    _finish(run, ImportState.DONE, report=[asdict(line) for line in report.lines], counts=report.counts)


def _finish(run: ImportRun, state: str, *, report: list | None = None, counts=None, error: str = "") -> None:
    ImportRun.objects.filter(pk=run.pk).update(
        state=state,
        report=report or [],
        counts=counts or {},
        rows_total=len(report or []),
        rows_done=len(report or []),
        error=error,
        finished_at=now(),
    )
