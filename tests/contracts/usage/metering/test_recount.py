"""The nightly recount finds what differs, says so, and a person can write a contract's sums anew."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contracts.usage.metering.models import DailyUsage, Recount
from contracts.usage.tasks import recount_usage
from marketplace.dashboard.overview import overview
from tests.contracts.usage.metering.world import event, metered, replacement, send, sums, void


def test_a_recount_finds_every_difference(world):
    contract = metered(world)
    send(world, event(contract, "a", "1.5"), event(contract, "b", 2), event(contract, "c", 4), void(contract, "c"),
         replacement(contract, "b", 3, time="2026-03-09T09:00:00Z"), void(contract, "never"))  # fmt: skip
    right = sums(contract)
    recount_usage()
    assert [(row.difference_count, row.events, row.rows) for row in Recount.objects.all()] == [(0, 2, 2)]
    assert _line().tone == ""

    DailyUsage.objects.filter(day=20260310).update(quantity=9)
    DailyUsage.objects.create(meter=contract.meters.get(), product="X", day=20260301, quantity=1, events=1)
    recount_usage()
    found = Recount.objects.first()
    assert [(d["day"], d["counted"], d["kept"]) for d in found.differences] == [
        ("2026-03-01", None, "1.000000"), ("2026-03-10", "1.500000", "9.000000"),
    ]  # fmt: skip
    assert (_line().count, _line().tone) == (2, "bad")
    with pytest.raises(CommandError, match="2 daily sums differ"):
        call_command("recount_usage", stdout=StringIO())

    out = StringIO()
    call_command("recount_usage", "--repair", contract.number, stdout=out)
    assert out.getvalue().splitlines()[-1] == "No difference."
    assert sums(contract) == right


def _line():
    return overview().machines[0]
