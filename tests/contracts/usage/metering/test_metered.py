"""A metered contract: charged from its events once a period is closed, with no report in between."""

from datetime import date

from contracts.billing import tasks as billing
from contracts.billing.runs import recompute
from marketplace.clock import at
from tests.contracts.usage.metering.world import closing, event, metered, replacement, send
from tests.contracts.usage.world import charged, pass_day


def test_events_are_charged_once_their_period_is_closed(world):
    contract = metered(world)
    send(world, event(contract, "a", 100, time="2026-02-10T09:00:00+08:00"), event(contract, "b", 7))
    pass_day(date(2026, 3, 12))
    assert charged(contract) == []  # nobody has said that February is complete: missing, not nil

    send(world, closing(contract, "2026-01-31", "2026-02-28"))
    pass_day(date(2026, 3, 13))
    assert charged(contract) == [("2026-02-28", "200.00")]

    # a late correction is taken and billed as a difference, the charge stays what it was
    send(world, replacement(contract, "a", 90, time="2026-02-10T09:00:00+08:00"))
    with at(date(2026, 3, 14)):
        billing.charge_due()
    assert charged(contract) == [("2026-02-28", "200.00"), ("2026-03-14", "-20.00")]
    # each run can be computed again from what it knew, although events came since
    runs = [recompute(run) for run in contract.rating_runs.all()]
    assert [run.agrees for run in runs] == [True, True]
    assert not contract.reports.exists()  # everything is metered: there is nothing to report
