"""Contracts of every shape for properties: terms, facts, usage, amendments, missing reports."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from contracts import rating
from marketplace import terms
from marketplace.terms.dates import add_months

from .samples import after, all_of, any_of, event, fixed, reach, tiers

EFFECT = date(2026, 2, 10)
UNTIL = date(2029, 6, 30)

triggers = st.one_of(
    st.none(),
    st.integers(0, 20).map(after),
    st.just(event("first_income")),
    st.sampled_from([2_000, 9_000, 30_000]).map(reach),
    st.just(any_of(after(14), event("first_income"))),
    st.just(all_of(after(6), event("first_income"))),
    st.just(any_of(after(18), reach(12_000))),
    st.just(all_of(after(10), reach(8_000))),
    st.just(reach(6_000, per="year")),
    st.just(reach(3_000, per="period", free_use_counts=False)),
)
commitments = st.sampled_from(["option", "contingent"])
rates = st.one_of(
    st.sampled_from(["0.03", "0.0333", "0.125"]).map(fixed),
    st.just({"kind": "yearly", "rates": ["0.05", "0.03", "0.01"]}),
    st.builds(
        lambda mode, span: tiers((4_000, "0.05"), (11_000, "0.031"), (None, "0.01"), mode=mode, span=span),
        st.sampled_from(["excess", "whole"]),
        st.sampled_from(["life", "year"]),
    ),
)
deducted = st.one_of(
    st.none(),
    st.builds(
        lambda span, pro_rate: {"quantity": 150_000, "span": span, "pro_rate": pro_rate},
        st.sampled_from(["life", "year", "period"]),
        st.sampled_from(["none", "month_counts"]),
    ),
)


@st.composite
def royalties(draw, element_id="royalty"):
    element = {
        "kind": "royalty",
        "id": element_id,
        "commitment": draw(commitments),
        "base": draw(st.sampled_from(["net_sales", "profit"])),
        "rate": draw(rates),
        "trigger": draw(triggers),
        "loss_carry": draw(st.booleans()),
        "free_use_fills": draw(st.booleans()),
        "baseline": draw(deducted),
    }
    if draw(st.booleans()):
        element["stacking"] = {"offset": "0.5", "floor": "0.01", "carry": draw(st.booleans())}
    if draw(st.integers(0, 3)) == 0:
        element["combinations"] = [{"own": 100, "other": 200}]
    straddling = draw(st.sampled_from([None, None, "next_period", "whole_period", "split", "part_above"]))
    return {
        name: value for name, value in (element | {"straddling": straddling}).items() if value is not None
    }


@st.composite
def documents(draw):
    elements = [draw(royalties())]
    if draw(st.booleans()):
        elements.append(draw(royalties("other")))
    if draw(st.booleans()):
        against = draw(st.sampled_from([[], ["royalty"], [e["id"] for e in elements]]))
        elements.insert(0, {"kind": "entry_fee", "id": "entry", "commitment": draw(commitments), "amount": 70_003,
                            "credit_against": against, "trigger": draw(triggers)})  # fmt: skip
    if draw(st.booleans()):
        elements.append({"kind": "milestone", "id": "milestone", "commitment": "contingent", "amount": 123_457,
                         "trigger": draw(triggers.filter(bool))})  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        elements.append({"kind": "instalments", "id": "parts", "commitment": "contingent", "amount": 100_001,
                         "parts": [{"trigger": after(5 * place)} for place in range(3)]})  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        elements.append({"kind": "yearly_fee", "id": "yearly", "commitment": draw(commitments),
                         "amounts": [36_500, 73_000], "trigger": draw(triggers)})  # fmt: skip
    if draw(st.booleans()):
        elements.append({"kind": "minimum", "id": "minimum", "commitment": "contingent", "counts": ["royalty"],
                         "amounts": [20_000], "carry_excess": draw(st.booleans()),
                         "pro_rate": draw(st.sampled_from(["none", "month_counts"])),
                         "year": draw(st.sampled_from(["calendar", "licence"])), "trigger": draw(triggers)})  # fmt: skip
    for element in elements:
        if element.get("trigger", 0) is None:
            del element["trigger"]
    ids = [element["id"] for element in elements]
    caps = []
    if draw(st.booleans()):
        caps.append({"id": "cap_year", "counts": ["royalty"], "amount": 30_000, "span": "year"})
    if draw(st.booleans()):
        counts = draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
        caps.append({"id": "cap_life", "counts": counts, "amount": draw(st.sampled_from([60_000, 250_000]))})
    return {
        "term_months": 36,
        "trial": {"months": 6},
        "elements": elements,
        "caps": caps,
        "report": {
            "every": draw(st.sampled_from(["quarter", "half", "month"])),
            "year": draw(st.sampled_from(["calendar", "calendar", "licence"])),
        },
    }


@st.composite
def cases(draw, versions=2, with_missing=False):
    """(versions, facts, usage): rows are small enough that every tier, cap and threshold is met."""
    document = draw(documents())
    listed = [rating.TermsVersion(EFFECT, terms.read(document))]
    if versions > 1 and draw(st.booleans()):
        amended = {**document, "elements": [dict(element) for element in document["elements"]]}
        for element in amended["elements"]:
            if element["kind"] == "royalty":
                element["rate"] = draw(rates)
        ids = [element["id"] for element in amended["elements"]]
        change = draw(st.sampled_from(["rates", "caps", "drop", "report"]))
        if change == "caps":
            counts = draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
            amended["caps"] = [{"id": "cap_life", "counts": counts, "amount": 90_000}]
        elif change == "drop" and len(ids) > 1 and ids[-1] == "minimum":
            amended["elements"] = amended["elements"][:-1]
            amended["caps"] = []
        elif change == "report":
            amended["report"] = {"every": "quarter", "year": "licence"}
        listed.append(rating.TermsVersion(draw(st.sampled_from([date(2027, 1, 1), date(2027, 5, 20)])),
                                          terms.read(amended)))  # fmt: skip
    happened = []
    if draw(st.booleans()):
        happened.append(rating.Happened("first_income", EFFECT + timedelta(days=draw(st.integers(0, 700)))))
    converted = draw(st.one_of(st.none(), st.integers(30, 180)))
    terminated = draw(st.one_of(st.none(), st.none(), st.integers(200, 1000)))
    known = {
        "effective_on": EFFECT,
        "events": tuple(happened),
        "converted_on": None if converted is None else EFFECT + timedelta(days=converted),
        "terminated_on": None if terminated is None else EFFECT + timedelta(days=terminated),
    }
    if terminated is not None and draw(st.booleans()):
        known["sell_off_until"] = known["terminated_on"] + timedelta(days=100)
    facts = rating.Facts(**known)
    periods = [rating.Period(p.start, p.end) for p in rating.periods(listed, facts, UNTIL) if p.end <= UNTIL]
    usage = []
    for period in periods:
        for begins, ends in _pieces(period):
            for meter in ("net_sales", "profit", "third_party_royalties"):
                low = -150_000 if meter == "profit" else 0
                amount = draw(st.one_of(st.just(0), st.integers(low, 600_000)))
                if meter == "third_party_royalties":
                    amount //= 50
                if amount:
                    usage.append(rating.UsageRow(meter, begins, ends, Decimal(amount)))
    missing = set()
    if with_missing:
        missing = set(draw(st.lists(st.sampled_from(periods), max_size=3, unique=True)))
    accepted = tuple(period for period in periods if period not in missing)
    return listed, rating.Facts(**known, accepted=accepted), usage, missing


def _pieces(period):
    """A period's rows: by calendar month, so that most amendments and triggers fall between rows."""
    begins = period.start
    while begins <= period.end:
        ends = min(add_months(begins.replace(day=1), 1) - timedelta(days=1), period.end)
        yield begins, ends
        begins = ends + timedelta(days=1)
