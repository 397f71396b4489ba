"""Short ways of writing terms and scenarios, and the collection of cases: each with its figures, worked out by hand.

The figures are minor units. `also` says what else is expected: due days, the day of paying up, a section's figures.
"""


def terms(*elements, caps=(), report=None, currency="CNY", **more):
    return {
        "currency": currency,
        "term_months": 120,
        "elements": list(elements),
        "caps": list(caps),
        "report": {"every": "quarter", **(report or {})},
        **more,
    }


def after(months, anchor="effect", days=0):
    return {"kind": "after", "months": months, "days": days, "anchor": anchor}


def event(name):
    return {"kind": "event", "name": name}


def at(amount, meter="net_sales", **m):
    return {"kind": "threshold", "meter": meter, "at_least": str(amount), **m}


def fixed(r):
    return {"kind": "fixed", "rate": r}


def tiers(*pairs, **m):
    return {
        "kind": "tiers",
        "tiers": [{"rate": r, **({"up_to": str(u)} if u else {})} for r, u in pairs],
        **m,
    }


def roy(rate, base="net_sales", id="royalty", commitment="contingent", trigger=None, **m):
    return {
        "kind": "royalty",
        "id": id,
        "commitment": commitment,
        "base": base,
        "rate": rate,
        "trigger": trigger or after(0),
        **m,
    }


def lump(amount, trigger, id="fee", commitment="contingent", **m):
    return {"kind": "lump_sum", "id": id, "commitment": commitment, "amount": amount, "trigger": trigger, **m}


def quarter(year, n):
    return [
        (f"{year}-01-01", f"{year}-03-31"),
        (f"{year}-04-01", f"{year}-06-30"),
        (f"{year}-07-01", f"{year}-09-30"),
        (f"{year}-10-01", f"{year}-12-31"),
    ][n - 1]


def row(period, quantity, meter="net_sales", **m):
    return {"meter": meter, "start": period[0], "end": period[1], "quantity": str(quantity), **m}


def course(effective, until, *usage, facts=None, **m):
    return {
        "facts": {"effective_on": effective, **(facts or {})},
        "until": until,
        "usage": list(usage),
        "reported_through": until,
        **m,
    }


CASES = {}


def case(name, agreed, scenario, expected, **also):
    CASES[name] = (agreed, scenario, expected, also)


def month(y, m, last):
    return (f"{y}-{m:02}-01", f"{y}-{m:02}-{last}")


def amended(on, terms):
    return {"amendments": [{"on": on, "terms": terms}]}


def yf(dc, amount=3660000, caps=()):
    return terms(
        {
            "kind": "yearly_fee",
            "id": "fee",
            "commitment": "contingent",
            "amounts": [amount],
            "day_count": dc,
            "trigger": after(0),
        },
        caps=caps,
    )
