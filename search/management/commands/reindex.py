import time

from django.core.management.base import BaseCommand, CommandError
from django.db.models import F

from search import alerts, indexing, pairing, pushing
from search.engines import client
from search.models import DocumentState
from search.status import read_index


class Command(BaseCommand):
    help = (
        "Make the search index anew, while searches go on in the old one. First pages whose document is missing, left "
        "over or of an older version of this code get a new one; then, where Elasticsearch is configured, a new "
        "index is filled and switched to."
    )

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="make the document of every page anew")
        parser.add_argument(
            "--index-only", action="store_true", help="leave documents as they are, only fill a new index"
        )
        parser.add_argument(
            "--if-needed",
            action="store_true",
            help="for deployments: do nothing where documents and index are as this version of the code makes them",
        )
        parser.add_argument(
            "--quiet-alerts",
            action="store_true",
            help="tell owners of saved searches, needs and listings nothing of what is made anew",
        )

    def handle(self, *args, **options):
        if options["if_needed"] and not (reason := self._reason()):
            self.stdout.write("Documents and index are as this version makes them")
            return
        if options["if_needed"]:
            self.stdout.write(reason)
        if not options["index_only"]:
            self._documents(options)
        if client.configured():
            self._index()
        alerts.run()
        pairing.run()

    def _reason(self) -> str:
        """Why there is something to make anew; "" where there is not."""
        if drift := indexing.drift():
            return f"{drift} pages have no document, one too many or one of older code"
        if not client.configured():
            return ""
        try:
            index = read_index()
        except client.FAILURES as problem:
            raise CommandError(
                f"Elasticsearch does not answer, the index was left as it is: {problem}"
            ) from problem
        if index is None:
            return "There is no index"
        return "" if index.is_current else "The mapping changed since the index was made"

    def _documents(self, options):
        started = time.monotonic()
        queued = indexing.queue_all() if options["all"] else indexing.reconcile_documents()
        pages = indexing.drain()
        self.stdout.write(f"{pages} pages made anew ({queued} queued) in {time.monotonic() - started:.1f} s")
        if options["quiet_alerts"]:
            DocumentState.objects.to_alert().update(alerted_version=F("version"))
            DocumentState.objects.to_match().update(matched_version=F("version"))

    def _index(self):
        started = time.monotonic()
        try:
            number = pushing.rebuild()
        except (*client.FAILURES, pushing.IndexProblem) as problem:
            raise CommandError(f"The index was not made anew, the old one goes on: {problem}") from problem
        seconds = max(time.monotonic() - started, 0.001)
        self.stdout.write(
            f"{number} documents in a new index in {seconds:.1f} s ({number / seconds:,.0f} a second)"
        )
        pushing.push()
