"""Usage events: how far the ingest function, alone and behind the real web server, is from what the database can do
at all in the same run. BENCH_EVENTS is the number of events that are there already (10000000 for the figures that
count; the default keeps a run short)."""

import gc
import json
import os
import re
import socket
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from statistics import median
from types import SimpleNamespace
from urllib.request import urlopen
from uuid import uuid4

import dj_database_url
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from contracts.lifecycle.models import LicenceContract
from contracts.usage.metering.ingest import ingest
from contracts.usage.metering.places import make_meters
from contracts.usage.metering.recounting import recount
from machine.process import free_port
from marketplace.clock import ZONE
from marketplace.organisations.api_keys import create_key
from marketplace.organisations.roles import Role
from tests.clones import cloned_database
from tests.contracts.lifecycle import world as made
from tests.contracts.usage.metering.world import SOURCE, per_call
from tests.marketplace.deals.conftest import person

pytestmark = pytest.mark.bench
CONTRACTS, BATCH, CLIENTS = 100, 1_000, 8
THERE = int(os.environ.get("BENCH_EVENTS", "1000000"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))  # of each measurement
EFFECT = date(2025, 1, 31)
JSON = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"


@pytest.fixture(scope="module")
def market(django_db_setup, django_db_blocker):
    """A licensee with a hundred metered contracts, in a database of its own."""
    with django_db_blocker.unblock(), cloned_database() as name:
        world = made.world()
        first = made.trying(world, per_call(), on=EFFECT)
        with _owner(name) as owner:
            _multiply(owner, first)
            server = {
                line: owner.execute(f"SHOW {line}").fetchone()[0]
                for line in ("server_version", "fsync", "synchronous_commit", "shared_buffers")
            }
            contracts = list(LicenceContract.objects.filter(licensee=world.firm).order_by("pk"))
            for contract in contracts:
                make_meters(contract)
            gc.collect()
            gc.freeze()  # as the web server does (marketplace/wsgi.py)
            print(f"\nPostgreSQL {server}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
            yield SimpleNamespace(world=world, contracts=contracts, owner=owner, name=name)


def _owner(name: str):
    place = dj_database_url.parse(settings.DATABASE_OWNER_URL)
    return psycopg.connect(
        host=place["HOST"], port=place["PORT"], user=place["USER"], password=place["PASSWORD"], dbname=name,
        autocommit=True,
    )  # fmt: skip


def _multiply(owner, first) -> None:
    """The contract and the deal behind it, again and again, with other numbers."""
    sheet = first.term_sheet
    for table, key, changed in (
        ("deals_deal", sheet.deal_id, "'number', 'D-B-' || n"),
        ("deals_offer", sheet.offer_id, f"'deal_id', {sheet.deal_id} + 1000 + n"),
        ("deals_termsheet", sheet.pk, f"'deal_id', {sheet.deal_id} + 1000 + n, 'offer_id', {sheet.offer_id} + 1000 + n"),
        ("contracts_licencecontract", first.pk, f"'number', 'C-B-' || n, 'term_sheet_id', {sheet.pk} + 1000 + n"),
        ("contracts_contractterms", first.versions.get().pk, f"'contract_id', {first.pk} + 1000 + n"),
    ):  # fmt: skip
        owner.execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object('id', t.id + 1000 + n, "
            f"{changed}))).* FROM {table} t, generate_series(1, {CONTRACTS - 1}) n WHERE t.id = {key}"
        )


def _events(market, number: int, *, contracts=None) -> list[dict]:
    """Events of the last days, over all contracts in turn, with keys that are new and in no order."""
    contracts = contracts or market.contracts
    moments = [
        (datetime.now(ZONE) - timedelta(days=n)).isoformat(timespec="milliseconds") for n in range(1, 4)
    ]
    return [
        {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": SOURCE,
            "type": "usefirst.usage.v1",
            "subject": contracts[n % len(contracts)].number,
            "time": moments[n % 3],
            "data": {"meter": "calls", "quantity": "1.5"},
        }
        for n in range(number)
    ]


def _rate(work, prepare, size: int = BATCH) -> float:
    """Rows a second of `work(prepare())`, preparing outside the time; the median of thirds of the measured time."""
    rates = []
    for _ in range(3):
        spent, rows = 0.0, 0
        while spent < SECONDS / 3:
            given = prepare()
            begun = time.perf_counter()
            work(given)
            spent += time.perf_counter() - begun
            rows += size
        rates.append(rows / spent)
    return median(rates)


_BARE = """
INSERT INTO bench_bare (contract_id, source, event_id, meter_id, product, day, quantity, happened_at, content_hash)
SELECT * FROM unnest(%b::int8[], %b::text[], %b::text[], %b::int8[], %b::text[], %b::int4[], %b::text[]::numeric[],
    %b::timestamptz[], %b::bytea[])
ON CONFLICT DO NOTHING RETURNING contract_id, source, event_id
"""


def _limits(market) -> tuple[float, float]:
    """(COPY without constraints, bare INSERT … unnest with the unique key), rows a second on one connection."""
    owner, moment = market.owner, datetime.now(ZONE)
    columns = "contract_id, source, event_id, meter_id, product, day, quantity, happened_at, content_hash"
    for name in ("bench_copy", "bench_bare"):
        owner.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM contracts_usageevent LIMIT 0")
    owner.execute("CREATE UNIQUE INDEX ON bench_bare (contract_id, source, event_id)")

    def rows(number):
        return [
            (n % CONTRACTS, SOURCE, str(uuid4()), n % CONTRACTS, "", 20260310, "1.5", moment, b"x" * 32)
            for n in range(number)
        ]

    def lines():
        return (
            "\n".join("\t".join(map(str, (*row[:8], "\\\\x" + row[8].hex()))) for row in rows(10_000)) + "\n"
        )

    def copy(text):
        with owner.cursor() as cursor, cursor.copy(f"COPY bench_copy ({columns}) FROM STDIN") as into:
            into.write(text)

    def bare(given):
        owner.execute(_BARE, [list(column) for column in zip(*given, strict=True)], prepare=True, binary=True)

    return _rate(copy, lines, 10_000), _rate(bare, lambda: rows(BATCH))


def test_ingest_function(market, capsys):
    """1,000 events a call, one connection, each call its own transaction with the daily sums."""
    firm = market.world.firm
    copy, bare = _limits(market)
    one = market.contracts[:1]
    mixed = _rate(lambda events: ingest(events, licensee=firm), lambda: _events(market, BATCH))
    single = _rate(
        lambda events: ingest(events, licensee=firm), lambda: _events(market, BATCH, contracts=one)
    )
    with capsys.disabled():
        print(f"\nCOPY, no constraints             {copy:>10,.0f}/s")
        print(f"bare unnest with unique key      {bare:>10,.0f}/s   {bare / copy:.2f} of COPY")
        for words, rate in (("1 contract", single), (f"{CONTRACTS} contracts", mixed)):
            print(f"ingest, empty table, {words:<12}{rate:>9,.0f}/s   {rate / copy:.2f} of COPY, {rate / bare:.2f} of bare (aim 35,000/s)")  # fmt: skip

    seconds = _fill(market, THERE)
    begun = time.perf_counter()
    found = recount()
    recounted = time.perf_counter() - begun
    assert found.difference_count == 0
    full = _rate(lambda events: ingest(events, licensee=firm), lambda: _events(market, BATCH))
    with capsys.disabled():
        print(f"{THERE:,} events made in {seconds:.0f} s")
        print(f"re-rolled: {found.events:,} events    {recounted:>9.1f} s   (limit 20 s for 10 M)")
        print(f"ingest into {THERE:,} rows    {full:>9,.0f}/s   {full / copy:.2f} of COPY, {full / bare:.2f} of bare (aim 18,000/s into 10 M)")  # fmt: skip
    assert full > bare / 10


def _fill(market, number: int) -> float:
    """Events of a year by the database alone, and their sums."""
    begun = time.perf_counter()
    ids = [contract.pk for contract in market.contracts]
    meters = [contract.meters.get().pk for contract in market.contracts]
    last = datetime.now(ZONE).date() - timedelta(days=5)
    market.owner.execute(
        """
        INSERT INTO contracts_usageevent (contract_id, source, event_id, kind, meter_id, product, day, quantity,
            happened_at, content_hash, received_at)
        SELECT (%s::int8[])[1 + n %% %s], 'urn:example:bulk', gen_random_uuid()::text, 0, (%s::int8[])[1 + n %% %s],
            '', to_char(d, 'YYYYMMDD')::int, 1.5, d, decode(md5(n::text) || md5(n::text), 'hex'), now()
        FROM generate_series(1, %s) n, LATERAL (SELECT %s::timestamptz - (n %% 200) * interval '1 day' AS d) x
        """,
        [
            ids,
            CONTRACTS,
            meters,
            CONTRACTS,
            number,
            datetime(last.year, last.month, last.day, 12, tzinfo=ZONE),
        ],
    )
    market.owner.execute(
        "INSERT INTO contracts_dailyusage (meter_id, product, day, quantity, events) "
        "SELECT meter_id, product, day, sum(quantity), count(*) FROM contracts_usageevent "
        "WHERE source = 'urn:example:bulk' GROUP BY 1, 2, 3"
    )
    market.owner.execute("VACUUM (ANALYZE) contracts_usageevent, contracts_dailyusage")
    return time.perf_counter() - begun


# --- over HTTP ----------------------------------------------------------------------------------------------


@pytest.fixture
def server(market):
    """The product's own web server, with as many workers as there are cores, on the same database."""
    port = free_port(8900)
    place = connection.settings_dict
    url = f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{market.name}"
    command = [sys.executable, "-m", "gunicorn", "marketplace.wsgi", "-b", f"127.0.0.1:{port}",
               "--workers", str(os.cpu_count()), "--threads", "4", "--log-level", "warning"]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url}, cwd=settings.BASE_DIR)
    try:
        for _ in range(200):
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                break
            except OSError:
                time.sleep(0.2)
        key = create_key(
            market.world.firm,
            actor=person(market.world.firm, Role.ADMIN),
            name="bench",
            scopes=["usage.write"],
        )[1]
        yield SimpleNamespace(port=port, key=key)
    finally:
        process.terminate()
        process.wait(20)


