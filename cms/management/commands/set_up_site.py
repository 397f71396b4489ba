from django.core.management.base import BaseCommand

from cms.structure import set_up_site


class Command(BaseCommand):
    help = "Make the site's tree and address be as they should; safe to repeat."

    def handle(self, *args, **options):
        home = set_up_site()
        site = home.get_site()
        self.stdout.write(f"site {site.hostname}:{site.port}, home page {home.pk}")
