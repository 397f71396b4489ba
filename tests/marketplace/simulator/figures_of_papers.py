"""Straddling, tax, commission, distribution, vouchers and amendments; each figure worked out above it."""

from .sheets import after, amended, at, case, course, fixed, lump, quarter, row, roy, terms, tiers, yf

Y = 2026

# cumulative 1m is passed in Q2 by 200,000: 3 % of that; of the whole quarter; from the next one on
for st, second in (("part_above", 600000), ("whole_period", 1500000), ("next_period", None), ("split", None)):
    exp = [("royalty", "2026-06-30", second)] if second is not None else []
    case(
        f"begins at a threshold, {st}",
        terms(roy(fixed("0.03"), trigger=at(100000000), straddling=st)),
        course(
            "2026-01-01",
            "2026-09-30",
            row(quarter(Y, 1), 70000000),
            row(quarter(Y, 2), 50000000),
            row(quarter(Y, 3), 10000000),
        ),
        [*exp, ("royalty", "2026-09-30", 300000)],
    )
# 1.1 into 10,000 = 9,090.909 -> 9,091, the rest 909
case(
    "tax contained in yen",
    terms(lump(10000, {"kind": "date", "on": "2026-06-30"}), currency="JPY", vat="inclusive"),
    course("2026-01-01", "2026-12-31", vat={"rate": "0.1"}),
    [("fee", "2026-06-30", 10000)],
    vat=[(9091, 909, 10000)],
)
# 5 % of 100.00 = 500 fen: 167 / 167 / 166; of 200.00 = 1,000: 334 / 333 / 333 less what was given
case(
    "commission among three",
    terms(),
    course(
        "2026-01-01",
        "2026-12-31",
        commission={"rate": "0.05", "shares": ["1", "1", "1"]},
        receipts=[{"on": "2026-02-01", "amount": 10000}, {"on": "2026-03-01", "amount": 10000}],
    ),
    [],
    commission=[[167, 167, 166], [167, 166, 167]],
)
# 5,000 - 8,000 leaves nothing and 3,000 uncovered; 10,000 - 3,000 = 7,000: team 4,900.00 in thirds; staff 20 % of 2,100
case(
    "costs above the first receipt",
    terms(),
    course(
        "2026-01-01",
        "2026-12-31",
        receipts=[
            {"on": "2026-02-01", "amount": 500000, "direct_cost": 800000},
            {"on": "2026-03-01", "amount": 1000000},
        ],
        distribution={"team": "0.7", "staff_of_retained": "0.2", "inventors": ["0.5", "0.25", "0.25"]},
    ),
    [],
    section=("distribution", "inventors", [245000, 122500, 122500]),
)
# 120,000; 90,000 limited to 80,000; next year 9,999.999 down to 9,000
case(
    "vouchers of two years",
    terms(),
    course(
        "2026-01-01",
        "2027-12-31",
        voucher={
            "lines": [
                {"on": "2026-03-01", "kind": "testing", "amount": 40000000},
                {"on": "2026-05-01", "kind": "testing", "amount": 30000000},
                {"on": "2027-02-01", "kind": "testing", "amount": 3333333},
            ]
        },
    ),
    [],
    voucher=[12000000, 8000000, 900000],
)
# the option ends with the decline; the contingent royalty goes on
case(
    "declined, the royalty lives on",
    terms(
        lump(5000000, None, commitment="option") | {"trigger": None},
        roy(fixed("0.02"), trigger=after(12)),
        trial={"months": 12},
    ),
    course(
        "2026-01-01",
        "2027-03-31",
        *[row(quarter(2026, n), 0) for n in (1, 2, 3, 4)],
        row(quarter(2027, 1), 10000000),
        facts={"declined_on": "2026-12-20"},
    ),
    [("royalty", "2027-03-31", 200000)],
)
case(
    "three months after a conversion on a month end",
    terms(lump(7000000, after(3, "conversion"), commitment="option"), trial={"months": 12}),
    course("2026-01-01", "2027-12-31", facts={"converted_on": "2026-11-30"}),
    [("fee", "2027-02-28", 7000000)],
)
case(
    "silence counts as converting",
    terms(
        lump(7000000, None, commitment="option") | {"trigger": None},
        trial={"months": 12, "on_silence": "convert"},
    ),
    course("2026-01-15", "2027-12-31", facts={"converted_on": "2027-01-14"}),
    [("fee", "2027-01-14", 7000000)],
)
# six months from 31 Aug = 28 Feb; extended from the original start: twelve months = 31 Aug
case(
    "extension from the original start",
    terms(lump(100, None) | {"trigger": None}, trial={"months": 6}),
    course("2026-08-31", "2027-12-31"),
    [("fee", "2027-02-28", 100)],
)
case(
    "extension from the original start, extended",
    terms(lump(100, None) | {"trigger": None}, trial={"months": 6}),
    course("2026-08-31", "2027-12-31", facts={"extension_months": 6}),
    [("fee", "2027-08-31", 100)],
)
case(
    "due on 29 February",
    terms(
        lump(
            100,
            {"kind": "date", "on": "2026-12-31"},
            id="a",
            due={"kind": "fixed_day", "month": 2, "day": 29},
        ),
        lump(
            100,
            {"kind": "date", "on": "2027-12-31"},
            id="b",
            due={"kind": "fixed_day", "month": 2, "day": 29},
        ),
    ),
    course("2026-01-01", "2028-12-31"),
    [("a", "2026-12-31", 100), ("b", "2027-12-31", 100)],
    due=["2027-02-28", "2028-02-29"],
)
# statutory count: the corresponding day is the last free one
case(
    "statutory count on a month end",
    terms(lump(100, after(1)), trigger_day="last_free"),
    course("2026-01-31", "2026-12-31"),
    [("fee", "2026-03-01", 100)],
)


