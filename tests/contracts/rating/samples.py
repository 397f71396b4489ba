"""Short ways to say terms, usage and facts in tests. Amounts of money are in yuan here."""

from datetime import date
from decimal import Decimal

from contracts import rating
from marketplace import terms
from marketplace.money import Money
from marketplace.terms.dates import last_free_day

START = date(2026, 1, 1)


def day(text):
    return date.fromisoformat(text)


def fen(yuan):
    return int(Decimal(str(yuan).replace("_", "")) * 100)


def after(months, anchor="effect"):
    return {"kind": "after", "months": months, "anchor": anchor}


def event(name):
    return {"kind": "event", "name": name}


def reach(yuan, meter="net_sales", **more):
    return {"kind": "threshold", "meter": meter, "at_least": fen(yuan), **more}


def any_of(*parts):
    return {"kind": "any", "of": list(parts)}


def all_of(*parts):
    return {"kind": "all", "of": list(parts)}


def fixed(rate):
    return {"kind": "fixed", "rate": rate}


def tiers(*pairs, **more):
    """(up_to in yuan or None, rate) …"""
    listed = [{"rate": rate} | ({} if bound is None else {"up_to": fen(bound)}) for bound, rate in pairs]
    return {"kind": "tiers", "tiers": listed, **more}


def lump(amount, element_id="fee", **more):
    return {"kind": "lump_sum", "id": element_id, "commitment": "contingent", "amount": fen(amount), **more}


def royalty(rate, base="net_sales", element_id="royalty", **more):
    return {
        "kind": "royalty", "id": element_id, "commitment": "contingent", "base": base, "rate": rate,
        "trigger": after(0), **more,
    }  # fmt: skip


def minimum(*amounts, counts=("royalty",), **more):
    return {
        "kind": "minimum", "id": "minimum", "commitment": "contingent", "counts": list(counts),
        "amounts": [fen(amount) for amount in amounts], "trigger": after(0), **more,
    }  # fmt: skip


def cap(amount, *counts, span="life", **more):
    return {
        "id": f"cap_{span}",
        "counts": list(counts or ["royalty"]),
        "amount": fen(amount),
        "span": span,
        **more,
    }


def sheet(*elements, every="quarter", **more):
    return terms.read(
        {
            "elements": list(elements),
            "term_months": 120,
            "report": {"every": every, **more.pop("report", {})},
            **more,
        }
    )


def quarter(year, number):
    begins = date(year, 3 * number - 2, 1)
    return begins, last_free_day(begins, 3)


def sales(period, yuan, meter="net_sales", **more):
    begins, ends = period
    return rating.UsageRow(meter, begins, ends, fen(yuan), **more)


def year(number):
    return date(number, 1, 1), date(number, 12, 31)


def facts(effective_on=START, **more):
    more.setdefault("reported_through", date(2040, 12, 31))
    return rating.Facts(effective_on=effective_on, **more)


def rate(agreed, usage=(), until="2030-12-31", **known):
    """Rate one version of terms from the effective date on."""
    known = known.pop("facts", None) or facts(**known)
    versions = (
        [rating.TermsVersion(known.effective_on, agreed)] if isinstance(agreed, terms.Terms) else agreed
    )
    return rating.rate(versions, known, list(usage), day(until))


def amounts(result, element_id=None):
    """Yuan of each charge, as text, in order."""
    return [
        f"{charge.amount.decimal:.2f}"
        for charge in result.charges
        if element_id is None or charge.element_id == element_id
    ]


def yuan(amount):
    return Money(fen(amount), "CNY")


Q = [quarter(2026, number) for number in (1, 2, 3, 4)]


def rows(*yuan_by_quarter, meter="net_sales"):
    """A figure for each quarter of 2026."""
    return [sales(period, amount, meter) for period, amount in zip(Q, yuan_by_quarter, strict=False)]


def amended(day_text, first, second, start="2026-01-01"):
    """Two versions of the terms, the second from a day on."""
    return [rating.TermsVersion(day(start), first), rating.TermsVersion(day(day_text), second)]
