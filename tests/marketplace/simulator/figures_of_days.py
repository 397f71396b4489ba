"""Audits, interest, yearly fees and days in terms that stand in no specification; each figure worked out above it."""

from .sheets import after, case, course, fixed, lump, quarter, row, roy, terms, yf

Y = 2026

# the audit: 100,000 due, 92,000 reported: a gap of exactly 8 %; one fen less is below it
for reported, total in ((9200000, 800000 + 1234500), (9200001, 799999)):
    case(
        f"audit true-up at {reported}",
        terms(audit={"cost_shift_at": "0.08"}),
        course("2026-01-01", "2026-12-31", audit={"reported": reported, "found": 10000000, "cost": 1234500}),
        [],
        section=("audit", "total", total),
    )
case(
    "audit finds too much reported",
    terms(audit={"cost_shift_at": "0.08"}),
    course("2026-01-01", "2026-12-31", audit={"reported": 10000000, "found": 9000000, "cost": 1234500}),
    [],
    section=("audit", "cost_borne", 0),
)


# due 31 Dec + 31 = 31 Jan; on 27 Feb no full month, on 28 Feb one, on 30 Mar one, on 31 Mar two: 10,000.00 x 1 %
def fee(interest):
    return terms(
        lump(1000000, {"kind": "date", "on": "2026-12-31"}, due={"kind": "after_charge", "days": 31}),
        interest=interest,
    )


for part, paid, amount in (
    (False, "2027-02-27", None),
    (False, "2027-02-28", 10000),
    (False, "2027-03-30", 10000),
    (False, "2027-03-31", 20000),
    (True, "2027-02-01", 10000),
    (True, "2027-02-28", 10000),
    (True, "2027-03-01", 20000),
    (True, "2027-01-31", None),
):
    case(
        f"monthly interest, part months {part}, paid {paid}",
        fee({"kind": "monthly", "rate": "0.01", "part_months": part}),
        course("2026-01-01", "2027-12-31", receipts=[{"on": paid, "amount": 1000000}]),
        [("fee", "2026-12-31", 1000000)],
        interest=[] if amount is None else [amount],
    )
# due 15 Feb 2028, paid 15 Mar 2028: 29 days; 123,456.78 x 0.03 % x 29 = 1,074.073986
case(
    "daily interest across a leap day",
    terms(
        lump(12345678, {"kind": "date", "on": "2028-01-31"}, due={"kind": "after_charge", "days": 15}),
        interest={"kind": "daily", "rate": "0.0003"},
    ),
    course("2026-01-01", "2028-12-31", receipts=[{"on": "2028-03-15", "amount": 12345678}]),
    [("fee", "2028-01-31", 12345678)],
    interest=[107407],
)


# 1 Sep 2027 to 29 Feb 2028 = 182 days, the day of termination is not charged: 36,600 x 182 / 366 = 18,200.00; / 365 = 18,249.863
case(
    "yearly fee of a leap year, ended early",
    yf("actual"),
    course("2027-09-01", "2028-12-31", facts={"terminated_on": "2028-03-01"}),
    [("fee", "2028-03-01", 1820000)],
)
case(
    "yearly fee per 365 days, ended early",
    yf("365"),
    course("2027-09-01", "2028-12-31", facts={"terminated_on": "2028-03-01"}),
    [("fee", "2028-03-01", 1824986)],
)
# 36,600 + 23,400 = the cap
case(
    "yearly fee under a cap for life",
    yf("actual", caps=[{"id": "life", "counts": ["fee"], "amount": 6000000}]),
    course("2026-01-01", "2029-12-31"),
    [("fee", "2026-12-31", 3660000), ("fee", "2027-12-31", 2340000)],
    paid_up="2027-12-31",
)
# 45,000: 15,000 above 30,000; 30,000 - 15,000 - 10,000 = 5,000; then no excess: 30,000 - 10,000 = 20,000
case(
    "excess lowers one year only",
    terms(
        roy(fixed("0.1")),
        {
            "kind": "minimum",
            "id": "least",
            "commitment": "contingent",
            "counts": ["royalty"],
            "amounts": [3000000],
            "carry_excess": True,
            "trigger": after(0),
        },
        report={"every": "year"},
    ),
    course(
        "2026-01-01",
        "2028-12-31",
        row(("2026-01-01", "2026-12-31"), 45000000),
        row(("2027-01-01", "2027-12-31"), 10000000),
        row(("2028-01-01", "2028-12-31"), 10000000),
    ),
    [
        ("royalty", "2026-12-31", 4500000),
        ("least", "2026-12-31", 0),
        ("royalty", "2027-12-31", 1000000),
        ("least", "2027-12-31", 500000),
        ("royalty", "2028-12-31", 1000000),
        ("least", "2028-12-31", 2000000),
    ],
)
# baseline 1.2m a year, October to December 3/12 = 0.3m: 0.2m x 2 %; not pro-rated: nothing
for pro, amount in (("month_counts", 400000), ("none", 0)):
    case(
        f"baseline of a broken year, {pro}",
        terms(roy(fixed("0.02"), base="output_value", baseline={"quantity": "120000000", "pro_rate": pro})),
        course("2026-10-01", "2026-12-31", row(quarter(Y, 4), 50000000, "output_value")),
        [("royalty", "2026-12-31", amount)],
    )
# 1,130,000 - 130,000 - 50,000 - 20,000 = 930,000 (insurance is not deducted); x 300 / 1,000 = 279,000; x 3.5 %
case(
    "combination product from components",
    terms(roy(fixed("0.035"), combinations=[{"own": 30000, "other": 70000}])),
    course(
        "2026-01-01",
        "2026-03-31",
        {
            "meter": "sales",
            "start": "2026-01-01",
            "end": "2026-03-31",
            "components": {
                "invoiced_incl_vat": 113000000,
                "vat": 13000000,
                "returns": 5000000,
                "freight": 2000000,
                "insurance": 500000,
            },
        },
    ),
    [("royalty", "2026-03-31", 976500)],
)
# 12,345.67 x 20 % = 2,469.134
case(
    "sublicence income in dollars",
    terms(roy(fixed("0.2"), base="sublicence_income"), currency="USD", report={"every": "year"}),
    course("2026-01-01", "2026-12-31", row(("2026-01-01", "2026-12-31"), 1234567, "sublicence_income")),
    [("royalty", "2026-12-31", 246913)],
)
# licence years from 15 March: 100,000 x 1 % + 100,000 x 2 %
case(
    "a rate that rises inside a quarter",
    terms(roy({"kind": "yearly", "rates": ["0.01", "0.02"]})),
    course(
        "2026-03-15",
        "2027-03-31",
        row(("2026-03-15", "2026-03-31"), 0),
        *[row(quarter(2026, n), 0) for n in (2, 3, 4)],
        row(("2027-01-01", "2027-03-14"), 10000000),
        row(("2027-03-15", "2027-03-31"), 10000000),
    ),
    [
        ("royalty", "2026-03-31", 0),
        ("royalty", "2026-06-30", 0),
        ("royalty", "2026-09-30", 0),
        ("royalty", "2026-12-31", 0),
        ("royalty", "2027-03-31", 300000),
    ],
)
