from django.core.management.base import BaseCommand

from marketplace.programmes.services import load_presets


class Command(BaseCommand):
    help = "Load the pilot programmes that public sources describe. Safe to repeat; existing rules are kept."

    def handle(self, **options):
        added = load_presets()
        self.stdout.write(f"{added} rows added" if added else "Nothing to add")