def ann(a, b):
    return terms(roy(tiers((a, 100000000), (b, None), span="year")))


# 600,000 x 5 %; 400,000 x 5 % + 200,000 x 3 %; the tier stays filled: 600,000 x 2 %; 100,000 x 2 %; a new year: 100,000 x 4 %
case(
    "yearly tiers across an amendment",
    ann("0.05", "0.03"),
    course(
        "2026-01-01",
        "2027-03-31",
        *[row(quarter(2026, n), 60000000) for n in (1, 2, 3)],
        row(quarter(2026, 4), 10000000),
        row(quarter(2027, 1), 10000000),
        **amended("2026-07-01", ann("0.04", "0.02")),
    ),
    [
        ("royalty", "2026-03-31", 3000000),
        ("royalty", "2026-06-30", 2600000),
        ("royalty", "2026-09-30", 1200000),
        ("royalty", "2026-12-31", 200000),
        ("royalty", "2027-03-31", 400000),
    ],
)


def lc(r):
    return terms(roy(fixed(r), base="profit", loss_carry=True))


# -100,000 + 60,000 + 90,000 = 50,000 x 20 %
case(
    "loss carried across an amendment",
    lc("0.1"),
    course(
        "2026-01-01",
        "2026-09-30",
        row(quarter(2026, 1), -10000000, "profit"),
        row(quarter(2026, 2), 6000000, "profit"),
        row(quarter(2026, 3), 9000000, "profit"),
        **amended("2026-07-01", lc("0.2")),
    ),
    [("royalty", "2026-03-31", 0), ("royalty", "2026-06-30", 0), ("royalty", "2026-09-30", 1000000)],
)


def mn(a):
    return terms(
        roy(fixed("0.02")),
        {
            "kind": "minimum",
            "id": "least",
            "commitment": "contingent",
            "counts": ["royalty"],
            "amounts": [a],
            "trigger": after(0),
        },
        report={"every": "year"},
    )


# 1.5m x 2 % = 30,000; at the year's end the least is 40,000
case(
    "minimum raised in mid-year",
    mn(2000000),
    course(
        "2026-01-01",
        "2026-12-31",
        row(("2026-01-01", "2026-06-30"), 75000000),
        row(("2026-07-01", "2026-12-31"), 75000000),
        **amended("2026-07-01", mn(4000000)),
    ),
    [("royalty", "2026-12-31", 3000000), ("least", "2026-12-31", 1000000)],
)
# 1 Jan - 1 Jul 182 days of 36,500: 18,200; 183 days of 73,000: 36,600
case(
    "yearly fee raised in mid-year",
    yf("365", 3650000),
    course("2026-01-01", "2026-12-31", **amended("2026-07-02", yf("365", 7300000))),
    [("fee", "2026-12-31", 5480000)],
)


# 1m x 3 % = 30,000 and 1m x 3 % = 30,000 of which 20,000 below 50,000; raised to 70,000: 10,000 is not made up for, 20,000 is left
def cp(a):
    return terms(roy(fixed("0.03")), caps=[{"id": "life", "counts": ["royalty"], "amount": a}])


case(
    "cap raised after it was reached",
    cp(5000000),
    course(
        "2026-01-01",
        "2026-09-30",
        *[row(quarter(2026, n), 100000000) for n in (1, 2, 3)],
        **amended("2026-07-01", cp(7000000)),
    ),
    [
        ("royalty", "2026-03-31", 3000000),
        ("royalty", "2026-06-30", 2000000),
        ("royalty", "2026-09-30", 2000000),
    ],
    paid_up="2026-09-30",
)
