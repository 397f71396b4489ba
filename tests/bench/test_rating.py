"""How far rating is from a bare loop over Decimals doing the same sums, in one run; and memory that stays flat."""

import gc
import resource
import time
from calendar import monthrange
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random

import pytest

from contracts import rating
from marketplace import terms
from tests.contracts.rating.generate import contract

CONTRACTS = 100_000
MONTHS, CAP, MINIMUM = 24, Decimal(900_000_000), Decimal(6_000_000)
TIERS = (
    (Decimal(0), Decimal(1_000_000_000), Decimal("0.05")),
    (Decimal(1_000_000_000), Decimal(3_000_000_000), Decimal("0.03")),
    (Decimal(3_000_000_000), None, Decimal("0.01")),
)
AGREED = terms.read(
    {
        "term_months": 60,
        "report": {"every": "month"},
        "elements": [
            {
                "kind": "royalty",
                "id": "royalty",
                "commitment": "contingent",
                "base": "net_sales",
                "trigger": {"kind": "after"},
                "rate": {
                    "kind": "tiers",
                    "tiers": [
                        {"rate": "0.05", "up_to": 1_000_000_000},
                        {"rate": "0.03", "up_to": 3_000_000_000},
                        {"rate": "0.01"},
                    ],
                },
            },
            {
                "kind": "minimum",
                "id": "minimum",
                "commitment": "contingent",
                "counts": ["royalty"],
                "amounts": [6_000_000],
                "trigger": {"kind": "after"},
            },
        ],
        "caps": [{"id": "cap", "counts": ["royalty", "minimum"], "amount": 900_000_000}],
    }
)


def sold(seed=0):
    return [
        rating.UsageRow(
            "net_sales",
            date(2026 + place // 12, place % 12 + 1, 1),
            date(2026 + place // 12, place % 12 + 1, monthrange(2026 + place // 12, place % 12 + 1)[1]),
            Decimal(100_000_000 + 37 * place + seed),
        )
        for place in range(MONTHS)
    ]


def bare(rows):
    """The same figures without terms, triggers, dates or working."""
    cumulative = charged = year = Decimal(0)
    found = []
    for place, row in enumerate(rows):
        low, high, exact = cumulative, cumulative + row.quantity, Decimal(0)
        for start, end, rate in TIERS:
            begins, stops = max(low, start), high if end is None else min(high, end)
            if stops > begins:
                exact += (stops - begins) * rate
        cumulative = high
        amount = min(exact.quantize(Decimal(1), ROUND_HALF_UP), max(CAP - charged, Decimal(0)))
        charged, year = charged + amount, year + amount
        found.append(amount)
        if place % 12 == 11:
            shortfall = min(max(MINIMUM - year, Decimal(0)), max(CAP - charged, Decimal(0)))
            charged, year = charged + shortfall, Decimal(0)
            found.append(shortfall)
    return found


def rated(rows, working):
    known = rating.Facts(effective_on=date(2026, 1, 1), reported_through=date(2027, 12, 31))
    versions = [rating.TermsVersion(known.effective_on, AGREED)]
    return rating.rate(versions, known, rows, date(2027, 12, 31), working=working)


def months_per_second(work, contracts=400):
    best = 0.0
    for _ in range(3):
        begun = time.perf_counter()
        for _ in range(contracts):
            work()
        best = max(best, contracts * MONTHS / (time.perf_counter() - begun))
    return best


@pytest.mark.bench
def test_rating_against_a_bare_loop(capsys):
    rows = sold()
    assert [charge.minor for charge in rated(rows, True).charges] == [int(amount) for amount in bare(rows)]
    loop = months_per_second(lambda: bare(rows), 4000)
    full = months_per_second(lambda: rated(rows, True))
    short = months_per_second(lambda: rated(rows, False))
    with capsys.disabled():
        print(f"\nbare Decimal loop        {loop:>12,.0f} contract-months/s")
        print(f"rating with working      {full:>12,.0f}   {loop / full:.1f} × slower (aim 10)")
        print(f"rating without working   {short:>12,.0f}   {loop / short:.1f} × slower (aim 4)")
        print(
            f"one contract's month     {1000 * MONTHS / full:>12.2f} ms for {MONTHS} months (limit 2 ms a month)"
        )
    assert loop / full < 20


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@pytest.mark.bench
def test_memory_stays_flat_over_100_000_contracts(capsys):
    """Two hundred random contracts of every shape, each rated with its working again and again."""
    made = [contract(Random(seed)) for seed in range(200)]
    seen = []
    for count in range(CONTRACTS + 1):
        if count % (CONTRACTS // 10) == 0:
            gc.collect()
            seen.append(resident_mib())
        one = made[count % len(made)]
        rating.rate(one.versions, one.facts, one.usage, one.until)
    with capsys.disabled():
        said = " ".join(f"{mib:.1f}" for mib in seen)
        print(f"\nresident memory (MiB) at each tenth of {CONTRACTS:,} contracts: {said}")
    assert seen[-1] - seen[1] < 4
