"""A report that is missing although the terms deem one: earlier figures count until it comes."""

from datetime import date, timedelta

from contracts.billing import tasks as billing
from contracts.usage import services
from contracts.usage.models import DeemedReport
from marketplace.clock import at
from tests.contracts.lifecycle.world import trying
from tests.contracts.rating.samples import fixed, royalty, sheet
from tests.contracts.usage.world import accepted, charged, pass_day, report_for, sales

EFFECT = date(2026, 1, 1)


def test_earlier_figures_count_until_the_late_report_corrects_them(world):
    deemed = {"days": 15, "basis": "highest", "factor": "1.1"}
    agreed = sheet(royalty(fixed("0.03")), report={"every": "month", "days": 10, "deemed": deemed})
    contract = trying(world, agreed, on=EFFECT)
    accepted(world, contract, date(2026, 1, 31), sales(2_000))
    accepted(world, contract, date(2026, 2, 28), sales(1_000))
    due = date(2026, 4, 10)
    pass_day(date(2026, 4, 1))
    pass_day(due + timedelta(days=15))
    assert not DeemedReport.objects.exists()
    pass_day(due + timedelta(days=16))
    pass_day(due + timedelta(days=17))
    assert charged(contract) == [("2026-01-31", "60.00"), ("2026-02-28", "30.00"), ("2026-03-31", "66.00")]
    assert not contract.breaches.exists()

    with at(date(2026, 5, 20)):
        late = services.submit_report(
            report_for(contract, date(2026, 3, 31)),
            actor=world.reporter,
            draft=services.Draft(rows=[sales(500)]),
        )
        billing.charge_due()
        assert charged(contract)[3:] == []  # what is submitted does not count yet
        services.accept_report(late, actor=world.officer)
        billing.charge_due()
    assert charged(contract)[3:] == [("2026-05-20", "-51.00")]


def test_without_an_earlier_report_the_missing_one_is_a_breach(world):
    agreed = sheet(royalty(fixed("0.03")), report={"every": "month", "days": 10, "deemed": {}})
    contract = trying(world, agreed, on=EFFECT)
    pass_day(date(2026, 2, 1))
    pass_day(date(2026, 2, 10) + timedelta(days=16))
    assert not DeemedReport.objects.exists()
    assert contract.breaches.count() == 1