def _client(
    port: int, key: str, address: str, kind: str, bodies: list[bytes], expected: int, start, results
) -> None:
    """One client: its bodies one after the other on one connection; the seconds that each took. Bytes on a socket, because
    the clients share the processors with the server, and a library's work would be counted as the server's."""
    head = (
        f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: "
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        start.wait()
        begun, times = time.time(), []
        for body in bodies:
            sent = time.perf_counter()
            line.sendall(f"{head}{len(body)}\r\n\r\n".encode() + body)
            status, told = _answer(line)
            times.append(time.perf_counter() - sent)
            if status != expected or (kind == BATCHED and f'"accepted": {BATCH}' not in told[:60].decode()):
                raise RuntimeError(f"{status} {told[:300]!r}")
    results.put((begun, time.time(), times))


def _answer(line: socket.socket) -> tuple[int, bytes]:
    """The status and body of the next answer, whose length its head tells."""
    received = line.recv(65_536)
    while b"\r\n\r\n" not in received:
        received += line.recv(65_536) or _broken()
    head, _mark, told = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)[1])
    parts, missing = [told], length - len(told)
    while missing:
        parts.append(line.recv(min(missing, 65_536)) or _broken())
        missing -= len(parts[-1])
    return int(head[9:12]), b"".join(parts)


