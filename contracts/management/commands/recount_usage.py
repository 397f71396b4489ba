from django.core.management.base import BaseCommand, CommandError

from contracts.lifecycle.models import LicenceContract
from contracts.usage.metering.recounting import recount, repair


class Command(BaseCommand):
    help = "Add up all usage events again and compare with the daily sums; --repair NUMBER writes a contract's anew."

    def add_arguments(self, parser):
        parser.add_argument("--repair", metavar="NUMBER", action="append", default=[], help="contract number")

    def handle(self, **options):
        for number in options["repair"]:
            contract = LicenceContract.objects.filter(number=number).first()
            if contract is None:
                raise CommandError(f"There is no contract {number}.")
            repair(contract.pk)
        found = recount()
        seconds = (found.ended_at - found.started_at).total_seconds()
        self.stdout.write(f"{found.events} events that count, {found.rows} daily sums, {seconds:.1f} s")
        for difference in found.differences:
            self.stdout.write(
                "contract {contract}, {meter} {product} {day}: counted {counted} ({counted_events} events), "
                "kept {kept} ({kept_events})".format(**difference)
            )
        if found.difference_count:
            raise CommandError(f"{found.difference_count} daily sums differ from their events.")
        self.stdout.write("No difference.")
