import time

from django.core.management.base import BaseCommand, CommandError
from django.db.models import F

from search import alerts, indexing, pushing
from search.engines import client
from search.models import DocumentState


class Command(BaseCommand):
    help = (
        "Make the search index anew, while searches go on in the old one. First pages whose document is missing, left "
        "over or of an older version of this code get a new one; then, where Elasticsearch is configured, a new "
        "index is filled and switched to."
    )

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="make the document of every page anew")
        parser.add_argument(
            "--quiet-alerts",
            action="store_true",
            help="tell owners of saved searches nothing of what is made anew",
        )

    def handle(self, *args, **options):
        started = time.monotonic()
        queued = indexing.queue_all() if options["all"] else indexing.reconcile_documents()
        pages = indexing.drain()
        self.stdout.write(f"{pages} pages made anew ({queued} queued) in {time.monotonic() - started:.1f} s")
        if options["quiet_alerts"]:
            DocumentState.objects.to_alert().update(alerted_version=F("version"))
        if client.configured():
            started = time.monotonic()
            try:
                number = pushing.rebuild()
            except (*client.FAILURES, pushing.IndexProblem) as problem:
                raise CommandError(
                    f"The index was not made anew, the old one goes on: {problem}"
                ) from problem
            seconds = time.monotonic() - started
            self.stdout.write(
                f"{number} documents in a new index in {seconds:.1f} s ({number / max(seconds, 0.001):,.0f} a second)"
            )
            pushing.push()
        alerts.run()
