"""Kill -9 of web, worker and database at random moments, while bills are approved and issued over HTTP, a month is
ended by the worker, programs send events, a person submits reports, another accepts some, which the timer charges, lets wait
as drafts and numbers; both sides sign amendments of contracts that the run is charging, and receipts and credit notes come
in. Afterwards nothing that was acknowledged is lost, nothing is doubled, no number is missing, the books verify, the run has
come to its end, and amended contracts are billed what their new terms ask for.

CRASHES (50) sets how many kills; SEED repeats a run's choices, not its timing.
"""

import os
import random
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from importlib import import_module

import pytest
from celery import current_app
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import Error, connection, connections
from django.urls import reverse
from django.utils import translation

from contracts.billing.charging import charge_contract
from contracts.billing.closing import month_end
from contracts.billing.closing.models import MonthEndRun
from contracts.billing.models import Charge, Invoice, InvoiceLine
from contracts.ledger.models import Entry
from contracts.ledger.verifying import verify_ledger
from contracts.lifecycle.models import LicenceContract
from contracts.payments.booking import book_money
from marketplace.clock import today
from marketplace.organisations.middleware import SESSION_KEY as ACTING
from marketplace.organisations.roles import Role
from marketplace.terms import hash_of
from marketplace.terms.codec import write
from tests.bench.many import copies
from tests.contracts.payments import world as made
from tests.contracts.rating.samples import after, lump, sheet
from tests.crash.bills_of_usage import (
    a_licensor_who_bills_by_itself,
    hand_out,
    leave_to_the_month_end,
    usage_is_billed,
    waits_for_the_timer,
)
from tests.crash.parties import (
    Amender,
    Cashier,
    amendments_are_whole,
    bills_to_settle,
    contracts_to_amend,
    money_is_whole,
)
from tests.crash.senders import (
    Patient,
    Reporter,
    Sender,
    a_metered_contract,
    events_are_whole,
    reports_are_whole,
)
from tests.crash.servers import Database, connect_here, processes
from tests.marketplace.deals.conftest import person

CRASHES = int(os.environ.get("CRASHES", 50))
SEED = int(os.environ.get("SEED", time.time()))
PAUSE = (0.1, 0.6)  # seconds between two kills
CLIENTS = 2
FEW = 8
STILL = 90  # seconds in which nobody gets on, until those who still ask after the kills are given up
LIMIT = 600  # the same in all


class Client(Patient):
    """Approves and issues the charges of its contracts, each until it is acknowledged."""

    def __init__(self, address: str, headers: dict, numbers, stop: threading.Event):
        super().__init__(address, stop)
        self.headers, self.numbers = headers, numbers
        self.acknowledged: list[str] = []

    def run(self):
        for number in self.numbers:
            for name, form in (("charges_approve", {"all": "1"}), ("charges_invoice", {})):
                if not self._until_acknowledged(reverse(name, args=[number]), form):
                    return
            self.acknowledged.append(number)

    def _until_acknowledged(self, path: str, form: dict) -> bool:
        data = urllib.parse.urlencode(form).encode()
        while not self.stop_.is_set():
            request = urllib.request.Request(self.address + path, data, self.headers)
            if self.ask(OPENER, request)[0] == 302:
                return True
            time.sleep(0.05)
        return False


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


TOKEN = "c" * 32
OPENER = urllib.request.build_opener(_Stay)


def headers_of(acting) -> dict:
    return {"Cookie": cookies_of(acting), "X-CSRFToken": TOKEN}


