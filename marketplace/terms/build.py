"""Terms from the flat inputs of a form, and back. Every input is text (or a bool, a list for checkboxes).

Amounts are typed in major units ("100,000"), rates as per cent ("3" is 3 %). Input names:

frame      currency exclusivity open_licence sublicence_allowed fields territory term_months
trial      trial_months (0: none) trial_starts extensions extension_months decision_days on_silence permitted
payment    payment_form: lump_sum | instalments | milestones | royalty | entry_royalty | per_unit |
           yearly_fee | free;   commitment;   entry_commitment (entry fee, if it differs)
trigger    trigger_join (any | all) of what is given: trigger_months + trigger_anchor, trigger_on,
           trigger_event (first_income, written_notice …), trigger_threshold + trigger_meter
amounts    amount;  instalment_count or instalment_shares ("30/30/40"), instalment_months (between parts);
           milestone_1_name, milestone_1_amount, milestone_1_threshold (cumulative sales) … milestone_6_…
royalty    royalty_base rate, or rates_by_year ("1/2/3"), or tier_1_up_to, tier_1_rate … tier_5_…
           (last up_to empty) with tier_mode, tier_span;  baseline loss_carry
           stacking_offset stacking_floor;  unit_meter unit_price free_units
           entry_fee entry_creditable;  minimum minimum_pro_rate minimum_carry;  cap_yearly cap_life
rest       yearly_amount;  due_rule (after_invoice | after_charge) due_days
           report_every deductions;  interest_month or interest_day (per cent) with interest_charged
           (on_payment | monthly);  vat
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from .check import check
from .codec import read
from .contract import Terms
from .dates import add_months
from .inputs import TEXT_DEFAULTS, Inputs, share_of
from .problems import ERROR, Problem, TermsError

__all__ = ["FORMS", "TEXT_DEFAULTS", "BuildError", "build"]

FORMS = (
    "lump_sum", "instalments", "milestones", "royalty", "entry_royalty", "per_unit", "yearly_fee", "free",
)  # fmt: skip


class BuildError(ValueError):
    """Inputs that make no terms. `problems` holds findings keyed by input name; "" for the whole."""

    def __init__(self, problems: dict[str, list[Problem]]) -> None:
        self.problems = problems
        said = [f"{name}: {p.message('en')}" for name, found in problems.items() for p in found]
        super().__init__("; ".join(said))


def build(inputs: Mapping[str, Any]) -> Terms:
    """Terms from what a form holds; raises BuildError with problems keyed by input name.

    Warnings do not refuse: ask `check` for them.
    """
    reader = Inputs(inputs)
    document = _frame(reader)
    elements, caps = _elements(reader)
    document |= {"elements": elements, "caps": caps}
    if reader.problems:
        raise BuildError(reader.problems)
    try:
        terms = read(document)
    except TermsError as error:
        raise BuildError(_by_input(reader, error.problems)) from None
    wrong = [problem for problem in check(terms) if problem.severity == ERROR]
    if wrong:
        raise BuildError(_by_input(reader, wrong))
    return terms


def _frame(r: Inputs) -> dict[str, Any]:
    months = r.whole("trial_months")
    document: dict[str, Any] = {
        "currency": r.currency,
        "exclusivity": r.text("exclusivity"),
        "open_licence": r.flag("open_licence"),
        "sublicence_allowed": r.flag("sublicence_allowed"),
        "fields": r.many("fields"),
        "territory": r.many("territory") or ["CN"],
        "term_months": r.whole("term_months"),
        "vat": r.text("vat"),
    }
    report: dict[str, Any] = {"every": r.text("report_every")}
    if "deductions" in r.inputs:
        report["deductions"] = r.many("deductions")
    document["report"] = report
    if months:
        document["trial"] = {
            "months": months,
            "starts": r.text("trial_starts"),
            "extensions": r.whole("extensions"),
            "extension_months": r.whole("extension_months"),
            "decision_days": r.whole("decision_days"),
            "on_silence": r.text("on_silence"),
        }
        if r.many("permitted"):
            document["trial"]["permitted"] = r.many("permitted")
    if r.given("interest_month"):
        document["interest"] = {"kind": "monthly", "rate": r.percent("interest_month", "interest")}
    elif r.given("interest_day"):
        document["interest"] = {"kind": "daily", "rate": r.percent("interest_day", "interest")}
    if "interest" in document and r.given("interest_charged"):
        document["interest"]["charged"] = r.text("interest_charged")
    for path in ("exclusivity", "term_months", "vat", "fields", "territory"):
        r.at(path, path)
    for name, path in {
        "trial_months": "trial",
        "trial_starts": "trial.starts",
        "extensions": "trial.extensions",
        "extension_months": "trial.extension_months",
        "decision_days": "trial.decision_days",
        "on_silence": "trial.on_silence",
        "permitted": "trial.permitted",
        "report_every": "report",
        "deductions": "report.deductions",
        "interest_charged": "interest.charged",
    }.items():
        r.at(path, name)
    return document


def _trigger(r: Inputs) -> dict[str, Any] | None:
    parts: list[dict[str, Any]] = []
    if r.given("trigger_months"):
        parts.append(
            {"kind": "after", "months": r.whole("trigger_months"), "anchor": r.text("trigger_anchor")}
        )
    if r.given("trigger_on"):
        parts.append({"kind": "date", "on": _date(r, "trigger_on")})
    if r.given("trigger_event"):
        parts.append({"kind": "event", "name": r.text("trigger_event")})
    if r.given("trigger_threshold"):
        parts.append(
            {
                "kind": "threshold",
                "meter": r.text("trigger_meter"),
                "at_least": r.money("trigger_threshold"),
            }
        )
    if not parts:
        return None
    if r.text("trigger_join") not in ("any", "all"):
        r.refuse("trigger_join", "not_a_choice", choices="any, all")
    return parts[0] if len(parts) == 1 else {"kind": r.text("trigger_join"), "of": parts}


def _date(r: Inputs, name: str) -> str:
    try:
        return date.fromisoformat(r.text(name)).isoformat()
    except ValueError:
        r.refuse(name, "not_date")
        return "2000-01-01"


def _common(r: Inputs, place: int, element_id: str, commitment: str = "commitment") -> dict[str, Any]:
    path = f"elements[{place}]"
    name = commitment if r.given(commitment) else "commitment"
    r.at(path, "payment_form")
    r.at(f"{path}.commitment", name)
    r.at(f"{path}.trigger", "trigger_months" if not r.given("trigger_event") else "trigger_event")
    r.at(f"{path}.due", "due_days")
    element: dict[str, Any] = {
        "id": element_id,
        "commitment": r.text(name),
        "due": {"kind": r.text("due_rule"), "days": r.whole("due_days")},
    }
    trigger = _trigger(r)
    if trigger is not None:
        element["trigger"] = trigger
    return element


def _elements(r: Inputs) -> tuple[list[dict], list[dict]]:
    form = r.text("payment_form")
    if form not in FORMS:
        r.refuse("payment_form", "not_a_choice", choices=", ".join(FORMS))
        return [], []
    if form == "free":
        return [], []
    if form == "lump_sum":
        fee = {"kind": "lump_sum", **_common(r, 0, "fee"), "amount": r.money("amount", "elements[0].amount")}
        return [fee], []
    if form == "yearly_fee":
        amounts = [r.money("yearly_amount", "elements[0].amounts")]
        return [{"kind": "yearly_fee", **_common(r, 0, "yearly"), "amounts": amounts}], _caps(r, ["yearly"])
    if form == "instalments":
        return [_instalments(r)], []
    if form == "milestones":
        return _milestones(r), []
    elements: list[dict] = []
    if form == "entry_royalty":
        entry = {"kind": "entry_fee", **_common(r, 0, "entry", "entry_commitment")}
        entry.pop("trigger", None)
        entry["amount"] = r.money("entry_fee", "elements[0].amount")
        entry["credit_against"] = ["royalty"] if r.flag("entry_creditable") else []
        elements.append(entry)
    elements.append(_royalty(r, len(elements), units=form == "per_unit"))
    counted = [element["id"] for element in elements]
    if r.given("minimum"):
        place = len(elements)
        minimum = {"kind": "minimum", **_common(r, place, "minimum"), "counts": ["royalty"]}
        minimum["amounts"] = [r.money("minimum", f"elements[{place}].amounts")]
        minimum["pro_rate"] = r.text("minimum_pro_rate")
        minimum["carry_excess"] = r.flag("minimum_carry")
        minimum["due"] = {"kind": "fixed_day", "month": 1, "day": 31}
        elements.append(minimum)
        counted.append("minimum")
    return elements, _caps(r, counted)


def _instalments(r: Inputs) -> dict[str, Any]:
    element = {
        "kind": "instalments",
        **_common(r, 0, "fee"),
        "amount": r.money("amount", "elements[0].amount"),
    }
    element.pop("trigger", None)
    if r.given("instalment_shares"):
        r.at("elements[0].parts", "instalment_shares")
        texts = r.text("instalment_shares").replace("／", "/").split("/")
        shares: list[str | None] = [share_of(r.number(text, "instalment_shares")) for text in texts]
    else:
        r.at("elements[0].parts", "instalment_count")
        count = r.whole("instalment_count")
        if count > 60:
            r.refuse("instalment_count", "too_many", limit=60)
        shares = [None] * min(count, 60)
    first = _trigger(r) or {"kind": "after", "months": 0, "anchor": _first_anchor(r)}
    gap = r.whole("instalment_months")
    parts = []
    for place, share in enumerate(shares):
        trigger = first if place == 0 else _later(first, gap * place, r)
        parts.append({"trigger": trigger} | ({} if share is None else {"share": share}))
    element["parts"] = parts
    return element


def _first_anchor(r: Inputs) -> str:
    if not r.whole("trial_months"):
        return "effect"
    return "conversion" if r.text("commitment") == "option" else "trial_end"


def _later(first: dict[str, Any], months: int, r: Inputs) -> dict[str, Any]:
    """The same count of time so many months later; a first part that waits for an event goes on from effect."""
    if first["kind"] == "after":
        return first | {"months": first["months"] + months}
    if first["kind"] == "date":
        return first | {"on": add_months(date.fromisoformat(first["on"]), months).isoformat()}
    base = r.whole("trigger_months") if r.given("trigger_months") else 0
    later = {"kind": "after", "months": base + months, "anchor": r.text("trigger_anchor")}
    return {"kind": "all", "of": [first, later]}


def _milestones(r: Inputs) -> list[dict]:
    elements = []
    for number in range(1, 7):
        name, amount = f"milestone_{number}_name", f"milestone_{number}_amount"
        if not r.given(name) and not r.given(amount):
            continue
        place = len(elements)
        element = {"kind": "milestone", **_common(r, place, f"milestone_{number}")}
        element["amount"] = r.money(amount, f"elements[{place}].amount")
        element["name"] = r.text(name)
        if not r.given(name):
            r.refuse(name, "missing_field")
        threshold = f"milestone_{number}_threshold"
        if r.given(threshold):
            at_least = r.money(threshold, f"elements[{place}].trigger")
            element["trigger"] = {"kind": "threshold", "meter": r.text("trigger_meter"), "at_least": at_least}
        else:
            event = f"milestone:{r.text(name)}"
            element["trigger"] = {"kind": "event", "name": event, "attested_by": "both"}
            r.at(f"elements[{place}].trigger", name)
        elements.append(element)
    if not elements:
        r.refuse("milestone_1_name", "missing_field")
    return elements


def _royalty(r: Inputs, place: int, *, units: bool) -> dict[str, Any]:
    path = f"elements[{place}]"
    element = {"kind": "royalty", **_common(r, place, "royalty")}
    r.at(f"{path}.base", "royalty_base")
    if units:
        element |= {"base": "units", "meter": r.text("unit_meter")}
        price = r.number(r.text("unit_price"), "unit_price")
        element["rate"] = {"kind": "fixed", "rate": format(price, "f")}
        r.at(f"{path}.rate", "unit_price")
        r.at(f"{path}.meter", "unit_meter")
        if r.given("free_units"):
            free = r.number(r.text("free_units"), "free_units")
            element["free"] = {"quantity": format(free, "f"), "span": "life"}
            r.at(f"{path}.free", "free_units")
        return element
    element["base"] = r.text("royalty_base")
    element["rate"] = _rate(r, f"{path}.rate")
    if r.given("baseline"):
        element["baseline"] = {"quantity": r.money("baseline"), "span": "year"}
    r.at(f"{path}.baseline", "baseline")
    element["loss_carry"] = r.flag("loss_carry")
    if r.given("stacking_offset"):
        element["stacking"] = {
            "offset": r.percent("stacking_offset", f"{path}.stacking"),
            "floor": r.percent("stacking_floor", f"{path}.stacking.floor"),
        }
    return element


def _rate(r: Inputs, path: str) -> dict[str, Any]:
    if r.given("rates_by_year"):
        r.at(path, "rates_by_year")
        texts = r.text("rates_by_year").replace("／", "/").split("/")
        return {"kind": "yearly", "rates": [share_of(r.number(text, "rates_by_year")) for text in texts]}
    tiers: list[dict[str, Any]] = []
    for number in range(1, 6):
        if r.given(f"tier_{number}_rate"):
            tier: dict[str, Any] = {"rate": r.percent(f"tier_{number}_rate", path)}
            if r.given(f"tier_{number}_up_to"):
                tier["up_to"] = r.money(f"tier_{number}_up_to", f"{path}.tiers[{len(tiers)}]")
            tiers.append(tier)
    if tiers:
        return {"kind": "tiers", "tiers": tiers, "mode": r.text("tier_mode"), "span": r.text("tier_span")}
    return {"kind": "fixed", "rate": r.percent("rate", path)}


def _caps(r: Inputs, counted: list[str]) -> list[dict]:
    caps = []
    if r.given("cap_yearly"):
        counts = [name for name in counted if name in ("royalty", "yearly")]
        amount = r.money("cap_yearly", f"caps[{len(caps)}]")
        caps.append({"id": "cap_yearly", "counts": counts, "amount": amount, "span": "year"})
    if r.given("cap_life"):
        amount = r.money("cap_life", f"caps[{len(caps)}]")
        caps.append({"id": "cap_life", "counts": counted, "amount": amount, "span": "life"})
    return caps


def _by_input(r: Inputs, problems: list[Problem]) -> dict[str, list[Problem]]:
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        names = [(len(path), name) for path, name in r.paths if problem.path.startswith(path)]
        found.setdefault(max(names)[1] if names else "", []).append(problem)
    return found
