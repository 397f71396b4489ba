"""Programs that send events and people who submit reports while servers are killed: each goes on asking until it is
acknowledged, as a client of the product does (docs/api.md), and keeps what was."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import date, timedelta
from random import Random

from django.db.models import Sum
from django.urls import reverse

from contracts.usage.metering.models import DailyUsage, UsageEvent
from contracts.usage.metering.places import make_meters
from contracts.usage.metering.recounting import recount
from contracts.usage.models import UsageReport
from contracts.usage.states import ReportState
from marketplace.audit.models import AuditEvent
from marketplace.clock import today
from marketplace.organisations.api_keys import create_key
from marketplace.organisations.models import Scope
from marketplace.organisations.roles import Role
from tests.contracts.billing.made import contract_of
from tests.contracts.usage.metering.world import event, per_call, replacement, void
from tests.marketplace.deals.conftest import person

BATCH = 20
OPENER = urllib.request.build_opener()
DAY = timedelta(days=1)
BEGUN = date(2025, 1, 1)


def a_metered_contract(world, reports: int):
    """A contract with a meter and open reports, one a day; in dispute, so that nothing of it is billed."""
    contract = contract_of(world, per_call(), on=BEGUN)
    contract.disputed = True
    contract.save(update_fields=["disputed"])
    make_meters(contract)
    UsageReport.objects.bulk_create(
        UsageReport(
            contract=contract,
            period_start=BEGUN + n * DAY,
            period_end=BEGUN + n * DAY,
            due_on=today(),
            state=ReportState.OPEN,
        )
        for n in range(reports)
    )
    admin = person(world.firm, Role.ADMIN)
    _row, key = create_key(world.firm, actor=admin, name="ERP", scopes=[Scope.USAGE_WRITE])
    return contract, key


class Patient(threading.Thread):
    """Asks again whatever a killed server did not answer; `last` tells what it asked for last, and the answer."""

    def __init__(self, address: str, stop: threading.Event):
        super().__init__(daemon=True)
        self.address, self.stop_ = address, stop
        self.answers: Counter = Counter()
        self.last = "nothing asked yet"

    def __str__(self):
        return f"{type(self).__name__}: {self.last}; all answers {dict(self.answers)}"

    def ask(self, opener, request) -> tuple[int | str, bytes]:
        try:
            try:
                answer = opener.open(request, timeout=10)
            except urllib.error.HTTPError as refusal:
                answer = refusal  # its page may break off as well
            with answer:
                status, body = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as problem:
            status, body = type(problem).__name__, b""
        self.answers[status] += 1
        self.last = f"{request.get_method()} {request.selector} -> {status}"
        return status, body


class Sender(Patient):
    """Sends events in batches, corrects some, until it is told to end; then it waits for its last acknowledgement.
    `counting`: what the acknowledged events that count add up to, by id; `sent`: every id acknowledged."""

    def __init__(self, address, key: str, contract, stop, *, seed: int):
        super().__init__(address, stop)
        self.key, self.contract, self.chance, self.name_ = key, contract, Random(seed), f"s{seed}"
        self.sent: list[str] = []
        self.counting: dict[str, int] = {}
        self.repeated, self.whole = 0, True

    def run(self):
        number = 0
        while not self.stop_.is_set():
            number += 1
            self._send(self._batch(number))
            time.sleep(0.02)

    def _batch(self, number: int) -> list[dict]:
        events = []
        for place in range(BATCH):
            quantity = self.chance.randint(1, 900)
            day = BEGUN + self.chance.randint(0, 300) * DAY
            one = event(
                self.contract, f"{self.name_}-{number}-{place}", quantity, time=f"{day}T09:00:00+08:00"
            )
            events.append(one)
        if self.counting and number % 3 == 0:
            target = self.chance.choice(sorted(self.counting))
            if number % 2:
                events.append(void(self.contract, target))
            else:
                events.append(replacement(self.contract, target, 7, time=f"{BEGUN}T10:00:00+08:00"))
        return events

    def _send(self, events: list[dict]) -> None:
        """Until it is acknowledged, also after the end: what was begun is not left in doubt."""
        request = urllib.request.Request(
            f"{self.address}/api/v1/events",
            json.dumps(events).encode(),
            {"Content-Type": "application/cloudevents-batch+json", "Authorization": f"Bearer {self.key}"},
        )
        for _attempt in range(1200):
            status, body = self.ask(OPENER, request)
            if status == 200:
                break
            time.sleep(0.05)
        else:
            self.whole = False
            return
        results = json.loads(body)["results"]
        assert {one["status"] for one in results} <= {"accepted", "duplicate"}, results
        self.repeated += any(one["status"] == "duplicate" for one in results)
        for one in events:
            self.sent.append(one["id"])
            target = one["data"].get("target_id")
            self.counting.pop(target, None)
            if "quantity" in one["data"]:
                self.counting[one["id"]] = int(one["data"]["quantity"])


class Reporter(Patient):
    """Submits nil reports as a person does, or takes another `step` with each; what was done already is refused, so a
    repeat is seen."""

    def __init__(self, address, headers: dict, opener, reports, stop, *, step: str = "report_nil"):
        super().__init__(address, stop)
        self.headers, self.opener, self.reports, self.step = headers, opener, list(reports), step
        self.acknowledged: list[int] = []

    def run(self):
        for pk in self.reports:
            path = self.address + reverse(self.step, args=[pk])
            doubtful = False
            while not self.stop_.is_set():
                status, _body = self.ask(self.opener, urllib.request.Request(path, b"", self.headers))
                if status == 302 or (status == 409 and doubtful):
                    self.acknowledged.append(pk)
                    break
                doubtful = True
                time.sleep(0.05)


def events_are_whole(contract, senders: list[Sender]) -> int:
    """Every acknowledged event is on record once, nothing else is, and the daily sums are what counts of them."""
    assert all(sender.whole for sender in senders), "a sender was never answered"
    sent = [number for sender in senders for number in sender.sent]
    assert len(set(sent)) == len(sent)
    stored = UsageEvent.objects.filter(contract=contract).values_list("event_id", flat=True)
    assert sorted(stored) == sorted(sent)
    counting = sum(sum(sender.counting.values()) for sender in senders)
    sums = DailyUsage.objects.filter(meter__contract=contract).aggregate(q=Sum("quantity"), n=Sum("events"))
    assert (sums["q"], sums["n"]) == (counting, sum(len(sender.counting) for sender in senders))
    assert recount().is_well
    return len(sent)


def reports_are_whole(contract, reporter: Reporter) -> int:
    """Every acknowledged report is submitted, each once."""
    submitted = contract.reports.filter(state=ReportState.SUBMITTED).values_list("pk", flat=True)
    assert set(reporter.acknowledged) <= set(submitted)
    told = AuditEvent.objects.filter(verb="report.submitted", target_id__in=list(map(str, reporter.reports)))
    told = told.values_list("target_id", flat=True)
    assert sorted(map(str, submitted)) == sorted(map(str, told))
    return len(submitted)
