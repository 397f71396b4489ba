from django.core.management.base import BaseCommand

from search import alerts, indexing, pushing


class Command(BaseCommand):
    help = (
        "Bring documents, the index of Elasticsearch and alerts up to what was published; as the worker does."
    )

    def handle(self, *args, **options):
        pages = indexing.drain()
        documents = pushing.push()
        letters = alerts.run()
        self.stdout.write(f"{pages} pages, {documents} documents to Elasticsearch, {letters} alerts")
