"""Rows become drafts, batch by batch, with a report row by row."""

from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from cms import services
from cms.imports.rows import CREATED, FAILED, UNCHANGED, UPDATED, Line, Report, Row
from cms.models import InstitutionPage, ListingPage
from cms.moderation import draft_of
from marketplace.organisations.acting import Acting, permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Refused

BATCH = 50


def import_listings(
    rows: Iterator[Row],
    organisation: Organisation,
    *,
    actor: Acting,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Write drafts from rows, BATCH to a transaction, each row in a savepoint of its own.

    With `dry_run` everything is done and undone, so the report says exactly what would happen. Nothing is
    submitted or published. Raises NotPermitted without the role, Refused for a file that ends badly: batches
    before are kept and, taken over again, unchanged.
    """
    permit(actor, "listing.import", organisation)
    report, seen = Report(), set()
    batch: list[Row] = []

    def write() -> None:
        with transaction.atomic():
            # One writer to an institution at a time: a second import of the same file waits here.
            InstitutionPage.objects.select_for_update(of=("self",)).filter(organisation=organisation).first()
            for row in batch:
                report.lines.append(_write_row(row, organisation, actor, seen, dry_run=dry_run))
            if dry_run:
                transaction.set_rollback(True)
        if progress:
            progress(len(report.lines))
        batch.clear()

    for row in rows:
        batch.append(row)
        if len(batch) >= BATCH:
            write()
    write()
    return report


def _write_row(row: Row, organisation: Organisation, actor: Acting, seen: set[str], *, dry_run: bool) -> Line:
    reference = str(row.values.get("institution_ref", ""))
    line = Line(row.number, reference, FAILED, row.values.get("title_zh") or row.values.get("title_en") or "")
    if row.error:
        line.reason = row.error
        return line
    if reference in seen:
        line.reason = _("The number %(number)s stands in this file twice.") % {"number": reference}
        return line
    seen.add(reference)
    try:
        with transaction.atomic():
            line.outcome, listing = _take_over(row.values, organisation, actor)
            line.code = "" if dry_run else listing.code
    except ValidationError as error:
        line.reason = _in_words(error)
    except Refused as error:
        line.reason = error.message
    except IntegrityError:
        line.reason = _("The row contradicts what is there already.")
    return line


def _take_over(values: dict, organisation: Organisation, actor: Acting) -> tuple[str, ListingPage]:
    """Create, change or leave alone the listing of one row."""
    listing = ListingPage.objects.of(organisation).filter(institution_ref=values["institution_ref"]).first()
    if listing is None:
        given = {name: value for name, value in values.items() if value not in ("", None, [])}
        return CREATED, services.create_listing(organisation, actor=actor, **given)
    draft = draft_of(listing)
    changed = {name: value for name, value in values.items() if _differs(draft, name, value)}
    if not changed:
        return UNCHANGED, listing
    return UPDATED, services.change(listing, actor=actor, **changed)


def _differs(draft: ListingPage, name: str, value: object) -> bool:
    """Whether a cell says something else than the draft. An empty cell says nothing, except for words that
    somebody emptied on purpose in our template: those are changed in the editor."""
    if value in ("", None, []):
        return False
    if name in ("ip_rights", "contributors"):
        there = list(getattr(draft, name).all())
        return len(there) != len(value) or any(
            getattr(row, key) != said
            for row, given in zip(there, value, strict=True)
            for key, said in given.items()
        )
    if name == "field":
        return draft.field is None or value.lower() not in (
            draft.field.code,
            draft.field.name_zh,
            draft.field.name_en.lower(),
        )
    if name == "programme":
        return draft.programme is None or draft.programme.code.lower() != value.lower()
    if name in ("body_zh", "body_en"):
        return strip_tags(getattr(draft, name)) != strip_tags(services.as_rich_text(value))
    return getattr(draft, name) != value


def _in_words(error: ValidationError) -> str:
    if hasattr(error, "message_dict"):
        return "; ".join(
            f"{name}: {' '.join(words)}" if name != "__all__" else " ".join(words)
            for name, words in error.message_dict.items()
        )
    return " ".join(error.messages)
