"""Random terms that use every element of the language, and amendments of them: JSON, drawn from any `Random`.

Amounts are small and bounds low, so that tiers, caps, thresholds, credits and minima are met often.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from marketplace import terms

MONEY_BASES = ("net_sales", "gross_sales", "output_value", "profit", "sublicence_income")
EVENTS = ("first_income", "first_sale", "written_notice", "milestone:launch", "milestone:pilot", "delivery")
METERED, PIECES = "calls", "pieces"


def often(random: Random, chance: float) -> bool:
    return random.random() < chance


def some(random: Random, **choices) -> dict:
    """Each field in half of all cases; else the default holds."""
    return {name: random.choice(values) for name, values in choices.items() if often(random, 0.5)}


def document(random: Random) -> dict:
    """Terms without contradictions, from a free licence to eight elements under three caps."""
    term = random.choice([18, 24, 36, 36, 60])
    trial = None
    if often(random, 0.6):
        trial = {"months": random.choice([1, 3, 6, 12]), "decision_days": random.choice([0, 10, 20])}
        trial |= some(
            random,
            starts=["effect", "delivery"],
            permitted=[["validation"], ["validation", "development", "pilot_sale"], []],
            extensions=[1, 2, 0],
            extension_months=[1, 6],
            on_silence=["decline", "convert"],
        )
    agreed = {"term_months": term, "report": _report(random)}
    if trial is not None:
        agreed["trial"] = trial
    agreed |= some(
        random,
        currency=["CNY", "CNY", "CNY", "USD", "JPY"],
        vat=["exclusive", "inclusive"],
        trigger_day=["first_chargeable", "first_chargeable", "last_free"],
        interest=[{"kind": "monthly", "rate": "0.01"},
                  {"kind": "monthly", "rate": "0.015", "part_months": True, "charged": "monthly"},
                  random.choice([{"kind": "daily", "rate": "0.0005"},
                                 {"kind": "daily", "rate": "0.0002", "charged": "monthly"}])],
        audit=[{"cost_shift_at": "0.05"}, None],
        invoice_days=[0, 10, 15],
        exclusivity=["non_exclusive", "sole", "exclusive"],
        sublicence_allowed=[True, False],
        fields=[["energy storage"], ["coatings", "adhesives"]],
        territory=[["CN"], ["420000", "430000"], []],
        exit=[{"certificate_days": 10, "sell_off_months": 3}],
        cure=[{"payment_days": 10, "report_days": 5, "other_days": 20}],
        confidentiality_years=[3],
        improvements=["own", "grant_back", "joint"],
        dispute=[{"forum": "arbitration", "place": "Wuhan"}, {"forum": "court"}],
    )  # fmt: skip
    if agreed.get("exclusivity", "non_exclusive") == "non_exclusive" and often(random, 0.1):
        agreed["open_licence"] = True
    if often(random, 0.04):
        return agreed
    agreed["elements"] = _elements(random, agreed)
    agreed["caps"] = _caps(random, agreed["elements"])
    return agreed


def _report(random: Random) -> dict:
    return {"every": random.choice(["quarter", "quarter", "month", "half", "year"])} | some(
        random,
        year=["calendar", "licence"],
        days=[15, 45],
        final_days=[30, 90],
        deductions=[["vat", "returns"], ["vat", "returns", "freight", "insurance", "discounts", "customs", "packaging"], []],
        evidence=[["sales ledger"], ["audit report", "invoices"]],
        deemed=[{"basis": "last"}, {"days": 30, "basis": "highest", "factor": "1.2"}],
        inspection=[True, False],
        metered=[[METERED], [METERED, PIECES], []],
    )  # fmt: skip


def _elements(random: Random, agreed: dict) -> list[dict]:
    found = [
        _royalty(random, agreed, name) for name in ("royalty", "second")[: random.choice([0, 1, 1, 1, 2])]
    ]
    royalties = [element["id"] for element in found]
    if often(random, 0.4):
        against = random.choice([[], royalties[:1], royalties])
        found.insert(0, _once(random, agreed, "entry_fee", "entry", 70_003, credit_against=against))
    if often(random, 0.2):
        against = royalties[-1:]
        found.insert(random.randint(0, len(found)), _once(random, agreed, "entry_fee", "entry_two", 15_001,
                                                          credit_against=against))  # fmt: skip
    if often(random, 0.3):
        found.append(_once(random, agreed, "lump_sum", "sum", 100_000))
    if often(random, 0.3):
        found.append(
            _once(random, agreed, "milestone", "node", 123_457, name=random.choice(["launch", "pilot"]))
        )
    if often(random, 0.3):
        found.append(_instalments(random, agreed))
    if often(random, 0.3):
        fee = _element(random, agreed, "yearly_fee", "yearly")
        fee["amounts"] = random.choice([[36_500], [36_600, 73_001], [0, 5_000, 9_999]])
        found.append(fee | some(random, year=["calendar", "licence"], day_count=["365", "actual"]))
    countable = [element["id"] for element in found]
    if countable and often(random, 0.5):
        found.append(_minimum(random, agreed, "minimum", countable))
    if countable and often(random, 0.1):
        found.append(_minimum(random, agreed, "floor", countable))
    if not found:
        found.append(_once(random, agreed, "lump_sum", "sum", 50_001))
    if often(random, 0.2):
        random.shuffle(found)
    return found


def _element(random: Random, agreed: dict, kind: str, name: str, *, trigger_needed: bool = False) -> dict:
    """Id, commitment, trigger and due rule, which every element has."""
    commitment = random.choice(["contingent", "contingent", "deferred_obligation", "option"])
    if commitment == "option" and "trial" not in agreed:
        commitment = "contingent"
    element = {"kind": kind, "id": name, "commitment": commitment}
    if trigger_needed or often(random, 0.75):
        certain = commitment == "deferred_obligation"
        element["trigger"] = trigger(random, agreed, certain=certain, convertible=commitment == "option")
    if often(random, 0.5):
        element["due"] = random.choice([
            {"kind": "after_invoice", "days": 15}, {"kind": "after_charge", "days": random.choice([0, 30, 45])},
            {"kind": "fixed_day", "month": 1, "day": 31}, {"kind": "fixed_day", "month": 2, "day": 29},
        ])  # fmt: skip
    return element


def _once(random: Random, agreed: dict, kind: str, element_id: str, amount: int, **more) -> dict:
    return (
        _element(random, agreed, kind, element_id, trigger_needed=kind == "milestone")
        | {"amount": amount}
        | more
    )


def _instalments(random: Random, agreed: dict) -> dict:
    element = _element(random, agreed, "instalments", "parts")
    if often(random, 0.6):
        element.pop("trigger", None)
    shares = random.choice([[None] * 3, ["0.3", "0.3", "0.4"], ["0.3333", "0.6667"], [None] * 7, ["1"]])
    certain = element["commitment"] == "deferred_obligation"
    convertible = element["commitment"] == "option"
    parts = []
    for place, share in enumerate(shares):
        begins = after(min(5 * place, agreed["term_months"] - 1))
        if often(random, 0.2):
            begins = trigger(random, agreed, certain=certain, convertible=convertible)
        parts.append({"trigger": begins} | ({} if share is None else {"share": share}))
    return element | {"amount": random.choice([100_001, 300_000]), "parts": parts}


def _minimum(random: Random, agreed: dict, name: str, countable: list[str]) -> dict:
    element = _element(random, agreed, "minimum", name)
    counts = random.sample(countable, random.randint(1, len(countable)))
    return element | {"counts": counts, "amounts": random.choice([[20_000], [12_000, 30_000], [5_000, 0, 40_000]])} | some(
        random, year=["calendar", "licence"], pro_rate=["none", "month_counts", "full_months"],
        carry_excess=[True, False],
    )  # fmt: skip


def _royalty(random: Random, agreed: dict, name: str) -> dict:
    base = random.choice([*MONEY_BASES, "net_sales", "net_sales", "profit", "units"])
    units = base == "units"
    element = _element(random, agreed, "royalty", name) | {"base": base, "rate": _rate(random, units=units)}
    if units:
        element["meter"] = random.choice([METERED, PIECES])
    if base == "output_value":
        element["baseline"] = _deducted(random, units=False)
    elif often(random, 0.3):
        element[random.choice(["baseline", "free"])] = _deducted(random, units=units)
    if often(random, 0.25):
        floor = random.choice(["0", "0.002"]) if _lowest(element["rate"]) else "0"
        element["stacking"] = {"offset": random.choice(["0.5", "1", "0.333"]), "floor": floor} | some(
            random, carry=[True, False]
        )
    if often(random, 0.2):
        element["combinations"] = random.choice([
            [{"own": 100, "other": 200}], [{"own": 80_000, "other": 120_000, "product": "a"}],
            [{"own": 1, "other": 2}, {"own": 2, "other": 1, "product": "b"}],
        ])  # fmt: skip
    if often(random, 0.2):
        element["products"] = random.choice([["a"], ["a", "b"]])
    element |= some(random, loss_carry=[True, False], free_use_fills=[True, False])
    if base == "profit" and often(random, 0.5):
        element["loss_carry"] = True
    kinds = {leaf["kind"] for leaf in leaves(element.get("trigger"))}
    if often(random, 0.15):
        meter = element["base"] if base in ("net_sales", "profit") else PIECES
        at_least = random.choice([200, 700]) * (1 if meter == PIECES else 1000)
        element["trigger"] = {"kind": "threshold", "meter": meter, "at_least": at_least}
        if element["commitment"] == "deferred_obligation":
            element["commitment"] = "contingent"
        kinds = {"threshold"}
    if often(random, 0.3):
        fitting = ["split", "next_period", "whole_period"] + ["part_above"] * ("threshold" in kinds)
        element["straddling"] = random.choice(fitting)
    return element


def _rate(random: Random, *, units: bool) -> dict:
    def rates(*values):
        return [str(Decimal(value) * 20 if units else value) for value in values]

    kind = random.choice(["fixed", "yearly", "tiers", "tiers"])
    if kind == "fixed":
        return {"kind": "fixed", "rate": random.choice(rates("0.03", "0.0333", "0.125", "0.001234567891"))}
    if kind == "yearly":
        listed = random.choice([rates("0.05", "0.03", "0.01"), rates("0.01", "0.02")])
        return {"kind": "yearly", "rates": listed} | some(random, year=["calendar", "licence"])
    first, second, third = random.choice([
        rates("0.05", "0.031", "0.01"), rates("0", "0.01", "0.02"), rates("0.02", "0.02", "0.07"),
    ])  # fmt: skip
    scale = 1 if units else 1000
    bounds = random.choice([(400 * scale, 1_100 * scale), (123 * scale, 999 * scale)])
    listed = [{"rate": first, "up_to": bounds[0]}, {"rate": second, "up_to": bounds[1]}, {"rate": third}]
    if often(random, 0.3):
        listed = listed[1:]
    return {"kind": "tiers", "tiers": listed} | some(
        random, mode=["excess", "whole"], span=["life", "year"], year=["calendar", "licence"]
    )


def _lowest(rate: dict) -> Decimal:
    """The lowest rate above zero, which a stacking floor may not exceed."""
    found = (
        [rate["rate"]] if rate["kind"] == "fixed" else rate.get("rates") or [t["rate"] for t in rate["tiers"]]
    )
    above = [Decimal(value) for value in found if Decimal(value) > 0]
    return min(above) if above and min(above) >= Decimal("0.002") else Decimal(0)


def _deducted(random: Random, *, units: bool) -> dict:
    quantity = random.choice([0, 150, 400]) * (1 if units else 1000)
    return {"quantity": quantity} | some(
        random,
        span=["life", "year", "period"],
        year=["calendar", "licence"],
        pro_rate=["none", "month_counts", "full_months"],
    )


def _caps(random: Random, elements: list[dict]) -> list[dict]:
    ids = [element["id"] for element in elements]
    if not ids:
        return []
    minima = [element for element in elements if element["kind"] == "minimum"]
    others = [name for name in ids if name not in {element["id"] for element in minima}]
    caps = []
    if others and often(random, 0.35):
        counts = random.sample(others, random.randint(1, len(others)))
        caps.append({"id": "cap_year", "counts": counts, "amount": random.choice([45_000, 90_000]), "span": "year"}
                    | some(random, year=["calendar", "licence"]))  # fmt: skip
    if often(random, 0.35):
        counts = random.sample(ids, random.randint(1, len(ids)))
        caps.append({"id": "cap_life", "counts": counts, "amount": random.choice([60_000, 250_000])})
    if often(random, 0.1):
        caps.append({"id": "cap_all", "counts": ids, "amount": 400_000})
    return caps


def after(months: int, anchor: str = "effect", **more) -> dict:
    return {"kind": "after", "months": months, "anchor": anchor, **more}


def trigger(random: Random, agreed: dict, *, certain: bool, convertible: bool, depth: int = 2) -> dict:
    """A tree that can fire; where it must be `certain`, by the mere passing of time."""
    if depth and often(random, 0.3):
        kind = random.choice(["any", "all"])
        parts = [
            trigger(random, agreed, certain=certain and (kind == "all" or place == 0), convertible=convertible,
                    depth=depth - 1)
            for place in range(random.choice([1, 2, 2, 3]))
        ]  # fmt: skip
        return {"kind": kind, "of": parts}
    kind = random.choice(
        ["after", "after", "date"] if certain else ["after", "date", "event", "threshold", "threshold"]
    )
    if kind == "date":
        return {"kind": "date", "on": random.choice(["2026-03-01", "2026-08-15", "2027-01-01", "2027-02-28"])}
    if kind == "event":
        names = [*EVENTS, "conversion"] if convertible else EVENTS
        leaf = {"kind": "event", "name": random.choice(names)}
        return leaf | some(
            random, attested_by=["licensee", "licensor", "both", "third_party"], evidence=["invoice"]
        )
    if kind == "threshold":
        meter = random.choice(["net_sales", "net_sales", "profit", PIECES, METERED])
        bounds = [300, 900, 2_500]
        scale = 1 if meter in (PIECES, METERED) else 1000
        leaf = {"kind": "threshold", "meter": meter, "at_least": random.choice(bounds) * scale}
        return leaf | some(
            random,
            per=["life", "year", "period"],
            year=["calendar", "licence"],
            free_use_counts=[True, False],
        )
    anchors = ["effect", "effect", "delivery"]
    trial = agreed.get("trial")
    if trial is not None:
        anchors += ["trial_start", "trial_end"]
        if convertible and not certain:
            anchors.append("conversion")
    anchor = random.choice(anchors)
    room = agreed["term_months"] - (trial["months"] if trial else 0) - 2
    leaf = after(random.choice([0, 1, 3, min(7, room), min(14, room)]), anchor)
    return leaf | some(random, days=[0, 10, 45])


def leaves(tree: dict | None):
    """Every leaf of a trigger written as JSON."""
    if tree is None:
        return
    if tree["kind"] in ("any", "all"):
        for part in tree["of"]:
            yield from leaves(part)
    else:
        yield tree


def amendment(random: Random, before: dict) -> dict:
    """The contract with one to three things changed: rates, amounts, caps, rhythm, elements brought or dropped."""
    changed = {**before, "elements": [dict(element) for element in before.get("elements", ())]}
    elements = changed["elements"]
    for change in random.sample(["rates", "amounts", "caps", "report", "drop", "bring", "trigger", "flags"], random.randint(1, 3)):  # fmt: skip
        if change == "rates":
            for element in elements:
                if element["kind"] == "royalty" and "stacking" not in element:
                    element["rate"] = _rate(random, units=element["base"] == "units")
        elif change == "amounts":
            for element in elements:
                if "amount" in element:
                    element["amount"] += random.choice([1, 30_000])
                if element["kind"] == "yearly_fee":
                    element["amounts"] = [47_000]
        elif change == "caps":
            changed["caps"] = _caps(random, elements)
        elif change == "report":
            changed["report"] = {**_report(random), "metered": before["report"].get("metered", [])}
        elif change == "drop" and len(elements) > 1:
            gone = random.choice(elements)["id"]
            elements = changed["elements"] = _without(elements, gone)
            changed["caps"] = _caps(random, elements)
        elif change == "bring" and all(element["id"] != "brought" for element in elements):
            elements.append(_royalty(random, changed, "brought"))
        elif change == "trigger" and elements:
            element = random.choice(elements)
            if element["kind"] != "royalty":  # a straddling rule may need its threshold
                element["trigger"] = trigger(
                    random, changed, certain=element["commitment"] == "deferred_obligation",
                    convertible=element["commitment"] == "option",
                )  # fmt: skip
        elif change == "flags":
            for element in elements:
                if element["kind"] == "royalty":
                    element["loss_carry"] = not element.get("loss_carry", False)
    if errors(changed):  # a change too many: only what is always sound
        return {**before, "term_months": before["term_months"] + 6}
    return changed


def other_rates(before: dict) -> dict:
    """The contract with other rates and amounts, so that each version rates the same figures differently."""
    changed = {**before, "elements": [dict(element) for element in before.get("elements", ())]}
    for element in changed["elements"]:
        if element["kind"] == "royalty" and "stacking" not in element:
            element["rate"] = {"kind": "fixed", "rate": "3" if element["base"] == "units" else "0.0213"}
        elif element["kind"] == "yearly_fee":
            element["amounts"] = [47_001]
        elif "amount" in element:
            element["amount"] += 30_001
    return {**before, "term_months": before["term_months"] + 6} if errors(changed) else changed


def _without(elements: list[dict], gone: str) -> list[dict]:
    """The elements less one, and less what pointed at it."""
    kept = []
    for element in elements:
        if element["id"] == gone:
            continue
        element = dict(element)
        for name in ("counts", "credit_against"):
            if name in element:
                element[name] = [target for target in element[name] if target != gone]
        if element["kind"] != "minimum" or element["counts"]:
            kept.append(element)
    return kept


def errors(document: dict) -> list[terms.Problem]:
    return [problem for problem in terms.check(terms.read(document)) if problem.severity == terms.ERROR]
