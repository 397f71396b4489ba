from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from marketplace.dashboard.demo import demo_accounts
from marketplace.demo.story import tell_everything
from marketplace.organisations.models import Organisation


class Command(BaseCommand):
    help = (
        "Fill an empty market with the demo's told story, by calling the same services that everybody uses."
    )

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is data already")
        parser.add_argument("--logins", action="store_true", help="print the sign-ins and do nothing else")

    def handle(self, *args, if_empty: bool, logins: bool, **options):
        if not settings.DEMO:
            raise CommandError("Demo data are made only in demo mode (USEFIRST_DEMO=1).")
        if logins:
            self.print_logins()
            return
        if Organisation.objects.exists():
            if if_empty:
                return
            raise CommandError("There is data already; demo data are made only in an empty market.")
        with connection.cursor() as cursor:
            cursor.execute(
                "SET synchronous_commit TO off"
            )  # thousands of small steps; a crash means: begin anew
        tell_everything(self.stdout.write)

    def print_logins(self):
        self.stdout.write(f"\nSign-ins (password of all: {settings.DEMO_PASSWORD})\n")
        for account in demo_accounts()[:16]:
            self.stdout.write(f"  {account.email:<34} {account.organisation} · {account.roles}")
        self.stdout.write("  … and more on the sign-in page.\n")
