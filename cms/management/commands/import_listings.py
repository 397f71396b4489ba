import csv
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from cms.imports import OUTCOMES, import_listings, read_rows, write_template
from marketplace.organisations.acting import Acting
from marketplace.organisations.models import Membership, Organisation
from marketplace.organisations.roles import allowed
from marketplace.refusals import Refused
from marketplace.tables import disarmed
from marketplace.uploads import clean_upload


class Command(BaseCommand):
    help = (
        "Take over listings of an institution from jsonl (also .gz) or from our spreadsheet, as drafts."
        " Safe to repeat: rows are found again by the institution's own number."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", nargs="?", help="rows to take over (.xlsx, .jsonl, .jsonl.gz)")
        parser.add_argument("--institution", metavar="SLUG", help="whose listings they become")
        parser.add_argument("--dry-run", action="store_true", help="do everything, keep nothing")
        parser.add_argument("--report", metavar="FILE", help="write the report, row by row, as csv")
        parser.add_argument("--template", metavar="FILE", help="write our empty spreadsheet, and end")
        parser.add_argument("--language", choices=["zh-hans", "en"], default="en", help="of the messages")

    def handle(self, *args, **options):
        with translation.override(options["language"]):
            if options["template"]:
                with Path(options["template"]).open("wb") as file:
                    write_template(file)
                self.stdout.write(options["template"])
                return
            if not options["file"]:
                raise CommandError("Name a file, or ask for --template.")
            self.take_over(**options)

    def take_over(self, **options):
        organisation = self.organisation(options["institution"])
        path = Path(options["file"])
        try:
            with path.open("rb") as file:
                if not path.name.endswith(".gz"):  # its reader checks what it unpacks
                    clean_upload(File(file, name=path.name), {"xlsx", "jsonl"})
                report = import_listings(
                    read_rows(file, path.name),
                    organisation,
                    actor=self.editor(organisation),
                    dry_run=options["dry_run"],
                )
        except OSError as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except Refused as error:
            raise CommandError(error.message) from error
        if options["report"]:
            self.write_report(report, Path(options["report"]))
        for line in report.lines:
            if line.reason:
                self.stderr.write(f"row {line.row} {line.reference}: {line.reason}")
        counts = ", ".join(f"{OUTCOMES[key]} {count}" for key, count in report.counts.items())
        self.stdout.write(f"{'dry run: ' if options['dry_run'] else ''}{counts}")

    def organisation(self, slug: str | None) -> Organisation:
        if not slug:
            raise CommandError("Say whose listings they become: --institution SLUG")
        organisation = Organisation.objects.research().filter(slug=slug).first()
        if organisation is None:
            raise CommandError(f"There is no research organisation {slug!r}.")
        return organisation

    def editor(self, organisation: Organisation) -> Acting:
        """The organisation's first editor stands as the author, so that somebody else has to approve."""
        for membership in (
            Membership.objects.filter(organisation=organisation).select_related("user").order_by("pk")
        ):
            if allowed("listing.import", membership.roles):
                return Acting(membership.user, organisation, frozenset(membership.roles))
        raise CommandError(f"{organisation} has no member who may import (editor).")

    def write_report(self, report, path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "institution_ref", "outcome", "title", "reason", "code"])
            for line in report.lines:
                cells = [line.row, line.reference, line.outcome, line.title, line.reason, line.code]
                writer.writerow([disarmed(cell) for cell in cells])
