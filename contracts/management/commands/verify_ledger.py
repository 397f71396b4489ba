"""Re-add every book, compare it with invoices, receipts and distributions, and name what does not fit."""

from django.core.management.base import BaseCommand, CommandError

from contracts.ledger.verifying import keep_check, verify_ledger
from marketplace.organisations.models import Organisation


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--issuer", help="only this organisation's book (its slug)")
        parser.add_argument(
            "--head",
            action="append",
            default=[],
            metavar="NUMBER:HASH",
            help="a head from outside, as an invoice printed it; needs --issuer; may be given again",
        )
        parser.add_argument("--files", action="store_true", help="hash every stored paper again, too")

    def handle(self, *args, issuer, head, files, **options):
        organisation = None
        if issuer and not (organisation := Organisation.objects.filter(slug=issuer).first()):
            raise CommandError(f"There is no organisation {issuer!r}; give the slug, as in its address.")
        if head and organisation is None:
            raise CommandError("Say with --issuer whose chain the head belongs to.")
        report = verify_ledger(organisation, stated=[_head(text) for text in head], files=files)
        if organisation is None:
            keep_check(report)
        names = dict(Organisation.objects.filter(pk__in=report.heads).values_list("pk", "slug"))
        for pk, (sequence, value) in report.heads.items():
            self.stdout.write(f"{names.get(pk, pk)}: {sequence} entries, head {value}")
        for finding in report.findings:
            self.stdout.write(f"{names.get(finding.issuer_id, finding.issuer_id)}: {finding}")
        self.stdout.write(
            f"{report.entries} entries, {report.waiting} facts not booked yet, {len(report.findings)} findings"
        )
        if report.findings:
            raise CommandError("The books do not fit; see above. Nothing was changed.")


def _head(text: str) -> tuple[int, str]:
    number, _sep, value = text.partition(":")
    if not number.isdecimal() or len(value) != 64:
        raise CommandError(f"{text!r} is no head; give the entry's number, a colon and 64 hex digits.")
    return int(number), value.lower()
