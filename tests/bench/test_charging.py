"""What a rating run of one contract costs through the database, when nothing is new and when a month is."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.billing.charging import charge_contract
from marketplace.clock import at
from tests.contracts.billing.life import Life
from tests.contracts.lifecycle import world as made
from tests.contracts.rating.samples import cap, fixed, minimum, royalty, sheet

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
MONTHS = 24


def test_a_run_of_one_contract():
    world = made.world()
    life = Life(world, sheet(royalty(fixed("0.03")), minimum("600"), caps=[cap("900000")], every="month"))
    reports, new = 0, []
    while reports < MONTHS:
        life.pass_days(31)
        for report in life.open_reports():
            life.accept(report, lambda meter, piece: 10_000_000)
            reports += 1
            with at(life.on):
                begun = time.perf_counter()
                charge_contract(life.contract)
                new.append(time.perf_counter() - begun)
    with at(life.on + timedelta(days=1)):
        again = []
        for _ in range(30):
            begun = time.perf_counter()
            assert charge_contract(life.contract) == []
            again.append(time.perf_counter() - begun)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            charge_contract(life.contract)
    middle = sorted(again)[len(again) // 2]
    print(
        f"\n{MONTHS} months: a run with nothing new {1000 * middle:.1f} ms, {len(asked)} queries; "
        f"with a new month {1000 * sorted(new)[len(new) // 2]:.1f} ms"
    )
