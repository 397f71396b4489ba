"""What the tasks that run every five minutes cost where there is nothing to do, beside one plain reading of all
contracts in the same run; and what the first run of a day costs, which looks at each.

LOOKED_AT (10,000) contracts, each with a broker and an invoice that was paid.
"""

import os
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.billing.tasks import charge_due
from contracts.lifecycle.due import run_due
from contracts.lifecycle.models import LicenceContract, Look
from contracts.payments.booking import book_money
from contracts.payments.collecting.dunning import send_due
from contracts.payments.interest import charge_interest
from contracts.payments.overpaid import release_overpaid
from contracts.payments.services import confirm_receipt
from contracts.proceeds.booking import book_proceeds
from contracts.proceeds.commissions import accrue_commissions
from contracts.usage.tasks import chase_open_periods, remind_missing_reports, schedule_due_reports
from tests.bench.many import copies, idle_invoices
from tests.clones import cloned_database
from tests.contracts.billing.life import Life
from tests.contracts.lifecycle import world as made
from tests.contracts.payments.world import bank_line, commission_annex, invoice, printed
from tests.contracts.rating.samples import fixed, minimum, royalty, sheet

COUNT = int(os.environ.get("LOOKED_AT", 10_000))
TASKS = (
    run_due, schedule_due_reports, remind_missing_reports, chase_open_periods, charge_due, release_overpaid,
    charge_interest, book_money, send_due, accrue_commissions, book_proceeds,
)  # fmt: skip
READ_ALL = """
SELECT c.id, c.state, (SELECT max(l.again_on) FROM contracts_look l WHERE l.contract_id = c.id)
FROM contracts_licencecontract c ORDER BY c.id
"""


def timed(step) -> tuple[float, float]:
    """(seconds, of them in this process)."""
    begun, used = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - begun, time.process_time() - used


def read_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute(READ_ALL)
        assert len(cursor.fetchall()) > COUNT


def a_paid_invoice(life):
    life.contract.agency = life.world.agency
    commission_annex(life.contract)
    bill = printed(invoice(life.contract, 10_000, on=life.on, due_on=life.on))
    line = bank_line(life.world, "100.00", day=life.on.isoformat())
    confirm_receipt(line, actor=life.world.finance, parts=[(bill.pk, 10_000)])
    accrue_commissions()
    return bill


@pytest.mark.bench
def test_a_pass_with_nothing_to_do(django_db_setup, django_db_blocker, capsys):
    lines = []
    with django_db_blocker.unblock(), cloned_database():
        life = Life(made.world(), sheet(royalty(fixed("0.03")), minimum("600"), every="month"))
        many = copies(life.contract, COUNT)
        with life.at():
            idle_invoices(a_paid_invoice(life), many)
            for task in TASKS:  # what there is to do is done
                task()
            Look.objects.all().delete()
            for task in TASKS:
                seconds, here = timed(task)
                lines.append(
                    f"{task.__name__:<24} looks at all: {1000 * seconds / COUNT:>6.2f} ms each ({1000 * here / COUNT:.2f} here)"
                )
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            limit = min(timed(read_all)[0] for _time in range(3))
            total, asked = 0.0, 0
            for place, task in enumerate(TASKS):
                with CaptureQueriesContext(connection) as queries:
                    task()
                seconds = min(timed(task)[0] for _time in range(3))
                total, asked = total + seconds, asked + len(queries)
                lines[place] += f"; nothing to do: {1000 * seconds:>6.1f} ms, {len(queries)} queries"
            life.contract.refresh_from_db()
            LicenceContract.objects.filter(pk=life.contract.pk).update(disputed=True)
            changed = sum(timed(task)[0] for task in TASKS)
    with capsys.disabled():
        print(f"\n{COUNT:,} contracts")
        print("\n".join(lines))
        print(f"all, nothing to do       {1000 * total:>8.1f} ms, {asked} queries")
        print(f"all, one changed         {1000 * changed:>8.1f} ms")
        print(
            f"one reading of all       {1000 * limit:>8.1f} ms: they take {total / limit:.1f} times as long"
        )
    assert asked == 16
    assert total < 20 * limit
