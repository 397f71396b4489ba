"""Royalties, minima, caps and credits in terms that stand in no specification; each figure worked out above it."""

from .sheets import after, at, case, course, event, fixed, month, quarter, row, roy, terms, tiers

# 1,234,567 x 1.75 % = 21,604.9225 -> 21,605; 2,000,000 x 1.75 % = 35,000; 200 x 1.75 % = 3.5 -> 4
case(
    "yen by the month",
    terms(roy(fixed("0.0175")), currency="JPY", report={"every": "month"}),
    course(
        "2026-01-01",
        "2026-03-31",
        row(month(2026, 1, 31), 1234567),
        row(month(2026, 2, 28), 2000000),
        row(month(2026, 3, 31), 200),
    ),
    [("royalty", "2026-01-31", 21605), ("royalty", "2026-02-28", 35000), ("royalty", "2026-03-31", 4)],
)
# 29 Feb 2024 + 12 = 28 Feb 2025, + 24 = 28 Feb 2026, + 48 = 29 Feb 2028; 100,000.00 / 3
case(
    "instalments from a leap day",
    terms(
        {
            "kind": "instalments",
            "id": "fee",
            "commitment": "deferred_obligation",
            "amount": 10000000,
            "parts": [{"trigger": after(12)}, {"trigger": after(24)}, {"trigger": after(48)}],
            "due": {"kind": "after_charge", "days": 30},
        }
    ),
    course("2024-02-29", "2028-12-31"),
    [("fee", "2025-02-28", 3333333), ("fee", "2026-02-28", 3333333), ("fee", "2028-02-29", 3333334)],
    due=["2025-03-30", "2026-03-30", "2028-03-30"],
)
# 999.99 x 12.5 % = 124.99875 -> 125.00; x 37.5 % = 374.99625 -> 375.00; the rest 499.99
case(
    "shares of an odd sum on month ends",
    terms(
        {
            "kind": "instalments",
            "id": "fee",
            "commitment": "contingent",
            "amount": 99999,
            "parts": [
                {"share": "0.125", "trigger": after(1)},
                {"share": "0.375", "trigger": after(2)},
                {"share": "0.5", "trigger": after(13)},
            ],
        }
    ),
    course("2026-01-31", "2027-12-31"),
    [("fee", "2026-02-28", 12500), ("fee", "2026-03-31", 37500), ("fee", "2027-02-28", 49999)],
)
# licence half-years from 15 May: 123,456.78 x 2.25 % = 2,777.77755 -> 2,777.78; 777,777.77 x 2.25 % = 17,499.999825 -> 17,500.00
case(
    "half-years of the licence",
    terms(
        roy(fixed("0.0225"), base="gross_sales"), report={"every": "half", "year": "licence"}, currency="USD"
    ),
    course(
        "2026-05-15",
        "2027-05-14",
        row(("2026-05-15", "2026-11-14"), 12345678, "gross_sales"),
        row(("2026-11-15", "2027-05-14"), 77777777, "gross_sales"),
    ),
    [("royalty", "2026-11-14", 277778), ("royalty", "2027-05-14", 1750000)],
)
Y = 2026


def th(mode):
    return terms(roy(tiers(("0", 200000000), ("0.015", None), mode=mode, span="year")))


