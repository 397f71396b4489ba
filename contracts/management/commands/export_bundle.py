"""One contract's bundle: everything it was billed by, and the program that recomputes it (docs/bundle.md)."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from contracts.bundle.services import bundle_of
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import Side
from marketplace.audit.services import record
from marketplace.refusals import Refused


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("contract", help="number of the contract, C-2026-000001")
        parser.add_argument(
            "--for",
            dest="side",
            choices=["licensor", "licensee"],
            default="licensor",
            help="whose bundle: the licensor's has its annexes (default)",
        )
        parser.add_argument("--output", type=Path, help="default: CONTRACT-bundle.zip here")

    def handle(self, *args, **options):
        contract = LicenceContract.objects.filter(number=options["contract"]).first()
        if contract is None:
            raise CommandError(f"There is no contract {options['contract']}.")
        side = Side(options["side"].upper())
        try:
            content = bundle_of(contract, side)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        path = options["output"] or Path(f"{contract.number}-bundle.zip")
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CommandError(f"Cannot write {path}: {error}") from error
        record(None, "contract.bundle_exported", contract, side=side.value, bytes=len(content))
        self.stdout.write(f"{path}: {len(content)} bytes, for the {options['side']}")
