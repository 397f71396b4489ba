"""How many invoices a second get their lines, number and ledger entry, beside bare SQL in the same run; and whether
the end of a month costs the same per contract when there are more of them.

INVOICES (2000), MONTH_END_SIZES (100,1000), PRINTING (1 second) set the sizes. The database of tests does not wait for its
disk (fsync off), for us and for the limits alike.
"""

import os
import resource
import time
from datetime import date
from pathlib import Path

import dj_database_url
import psycopg
import pytest
from django.conf import settings
from django.db import connection

from contracts.billing.closing import drafts, month_end
from contracts.billing.closing.models import InvoiceDraft, MonthEndRun
from contracts.billing.documents import make_missing
from contracts.billing.models import BillingDocument, Charge, Invoice
from contracts.billing.services import set_policy
from contracts.ledger.verifying import verify_ledger
from marketplace.clock import at
from marketplace.terms import hash_of
from marketplace.terms.codec import write
from tests.bench.many import copies
from tests.clones import cloned_database
from tests.contracts.payments import world as made
from tests.contracts.rating.samples import after, lump, sheet

DAY = date(2026, 11, 23)
INVOICES = int(os.environ.get("INVOICES", 2000))
SIZES = [int(size) for size in os.environ.get("MONTH_END_SIZES", "100,1000").split(",")]
PRINTING = float(os.environ.get("PRINTING", 1))
WANTED = 480  # invoices/s

ONE = """
UPDATE bare_counter SET last = last + 1;
WITH bill AS (INSERT INTO bare_invoice (number, issuer, total, snapshot)
    SELECT last, 1, 10000, '{"issuer": "x", "payer": "y"}' FROM bare_counter RETURNING id),
lines AS (INSERT INTO bare_line (invoice, text, price) SELECT id, 'Licence fee', 5000 FROM bill, generate_series(1, 3)),
entry AS (INSERT INTO bare_entry (key, hash) SELECT 'invoice:' || id, repeat('0', 64) FROM bill RETURNING id)
INSERT INTO bare_posting (entry, account, amount) SELECT id, '1122', a FROM entry, unnest(ARRAY[10600, -10000, -600]) AS a;
"""
TABLES = """
CREATE TABLE bare_counter (last bigint); INSERT INTO bare_counter VALUES (0);
CREATE TABLE bare_invoice (id bigserial PRIMARY KEY, number bigint UNIQUE, issuer int, total bigint, snapshot jsonb);
CREATE TABLE bare_line (id bigserial PRIMARY KEY, invoice bigint REFERENCES bare_invoice, text text, price bigint);
CREATE TABLE bare_entry (id bigserial PRIMARY KEY, key text UNIQUE, hash text);
CREATE TABLE bare_posting (id bigserial PRIMARY KEY, entry bigint REFERENCES bare_entry, account text, amount bigint);
"""