sales4 = [
    row(quarter(Y, 1), 90000000),
    row(quarter(Y, 2), 90000000),
    row(quarter(Y, 3), 40000000),
    row(quarter(Y, 4), 10000000),
]
# excess: 200,000 x 1.5 % = 3,000; 100,000 x 1.5 % = 1,500.  whole: 2.2m x 1.5 % = 33,000; 2.3m x 1.5 % - 33,000 = 1,500
case(
    "threshold, the excess",
    th("excess"),
    course("2026-01-01", "2026-12-31", *sales4),
    [
        ("royalty", "2026-03-31", 0),
        ("royalty", "2026-06-30", 0),
        ("royalty", "2026-09-30", 300000),
        ("royalty", "2026-12-31", 150000),
    ],
)
case(
    "threshold, the whole",
    th("whole"),
    course("2026-01-01", "2026-12-31", *sales4),
    [
        ("royalty", "2026-03-31", 0),
        ("royalty", "2026-06-30", 0),
        ("royalty", "2026-09-30", 3300000),
        ("royalty", "2026-12-31", 150000),
    ],
)
# exactly 2,000,000.00: the bound belongs to the tier below; one fen more and the whole is charged: 2,000,000.01 x 1.5 % = 30,000.00015
case(
    "threshold, exactly at the bound",
    th("whole"),
    course(
        "2026-01-01",
        "2026-09-30",
        row(quarter(Y, 1), 200000000),
        row(quarter(Y, 2), 0),
        row(quarter(Y, 3), 1),
    ),
    [("royalty", "2026-03-31", 0), ("royalty", "2026-06-30", 0), ("royalty", "2026-09-30", 3000000)],
)
# life tiers 6 % to 0.5m, 4 % to 1.5m, 2 %: 24,000; 6,000 + 20,000 = 26,000 cut to 21,000 by the cap of 45,000
case(
    "cap inside a tier",
    terms(
        roy(tiers(("0.06", 50000000), ("0.04", 150000000), ("0.02", None))),
        caps=[{"id": "cap", "counts": ["royalty"], "amount": 4500000}],
    ),
    course(
        "2026-01-01",
        "2026-12-31",
        row(quarter(Y, 1), 40000000),
        row(quarter(Y, 2), 60000000),
        row(quarter(Y, 3), 60000000),
        row(quarter(Y, 4), 0),
    ),
    [("royalty", "2026-03-31", 2400000), ("royalty", "2026-06-30", 2100000)],
    paid_up="2026-06-30",
)


def mini(pro):
    return terms(
        roy(fixed("0.03")),
        {
            "kind": "minimum",
            "id": "least",
            "commitment": "contingent",
            "counts": ["royalty"],
            "amounts": [6000000],
            "pro_rate": pro,
            "trigger": after(0),
            "due": {"kind": "fixed_day", "month": 1, "day": 31},
        },
        report={"every": "year"},
    )


# 500,000 x 3 % = 15,000; May to December 8 months: 40,000 - 15,000; 15 May to 14 Dec 7 whole months: 35,000 - 15,000; not: 60,000 - 15,000
for pro, short in (("month_counts", 2500000), ("full_months", 2000000), ("none", 4500000)):
    case(
        f"minimum of a broken first year, {pro}",
        mini(pro),
        course("2026-05-15", "2026-12-31", row(("2026-05-15", "2026-12-31"), 50000000)),
        [("royalty", "2026-12-31", 1500000), ("least", "2026-12-31", short)],
        due=["2027-01-30", "2027-01-31"],
    )