def cookies_of(acting) -> str:
    """A session of this person, as signing in would make it, who has just proved again who they are."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(acting.user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = acting.user.get_session_auth_hash()
    session[ACTING] = acting.organisation.pk
    again = {"method": "password", "at": time.time() + 3600, "reauthenticated": True}
    session["account_authentication_methods"] = [again]
    session["account_authentication_methods_user"] = str(acting.user.pk)
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def a_market(count: int):
    """Contracts of which each owes one lump sum; `count` for the worker, as many for the clients, and a few that are
    billed already."""
    world = made.world()
    agreed = sheet(lump("1000", trigger=after(0)))
    world.contract.versions.update(terms=write(agreed), terms_hash=hash_of(agreed))
    ids = copies(world.contract, 2 * count + FEW)
    LicenceContract.objects.filter(pk=world.contract.pk).update(disputed=True)  # the model itself stays out
    theirs = list(LicenceContract.objects.filter(pk__in=ids[count : 2 * count]).order_by("pk"))
    for contract in theirs:
        charge_contract(contract)
    bills = bills_to_settle(world, LicenceContract.objects.filter(pk__in=ids[2 * count :]))
    return world, [contract.number for contract in theirs], bills


def patiently(step):
    """What a caller does whose database is just recovering."""
    for _attempt in range(200):
        try:
            return step()
        except Error:
            connection.close()
            time.sleep(0.1)
    return step()


@pytest.fixture
def place(django_db_setup, django_db_blocker, tmp_path):
    """(database, web, worker, timer, address), ready and started; all ended afterwards."""
    database, started = Database(), []
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        connections.close_all()
        database.start()
        kept = None
        try:
            database.fill(name)
            kept = connect_here(database)
            *started, address = processes(database, tmp_path)
            yield database, *started, address
        finally:
            for process in started:
                process.end()
            connection.close()
            if kept:
                connection.settings_dict.update(kept)
            database.end()


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled_by_killing(place, capsys):
    database, web, worker, timer, address = place
    chance, stop = random.Random(SEED), threading.Event()
    world, numbers, bills = a_market(max(5 * CRASHES // 2, 30))
    ours, theirs = (person(one, Role.SIGNATORY) for one in (world.uni, world.firm))
    amended = contracts_to_amend(world, FEW, ours=ours, theirs=theirs)
    metered, key = a_metered_contract(world, max(2 * CRASHES, 30))
    reports = metered.reports.order_by("pk").values_list("pk", flat=True)
    reporting = person(world.firm, Role.REPORTER)
    other = a_licensor_who_bills_by_itself(world, max(CRASHES, 30))
    leave_to_the_month_end(world.uni)
    run = month_end.start_month_end(actor=world.finance, month=month_end.month_before(today()))
    with translation.override("zh-hans"):
        clients = [
            Client(address, headers_of(world.finance), numbers[place::CLIENTS], stop)
            for place in range(CLIENTS)
        ]
        senders = [Sender(address, key, metered, stop, seed=place) for place in range(CLIENTS)]
        reporter = Reporter(address, headers_of(reporting), OPENER, reports, stop)
        amender = Amender(address, OPENER, amended, headers_of(ours), headers_of(theirs), stop)
        cashier = Cashier(address, OPENER, bills, headers_of(world.finance), stop)
        accepting = headers_of(other.officer)
        accepter = Reporter(address, accepting, OPENER, other.reports, stop, step="report_accept")
        people = (*clients, amender, cashier, accepter)
        for client in (*people, *senders, reporter):
            client.start()
        killed = _kill_at_random(chance, database, web, worker, timer, clients, run)
        _until_all_end(people, run)
        _until(lambda: not waits_for_the_timer(other), STILL, run)
        stop.set()
        _until_all_end((*senders, reporter))
    patiently(lambda: month_end.work(MonthEndRun.objects.get(pk=run.pk)))
    patiently(month_end.resume)
    patiently(book_money)
    acknowledged = [number for client in clients for number in client.acknowledged]
    with capsys.disabled():
        answers = sum((client.answers for client in clients), Counter())
        print(
            f"\nseed {SEED}: killed {dict(killed)}; answers {dict(answers)}; {Invoice.objects.count()} invoices"
        )
    charged, notes = amendments_are_whole(world, amended, amender), money_is_whole(cashier)
    billed = usage_is_billed(other, accepter.acknowledged)
    _nothing_lost_or_doubled(world, acknowledged, numbers, amended)
    events, submitted = events_are_whole(metered, senders), reports_are_whole(metered, reporter)
    with capsys.disabled():
        doubts = sum(sender.repeated for sender in senders)
        print(f"{events} events, {doubts} batches acknowledged when repeated; {submitted} reports submitted")
        print(f"charged before and after being amended: {dict(charged)}; {notes} receipts and credit notes")
        print(f"{billed['reports']} reports charged by the timer, billed by {billed['drafts']} drafts")
    assert events > CRASHES
    assert sum(killed.values()) >= CRASHES
    assert MonthEndRun.objects.get(pk=run.pk).state == "DONE"
    assert dict(month_end.progress(run)) == {
        "DONE": LicenceContract.objects.filter(licensor=world.uni).count()
    }


def _kill_at_random(chance, database, web, worker, timer, clients, run) -> Counter:
    """Until enough were killed; work is handed out all the while, as the timer does."""
    victims = [
        ("web child", web.kill_child), ("web child", web.kill_child),
        ("worker child", worker.kill_child), ("timer child", timer.kill_child),
        ("connection", database.kill_backend), ("database", database.kill),
    ]  # fmt: skip
    killed: Counter = Counter()
    _until(lambda: any(client.answers[302] for client in clients), STILL)  # the run begins with the kills
    while sum(killed.values()) < CRASHES:
        _hand_out(run)
        time.sleep(chance.uniform(*PAUSE))
        name, kill = chance.choice(victims)
        done = sum(killed.values())
        if done in (CRASHES // 3, 2 * CRASHES // 3):  # now and then the master, too
            name, kill = ("web", web.kill) if done == CRASHES // 3 else ("worker", worker.kill)
        try:
            worked = kill() is not False
        except Exception:  # the database is just recovering from the kill before
            time.sleep(0.1)
            continue
        if worked:
            killed[name] += 1
        if name == "database":
            database.start()
    return killed


def _hand_out(run) -> None:
    current_app.send_task(
        "contracts.billing.tasks.work_month_end", [run.pk], queue=f"crash-{os.getpid()}", expires=5
    )
    hand_out()


def _until(true, seconds: float, run=None) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        if run is not None:
            _hand_out(run)
        time.sleep(0.2)
    assert true(), "not done in time"


def _until_all_end(people, run=None) -> None:
    """A busy machine is slow, but moves: they are given up when nobody gets on any more. With a run it is handed out."""
    begun = moved = time.monotonic()
    steps = 0
    while alive := [one for one in people if one.is_alive()]:
        if run is not None:
            _hand_out(run)
        time.sleep(0.2)
        now = time.monotonic()
        if (done := sum(one.answers[302] for one in people)) > steps:
            steps, moved = done, now
        assert now - moved < STILL, "\n".join([f"nobody got on for {STILL} s:", *map(str, alive)])
        assert now - begun < LIMIT, "\n".join([f"not done within {LIMIT} s:", *map(str, alive)])


def _nothing_lost_or_doubled(world, acknowledged: list[str], numbers: list[str], amended) -> None:
    assert sorted(acknowledged) == sorted(numbers)
    bills = Invoice.objects.filter(issuer=world.uni).order_by("sequence")
    assert [bill.sequence for bill in bills] == list(range(1, len(bills) + 1))
    each = Counter(bills.values_list("contract__number", flat=True))
    billed = LicenceContract.objects.filter(licensor=world.uni, disputed=False)
    assert set(each) == set(billed.values_list("number", flat=True))
    twice = {contract.number for contract in amended if contract.charges.count() == 2}
    assert all(count == (2 if number in twice else 1) for number, count in each.items())
    assert Charge.objects.filter(contract__licensor=world.uni).count() == len(bills)
    assert InvoiceLine.objects.count() == Charge.objects.count()
    assert Entry.objects.filter(key__startswith="invoice:").count() == Invoice.objects.count()
    assert not Charge.objects.exclude(state="INVOICED").exists()
    assert verify_ledger().findings == []