def cpu_of(pid: int) -> float:
    """Seconds of processor time of a server process on this machine."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def charges(first: int, count: int, contract, each: int = 3) -> None:
    """So many approved charges for each copy of a contract."""
    model = Charge.objects.create(
        contract=contract, kind="CHARGE", element_id="fee", period_start=DAY, period_end=DAY, dated_on=DAY,
        amount_minor=5_000, currency="CNY", exact="5000", version_number=1,
        terms_hash=contract.versions.get().terms_hash, due={"kind": "after_invoice"}, state="APPROVED",
    )  # fmt: skip
    columns = [field.column for field in Charge._meta.concrete_fields]
    others = [name for name in columns if name not in ("id", "contract_id", "part")]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO contracts_charge (contract_id, part, {', '.join(others)})"
            f" SELECT %s + n, p, {', '.join(others)} FROM contracts_charge, generate_series(1, %s) AS n,"
            " generate_series(1, %s) AS p WHERE contracts_charge.id = %s",
            [first, count, each, model.pk],
        )


def bare(count: int) -> tuple[float, float]:
    """(invoices a second, seconds of processor time of both sides for one), each in a transaction of its own with
    one counter row, written as plainly as can be."""
    owner = dj_database_url.parse(settings.DATABASE_OWNER_URL)
    with psycopg.connect(
        host=owner["HOST"], port=owner["PORT"], user=owner["USER"], password=owner["PASSWORD"],
        dbname=connection.settings_dict["NAME"], autocommit=True,
    ) as connected:  # fmt: skip
        connected.execute(TABLES)
        pid = connected.info.backend_pid
        begun, used = time.perf_counter(), time.process_time() + cpu_of(pid)
        for _place in range(count):
            connected.execute("BEGIN;" + ONE + "COMMIT;")
        used = time.process_time() + cpu_of(pid) - used
        return count / (time.perf_counter() - begun), used / count


@pytest.mark.bench
def test_invoices_a_second(django_db_setup, django_db_blocker, capsys):
    with django_db_blocker.unblock(), cloned_database(), at(DAY):
        world = made.world()
        ids = copies(world.contract, INVOICES)
        charges(ids[0] - 1, INVOICES, world.contract)
        Charge.objects.filter(contract=world.contract).update(state="ACCRUED")
        InvoiceDraft.objects.bulk_create(InvoiceDraft(contract_id=pk, finalise_on=DAY) for pk in ids)
        limit, limit_used = bare(min(INVOICES, 1000))
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        begun, here, there = time.perf_counter(), time.process_time(), cpu_of(pid)
        assert drafts.finalise_due() == INVOICES
        seconds = time.perf_counter() - begun
        here, there = (time.process_time() - here) / INVOICES, (cpu_of(pid) - there) / INVOICES
        assert Invoice.objects.count() == INVOICES
        begun = time.perf_counter()
        assert make_missing(PRINTING)
        printing = time.perf_counter() - begun
        papers = BillingDocument.objects.count()
        report = verify_ledger()
        assert (report.findings, report.entries) == ([], INVOICES)
    rate = INVOICES / seconds
    with capsys.disabled():
        print(
            f"\nbare SQL, one transaction each   {limit:>10,.0f} invoices/s, {1000 * limit_used:.2f} ms of processor"
        )
        print(
            f"finalised in batches, one worker {rate:>10,.0f}   {rate / limit:.2f} of it (wanted {WANTED}/s)"
        )
        print(
            f"processor for one                {1000 * here:>10.2f} ms here + {1000 * there:.2f} ms in the database:"
        )
        print(
            f"one worker on idle cores         {1 / (here + there):>10,.0f} invoices/s, two {2 / (here + there):,.0f}"
        )
        print(f"papers                           {papers / printing:>10,.1f} PDF/s")
    assert here + there < 10 * limit_used


@pytest.mark.bench
def test_a_month_costs_the_same_per_contract(django_db_setup, django_db_blocker, capsys):
    found = []
    for size in SIZES:
        with django_db_blocker.unblock(), cloned_database(), at(DAY):
            world = made.world()
            agreed = sheet(lump("1000", trigger=after(0)))
            world.contract.versions.update(terms=write(agreed), terms_hash=hash_of(agreed))
            set_policy(actor=world.finance, automatic=True)
            ids = copies(world.contract, size - 1)
            run = month_end.start_market_month_end(month=date(2026, 10, 1))
            begun, used = time.perf_counter(), time.process_time()
            month_end.work(run)
            seconds, used = time.perf_counter() - begun, time.process_time() - used
            run = MonthEndRun.objects.get(pk=run.pk)
            assert (run.state, dict(month_end.progress(run))) == ("DONE", {"DONE": size})
            assert Invoice.objects.count() == len(ids) + 1
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found.append((size, 1000 * seconds / size, 1000 * used / size, memory))
    with capsys.disabled():
        for size, wall, used, memory in found:
            print(
                f"\n{size:>8,} contracts {wall:>8.2f} ms each ({used:.2f} ms this process), peak {memory:,.0f} MiB",
                end="",
            )
        print()
    (_size, _wall, first, low), (_most, _wall, last, high) = found[0], found[-1]
    assert last / first <= 1.2
    assert high - low < 50
