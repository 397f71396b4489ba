"""What would be charged and invoiced for a contract until a day; nothing is written."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from contracts.billing.preview import dry_run
from contracts.lifecycle.models import LicenceContract
from marketplace.clock import today


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("contract", help="number of the contract, C-2026-000001")
        parser.add_argument("--until", type=_day, default=None, help="YYYY-MM-DD; default: today")
        parser.add_argument("--language", default="zh-hans", choices=["zh-hans", "en"])

    def handle(self, *args, **options):
        contract = LicenceContract.objects.with_parties().filter(number=options["contract"]).first()
        if contract is None:
            raise CommandError(f"There is no contract {options['contract']}.")
        if contract.effective_on is None:
            raise CommandError(f"{contract.number} has not taken effect yet.")
        with translation.override(options["language"]):
            self._print(dry_run(contract, options["until"] or today(), options["language"]))

    def _print(self, found) -> None:
        self.stdout.write(f"until {found.until}: to charge {found.to_charge}, since the start {found.total}")
        for invoice in found.invoices:
            self.stdout.write(f"invoice, due on {invoice.due_on}: {invoice.vat.gross}")
            self._lines(invoice.lines)
        for name in ("credits", "carried", "resting", "offset", "stopped"):
            if lines := getattr(found, name):
                self.stdout.write(name)
                self._lines(lines)
        for words in found.waiting:
            self.stdout.write(f"waits: {words}")

    def _lines(self, lines) -> None:
        for line in lines:
            self.stdout.write(f"  {line.dated_on}  {line.amount}  {line.text}{' *' if line.is_new else ''}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"Not a day: {text}. Write it as 2026-12-31.") from error