def _broken() -> bytes:
    raise RuntimeError("the server hung up")


def _drive(
    server, kind: str, expected: int, shares: list[list[bytes]], address: str = "/api/v1/events"
) -> tuple[float, list[float]]:
    """(seconds from the first request to the last answer, the time of each call), all clients at once."""
    context = get_context("fork")
    start, results = context.Barrier(len(shares)), context.Queue()
    clients = [
        context.Process(
            target=_client, args=(server.port, server.key, address, kind, bodies, expected, start, results)
        )
        for bodies in shares
    ]
    for client in clients:
        client.start()
    found = [results.get(timeout=300) for _ in clients]
    for client in clients:
        client.join(30)
    seconds = max(end for _b, end, _t in found) - min(begin for begin, _e, _t in found)
    return seconds, sorted(one for _b, _e, times in found for one in times)


def _bodies(market, number: int, size: int) -> list[bytes]:
    made_of = [_events(market, size) if size > 1 else _events(market, 1, contracts=[one])
               for one in (market.contracts[n % CONTRACTS] for n in range(number))]  # fmt: skip
    return [json.dumps(events if size > 1 else events[0]).encode() for events in made_of]


def test_http(market, server, capsys):
    """Through the whole product: key, JSON, checks, events and sums in one transaction, answers row by row."""
    _drive(server, BATCHED, 200, [_bodies(market, 3, BATCH)] * 1)  # warm
    batches = [_bodies(market, 25, BATCH) for _ in range(CLIENTS)]
    seconds, times = _drive(server, BATCHED, 200, batches)
    per_second = CLIENTS * 25 * BATCH / seconds
    with capsys.disabled():
        print(f"\nHTTP, batches of {BATCH} over {CONTRACTS} contracts, {CLIENTS} clients  {per_second:>9,.0f} events/s   (aim 20,000; then 35,000), call p50 {1000 * median(times):.0f} ms")  # fmt: skip
    singles = [_bodies(market, 250, 1) for _ in range(CLIENTS)]
    seconds, _times = _drive(server, JSON, 404, singles, "/api/v1/nothing")
    bare = CLIENTS * 250 / seconds
    seconds, times = _drive(server, JSON, 201, singles)
    many = CLIENTS * 250 / seconds
    _seconds, alone = _drive(server, JSON, 201, [_bodies(market, 300, 1)])
    with capsys.disabled():
        print(
            f"HTTP, single event, {CLIENTS} clients {many:>9,.0f}/s   (aim 640), p50 {1000 * median(times):.1f} ms; "
            f"{many / bare:.2f} of the bare web server, which ends {bare:,.0f} calls a second at 404"
        )
        print(f"HTTP, single event, 1 client  p50 {1000 * median(alone):.1f} ms, p95 {1000 * alone[int(len(alone) * 0.95)]:.1f} ms   (aim p50 5 ms)")  # fmt: skip
    assert many > 100
