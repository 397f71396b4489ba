"""Compute rating runs again from what was known when they ran, and name every one that differs."""

from django.core.management.base import BaseCommand, CommandError

from contracts.billing.models import RatingRun
from contracts.billing.runs import recompute


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("contract", nargs="*", help="numbers of contracts; default: all")

    def handle(self, *args, **options):
        runs = RatingRun.objects.exclude(result_hash="").select_related("contract").order_by("pk")
        if options["contract"]:
            runs = runs.filter(contract__number__in=options["contract"])
        count, wrong = 0, 0
        for run in runs.iterator(500):
            again = recompute(run)
            count += 1
            if not again.agrees:
                wrong += 1
                parts = [name for name in ("inputs", "terms", "result") if not getattr(again, f"same_{name}")]
                self.stdout.write(f"{run.contract.number}, run {run.pk}: {', '.join(parts)} differ")
        self.stdout.write(f"{count} runs computed again, {wrong} differ")
        if wrong:
            raise CommandError("Not every run computes again to what it said.")