# 10,000.00 x 10 / 12 = 8,333.333 -> 8,333.33; nothing sold
case(
    "minimum without any sale",
    terms(
        roy(fixed("0.03")),
        {
            "kind": "minimum",
            "id": "least",
            "commitment": "contingent",
            "counts": ["royalty"],
            "amounts": [1000000],
            "pro_rate": "month_counts",
            "trigger": after(0),
        },
        currency="EUR",
        report={"every": "year"},
    ),
    course("2026-03-31", "2026-12-31", row(("2026-03-31", "2026-12-31"), 0)),
    [("royalty", "2026-12-31", 0), ("least", "2026-12-31", 833333)],
)
# entry 30,000; Q1 50,000 - 30,000 = 20,000; Q2 50,000, of which 20,000 below the yearly cap of 40,000; Q3 nothing more
case(
    "creditable entry fee and yearly cap",
    terms(
        {
            "kind": "entry_fee",
            "id": "entry",
            "commitment": "contingent",
            "amount": 3000000,
            "credit_against": ["royalty"],
            "trigger": after(0),
        },
        roy(fixed("0.05")),
        caps=[{"id": "year", "counts": ["royalty"], "amount": 4000000, "span": "year"}],
    ),
    course(
        "2026-01-01",
        "2027-03-31",
        *[row(quarter(Y, n), 100000000) for n in (1, 2, 3, 4)],
        row(quarter(2027, 1), 100000000),
    ),
    [
        ("entry", "2026-01-01", 3000000),
        ("royalty", "2026-03-31", 2000000),
        ("royalty", "2026-06-30", 2000000),
        ("royalty", "2026-09-30", 0),
        ("royalty", "2026-12-31", 0),
        ("royalty", "2027-03-31", 4000000),
    ],
)
# entry 30,000 + 20,000 + 10,000 = the cap of 60,000 for life
case(
    "entry fee inside the cap for life",
    terms(
        {
            "kind": "entry_fee",
            "id": "entry",
            "commitment": "contingent",
            "amount": 3000000,
            "credit_against": ["royalty"],
            "trigger": after(0),
        },
        roy(fixed("0.05")),
        caps=[{"id": "life", "counts": ["entry", "royalty"], "amount": 6000000}],
    ),
    course("2026-01-01", "2026-12-31", *[row(quarter(Y, n), 100000000) for n in (1, 2, 3, 4)]),
    [
        ("entry", "2026-01-01", 3000000),
        ("royalty", "2026-03-31", 2000000),
        ("royalty", "2026-06-30", 1000000),
    ],
    paid_up="2026-06-30",
)
# -100,000.01 + 60,000 + 90,000.02 = 50,000.01; x 12.5 % = 6,250.00125
case(
    "loss carried over two periods",
    terms(roy(fixed("0.125"), base="profit", loss_carry=True)),
    course(
        "2026-01-01",
        "2026-09-30",
        row(quarter(Y, 1), -10000001, "profit"),
        row(quarter(Y, 2), 6000000, "profit"),
        row(quarter(Y, 3), 9000002, "profit"),
    ),
    [("royalty", "2026-03-31", 0), ("royalty", "2026-06-30", 0), ("royalty", "2026-09-30", 625000)],
)
# 40,000 less 20,000 of 30,555.555 down to the floor of 2 %; 40,000 - 10,555.555 = 29,444.445 -> 29,444.45; 40,000
case(
    "stacking offset carried exactly",
    terms(roy(fixed("0.04"), stacking={"offset": "0.5", "floor": "0.02"})),
    course(
        "2026-01-01",
        "2026-09-30",
        *[row(quarter(Y, n), 100000000) for n in (1, 2, 3)],
        row(quarter(Y, 1), 6111111, "third_party_royalties"),
    ),
    [
        ("royalty", "2026-03-31", 2000000),
        ("royalty", "2026-06-30", 2944445),
        ("royalty", "2026-09-30", 4000000),
    ],
)
case(
    "stacking offset not carried",
    terms(roy(fixed("0.04"), stacking={"offset": "0.5", "floor": "0.02", "carry": False})),
    course(
        "2026-01-01",
        "2026-06-30",
        *[row(quarter(Y, n), 100000000) for n in (1, 2)],
        row(quarter(Y, 1), 6111111, "third_party_royalties"),
    ),
    [("royalty", "2026-03-31", 2000000), ("royalty", "2026-06-30", 4000000)],
)
# 100 free a year: 80 -> 0; 30 x 120.5 = 3,615; 37 x 120.5 = 4,458.5 -> 4,459 - 3,615 = 844; in the new year 100 are free again: 50 x 120.5 = 6,025
case(
    "free pieces each year, in yen",
    terms(
        roy(fixed("120.5"), base="units", meter="pieces", free={"quantity": "100", "span": "year"}),
        currency="JPY",
    ),
    course(
        "2026-01-01",
        "2027-03-31",
        row(quarter(Y, 1), 80, "pieces"),
        row(quarter(Y, 2), 50, "pieces"),
        row(quarter(Y, 3), 7, "pieces"),
        row(quarter(Y, 4), 0, "pieces"),
        row(quarter(2027, 1), 150, "pieces"),
    ),
    [
        ("royalty", "2026-03-31", 0),
        ("royalty", "2026-06-30", 3615),
        ("royalty", "2026-09-30", 844),
        ("royalty", "2026-12-31", 0),
        ("royalty", "2027-03-31", 6025),
    ],
)
# 0.50 x 1 % = 0.005 -> 0.01; 1.00 x 1 % = 0.01 - 0.01 = 0; 1.50 x 1 % = 0.015 -> 0.02 - 0.01
case(
    "half fens in a yearly window",
    terms(roy(tiers(("0.01", 100000000), ("0.02", None), span="year"))),
    course("2026-01-01", "2026-09-30", *[row(quarter(Y, n), 50) for n in (1, 2, 3)]),
    [("royalty", "2026-03-31", 1), ("royalty", "2026-06-30", 0), ("royalty", "2026-09-30", 1)],
)
# delivered 31 Aug + 6 months = 28 Feb; the protocol came on 10 Jan; the later counts. 50,000 x 2 %
case(
    "all of: months after delivery and a protocol",
    terms(
        roy(
            fixed("0.02"),
            trigger={"kind": "all", "of": [after(6, "delivery"), event("milestone:acceptance")]},
        )
    ),
    course(
        "2026-07-01",
        "2027-03-31",
        row(("2026-07-01", "2026-09-30"), 5000000),
        row(quarter(2026, 4), 5000000),
        row(("2027-01-01", "2027-02-27"), 10000000),
        row(("2027-02-28", "2027-03-31"), 5000000),
        facts={"delivered_on": "2026-08-31"},
        events=[{"name": "milestone:acceptance", "on": "2027-01-10"}],
    ),
    [("royalty", "2027-03-31", 100000)],
)
ms = terms(
    {
        "kind": "milestone",
        "id": "m",
        "commitment": "contingent",
        "name": "sales",
        "amount": 12345600,
        "trigger": at(300000000),
    }
)
case(
    "milestone hit exactly",
    ms,
    course(
        "2026-01-01",
        "2026-09-30",
        row(quarter(Y, 1), 199999999),
        row(quarter(Y, 2), 100000001),
        row(quarter(Y, 3), 5),
    ),
    [("m", "2026-06-30", 12345600)],
)
case(
    "milestone missed by a fen",
    ms,
    course("2026-01-01", "2026-06-30", row(quarter(Y, 1), 199999999), row(quarter(Y, 2), 100000000)),
    [],
)
case(
    "milestone of one period",
    terms(
        {
            "kind": "milestone",
            "id": "m",
            "commitment": "contingent",
            "name": "sales",
            "amount": 100,
            "trigger": at(100000000, per="period"),
        }
    ),
    course(
        "2026-01-01",
        "2026-09-30",
        row(quarter(Y, 1), 99999999),
        row(quarter(Y, 2), 60000000),
        row(quarter(Y, 3), 100000000),
    ),
    [("m", "2026-09-30", 100)],
)
case(
    "milestone of one year",
    terms(
        {
            "kind": "milestone",
            "id": "m",
            "commitment": "contingent",
            "name": "sales",
            "amount": 100,
            "trigger": at(100000000, per="year"),
        }
    ),
    course(
        "2026-01-01",
        "2027-06-30",
        row(quarter(Y, 3), 0),
        row(quarter(Y, 1), 0),
        row(quarter(Y, 2), 0),
        row(quarter(Y, 4), 99999999),
        row(quarter(2027, 1), 60000000),
        row(quarter(2027, 2), 40000000),
    ),
    [("m", "2027-06-30", 100)],
)
