"""Terms as the flat inputs of the offer form, and what a draft may start from.

`marketplace.terms.build` makes terms from inputs; this is the way back. Some terms hold more than the form
shows (two royalties, tiers by year …): then `exact` is False and the page says so.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from cms.models import ListingPage
from marketplace import terms as language
from marketplace.money import Money
from marketplace.terms import build as building
from marketplace.terms import presets
from marketplace.terms.contract import Dispute, Exit

# Parts of the terms that neither `marketplace.terms.build` nor the form knows; a base carries them along.
_CARRIED = ("audit", "trigger_day", "cure")
_REPORT_CARRIED = ("year", "days", "final_days", "evidence", "inspection", "metered")


@dataclass(frozen=True)
class Draft:
    """Where a form starts: `inputs` by name; `base`: terms that somebody wrote, whose further conventions are
    carried along; `exact`: whether the inputs say everything that the base says."""

    inputs: dict
    base: language.Terms | None = None
    exact: bool = True


def build(inputs: dict, base: language.Terms | None = None) -> language.Terms:
    """Terms from the form, with what only the base says; raises BuildError with problems by input name."""
    terms = building.build(inputs)
    changes = {}
    if base is not None:
        changes = {name: getattr(base, name) for name in _CARRIED}
        changes["report"] = replace(
            terms.report, **{name: getattr(base.report, name) for name in _REPORT_CARRIED}
        )
    changes |= _extra(inputs, base)
    return replace(terms, **changes)


def _extra(inputs: dict, base: language.Terms | None) -> dict:
    """The conditions of the form that `marketplace.terms.build` leaves at their defaults."""
    standard = base or language.Terms()
    changes: dict = {}
    for name in ("confidentiality_years", "invoice_days"):
        if inputs.get(name) not in (None, ""):
            changes[name] = int(inputs[name])
    if inputs.get("improvements"):
        changes["improvements"] = type(standard.improvements)(inputs["improvements"])
    if inputs.get("forum"):
        forum = type(standard.dispute.forum)(inputs["forum"])
        changes["dispute"] = Dispute(forum=forum, place=str(inputs.get("forum_place") or "").strip())
    if inputs.get("sell_off_months") not in (None, ""):
        certificate = standard.exit.certificate_days
        changes["exit"] = Exit(certificate_days=certificate, sell_off_months=int(inputs["sell_off_months"]))
    return changes


def draft_of(terms: language.Terms) -> Draft:
    """The inputs from which `build` makes these terms again, or as near as the form can come."""
    inputs = {**_frame_inputs(terms), **_payment_inputs(terms)}
    try:
        exact = build(inputs, terms) == terms
    except building.BuildError:
        exact = False
    return Draft(inputs, terms, exact)


def _amount(minor: int | Decimal, currency: str) -> str:
    return f"{Money(int(minor), currency).decimal:,}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}"


def _frame_inputs(terms: language.Terms) -> dict:
    inputs = {
        "currency": terms.currency,
        "exclusivity": terms.exclusivity.value,
        "open_licence": terms.open_licence,
        "sublicence_allowed": terms.sublicence_allowed,
        "fields": "、".join(terms.fields),
        "territory": list(terms.territory),
        "term_months": str(terms.term_months),
        "trial_months": str(terms.trial.months) if terms.trial else "0",
        "report_every": terms.report.every.value,
        "deductions": list(terms.report.deductions),
        "vat": terms.vat.value,
        "confidentiality_years": str(terms.confidentiality_years),
        "invoice_days": str(terms.invoice_days),
        "improvements": terms.improvements.value,
        "forum": terms.dispute.forum.value,
        "forum_place": terms.dispute.place,
        "sell_off_months": str(terms.exit.sell_off_months),
    }
    if terms.trial:
        inputs |= {
            "trial_starts": terms.trial.starts.value,
            "extensions": str(terms.trial.extensions),
            "extension_months": str(terms.trial.extension_months),
            "decision_days": str(terms.trial.decision_days),
            "on_silence": terms.trial.on_silence.value,
            "permitted": [act.value for act in terms.trial.permitted],
        }
    if terms.interest is not None:
        name = "interest_month" if isinstance(terms.interest, language.MonthlyInterest) else "interest_day"
        inputs[name] = _percent(terms.interest.rate)
    return inputs


def _payment_inputs(terms: language.Terms) -> dict:
    """The payment form and its amounts, by the kinds of the elements."""
    kinds = [type(element) for element in terms.elements]
    if not kinds:
        return {"payment_form": "free"}
    if set(kinds) == {language.Milestone}:
        return _milestone_inputs(terms)
    first = terms.elements[0]
    inputs = {"commitment": first.commitment.value, **_due_inputs(first), **_trigger_inputs(first.trigger)}
    if kinds[0] is language.LumpSum:
        return inputs | {"payment_form": "lump_sum", "amount": _amount(first.amount, terms.currency)}
    if kinds[0] is language.Instalments:
        return inputs | _instalment_inputs(first, terms.currency)
    if kinds[0] is language.YearlyFee:
        yearly = _amount(first.amounts[0], terms.currency) if first.amounts else ""
        return inputs | {"payment_form": "yearly_fee", "yearly_amount": yearly, **_cap_inputs(terms)}
    return _royalty_inputs(terms)


def _due_inputs(element) -> dict:
    due = element.due
    if isinstance(due, language.FixedDay):
        return {}
    return {"due_rule": due.kind, "due_days": str(due.days)}


def _trigger_inputs(trigger) -> dict:
    inputs: dict = {}
    if isinstance(trigger, language.AnyOf | language.AllOf):
        inputs["trigger_join"] = trigger.kind
        leaves = trigger.of
    else:
        leaves = () if trigger is None else (trigger,)
    for leaf in leaves:
        if isinstance(leaf, language.After):
            inputs |= {"trigger_months": str(leaf.months), "trigger_anchor": leaf.anchor.value}
        elif isinstance(leaf, language.OnDate):
            inputs["trigger_on"] = leaf.on.isoformat()
        elif isinstance(leaf, language.OnEvent):
            inputs["trigger_event"] = leaf.name
        elif isinstance(leaf, language.Threshold):
            inputs |= {"trigger_meter": leaf.meter, "trigger_threshold": _amount(leaf.at_least, "CNY")}
    return inputs


def _instalment_inputs(element: language.Instalments, currency: str) -> dict:
    inputs = {"payment_form": "instalments", "amount": _amount(element.amount, currency)}
    shares = [part.share for part in element.parts]
    if shares and shares[0] is not None:
        inputs["instalment_shares"] = "/".join(_percent(share) for share in shares)
    else:
        inputs["instalment_count"] = str(len(shares))
    triggers = [part.trigger for part in element.parts]
    inputs |= _trigger_inputs(triggers[0]) if triggers else {}
    if len(triggers) > 1:
        first, second = triggers[0], triggers[1]
        if isinstance(second, language.AllOf):
            second = second.of[-1]
        if isinstance(second, language.After):
            before = first.months if isinstance(first, language.After) else 0
            before = before or int(inputs.get("trigger_months") or 0)
            inputs["instalment_months"] = str(second.months - before)
        elif isinstance(first, language.OnDate) and isinstance(second, language.OnDate):
            years, months = second.on.year - first.on.year, second.on.month - first.on.month
            inputs["instalment_months"] = str(12 * years + months)
    return inputs


def _milestone_inputs(terms: language.Terms) -> dict:
    first = terms.elements[0]
    inputs = {"payment_form": "milestones", "commitment": first.commitment.value, **_due_inputs(first)}
    for number, element in enumerate(terms.elements[:6], 1):
        inputs[f"milestone_{number}_name"] = element.name
        inputs[f"milestone_{number}_amount"] = _amount(element.amount, terms.currency)
        if isinstance(element.trigger, language.Threshold):
            inputs["trigger_meter"] = element.trigger.meter
            inputs[f"milestone_{number}_threshold"] = _amount(element.trigger.at_least, terms.currency)
    return inputs


def _royalty_inputs(terms: language.Terms) -> dict:
    """Entry fee, royalty and minimum, as far as one of each is there."""
    entry = next((e for e in terms.elements if isinstance(e, language.EntryFee)), None)
    royalty = next((e for e in terms.elements if isinstance(e, language.Royalty)), None)
    minimum = next((e for e in terms.elements if isinstance(e, language.Minimum)), None)
    inputs: dict = {"payment_form": "entry_royalty" if entry else "royalty", **_cap_inputs(terms)}
    if entry is not None:
        inputs |= {
            **_due_inputs(entry),
            "entry_commitment": entry.commitment.value,
            "entry_fee": _amount(entry.amount, terms.currency),
            "entry_creditable": bool(entry.credit_against),
        }
    if royalty is not None:
        inputs |= {"commitment": royalty.commitment.value, **_due_inputs(royalty)}
        inputs |= {**_trigger_inputs(royalty.trigger), **_rate_inputs(royalty, terms.currency)}
    if minimum is not None:
        inputs |= {
            "minimum": _amount(minimum.amounts[0], terms.currency) if minimum.amounts else "",
            "minimum_pro_rate": minimum.pro_rate.value,
            "minimum_carry": minimum.carry_excess,
        }
    return inputs


def _rate_inputs(royalty: language.Royalty, currency: str) -> dict:
    rate = royalty.rate
    if royalty.base is language.Base.UNITS:
        inputs = {"payment_form": "per_unit", "unit_meter": royalty.meter}
        if isinstance(rate, language.FixedRate):
            inputs["unit_price"] = f"{rate.rate:f}"
        if royalty.free is not None:
            inputs["free_units"] = f"{royalty.free.quantity:f}"
        return inputs
    inputs = {"royalty_base": royalty.base.value, "loss_carry": royalty.loss_carry}
    if isinstance(rate, language.FixedRate):
        inputs["rate"] = _percent(rate.rate)
    elif isinstance(rate, language.YearlyRates):
        inputs["rates_by_year"] = "/".join(_percent(value) for value in rate.rates)
    else:
        inputs |= {"tier_mode": rate.mode.value, "tier_span": rate.span.value}
        for number, tier in enumerate(rate.tiers[:5], 1):
            inputs[f"tier_{number}_rate"] = _percent(tier.rate)
            if tier.up_to is not None:
                inputs[f"tier_{number}_up_to"] = _amount(tier.up_to, currency)
    if royalty.baseline is not None:
        inputs["baseline"] = _amount(royalty.baseline.quantity, currency)
    if royalty.stacking is not None:
        inputs["stacking_offset"] = _percent(royalty.stacking.offset)
        inputs["stacking_floor"] = _percent(royalty.stacking.floor)
    return inputs


def _cap_inputs(terms: language.Terms) -> dict:
    name = {language.Span.LIFE: "cap_life", language.Span.YEAR: "cap_yearly"}
    return {name[cap.span]: _amount(cap.amount, terms.currency) for cap in terms.caps if cap.span in name}


def draft_from_preset(key: str) -> Draft:
    """A ready payment form; KeyError for an unknown key."""
    return Draft(draft_of(presets.preset(key)).inputs)


_FORM_OF_LISTING = {
    "LUMP_SUM": "option",
    "INSTALMENTS": "instalments",
    "DEFERRED": "deferred",
    "STAGED": "instalments",
    "CONDITIONAL": "year_or_income",
    "MILESTONES": "milestones",
    "ROYALTY": "royalty",
    "ENTRY_ROYALTY": "entry_royalty",
    "FREE": "free",
}


def draft_from_listing(listing: ListingPage) -> Draft:
    """The listing's indicative terms; where it has none, the ready form nearest to its words, all amounts of
    which are only our proposal."""
    if listing.indicative_terms:
        return draft_of(language.read(listing.indicative_terms))
    draft = draft_from_preset(_FORM_OF_LISTING.get(listing.payment_form, "year_or_income"))
    inputs = {**draft.inputs, "exclusivity": listing.exclusivity.lower()}
    if listing.free_months and inputs.get("trigger_months"):
        inputs["trigger_months"] = str(listing.free_months)
    return Draft(inputs)
