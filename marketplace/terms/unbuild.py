"""From terms back to the inputs of a form, where the form could have made them: for counter-offers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marketplace.money import Money

from .build import BuildError, build
from .choices import Base
from .contract import MonthlyInterest, Terms
from .elements import (
    AfterCharge,
    EntryFee,
    FixedDay,
    FixedRate,
    Instalments,
    LumpSum,
    Milestone,
    Minimum,
    Royalty,
    YearlyFee,
    YearlyRates,
)
from .triggers import After, AllOf, AnyOf, OnDate, OnEvent, Threshold


def inputs_of(terms: Terms) -> dict[str, Any] | None:
    """Inputs that `build` turns into exactly these terms, or None where a form cannot say them."""
    inputs = _inputs(terms)
    try:
        return inputs if inputs is not None and build(inputs) == terms else None
    except BuildError:
        return None


def _inputs(terms: Terms) -> dict[str, Any] | None:
    found = _frame(terms)
    kinds = [type(element) for element in terms.elements]
    if not kinds:
        return found | {"payment_form": "free"}
    first = terms.elements[0]
    found |= _shared(terms, terms.elements[-1] if kinds[0] is EntryFee and len(kinds) > 1 else first)
    if kinds == [LumpSum]:
        found |= {"payment_form": "lump_sum", "amount": _money(terms, first.amount)}
    elif kinds == [YearlyFee]:
        found |= {"payment_form": "yearly_fee", "yearly_amount": _money(terms, first.amounts[0])}
    elif kinds == [Instalments]:
        found |= _instalments(terms, first)
    elif set(kinds) == {Milestone}:
        found |= _milestones(terms)
    else:
        found |= _royalty_form(terms)
    for cap in terms.caps:
        found[f"cap_{cap.span.value}" if cap.span.value == "life" else "cap_yearly"] = _money(
            terms, cap.amount
        )
    return found


def _frame(terms: Terms) -> dict[str, Any]:
    found: dict[str, Any] = {
        "currency": terms.currency,
        "exclusivity": terms.exclusivity.value,
        "open_licence": terms.open_licence,
        "sublicence_allowed": terms.sublicence_allowed,
        "fields": list(terms.fields),
        "territory": list(terms.territory),
        "term_months": str(terms.term_months),
        "vat": terms.vat.value,
        "report_every": terms.report.every.value,
        "deductions": list(terms.report.deductions),
        "trial_months": "0",
    }
    if terms.trial is not None:
        found |= {
            "trial_months": str(terms.trial.months),
            "trial_starts": terms.trial.starts.value,
            "extensions": str(terms.trial.extensions),
            "extension_months": str(terms.trial.extension_months),
            "decision_days": str(terms.trial.decision_days),
            "on_silence": terms.trial.on_silence.value,
            "permitted": [act.value for act in terms.trial.permitted],
        }
    if terms.interest is not None:
        monthly = isinstance(terms.interest, MonthlyInterest)
        found["interest_month" if monthly else "interest_day"] = _percent(terms.interest.rate)
    return found


def _shared(terms: Terms, element) -> dict[str, Any]:
    """Commitment, due rule and trigger of the element that the form's inputs speak of."""
    if isinstance(element, Minimum):
        element = next((e for e in terms.elements if isinstance(e, Royalty)), element)
    found: dict[str, Any] = {"commitment": element.commitment.value}
    if not isinstance(element.due, FixedDay):
        kind = "after_charge" if isinstance(element.due, AfterCharge) else "after_invoice"
        found |= {"due_rule": kind, "due_days": str(element.due.days)}
    trigger = element.parts[0].trigger if isinstance(element, Instalments) else element.trigger
    return found if isinstance(element, Milestone) else found | _trigger(terms, trigger)


def _trigger(terms: Terms, trigger) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parts = trigger.of if isinstance(trigger, AnyOf | AllOf) else (trigger,)
    if isinstance(trigger, AnyOf | AllOf):
        found["trigger_join"] = trigger.kind
    for part in parts:
        if isinstance(part, After):
            found |= {"trigger_months": str(part.months), "trigger_anchor": part.anchor.value}
        elif isinstance(part, OnDate):
            found["trigger_on"] = part.on.isoformat()
        elif isinstance(part, OnEvent):
            found["trigger_event"] = part.name
        elif isinstance(part, Threshold) and part.is_money:
            found |= {"trigger_threshold": _money(terms, part.at_least), "trigger_meter": part.meter}
    return found


def _instalments(terms: Terms, element: Instalments) -> dict[str, Any]:
    found: dict[str, Any] = {"payment_form": "instalments", "amount": _money(terms, element.amount)}
    shares = [part.share for part in element.parts]
    if None in shares:
        found["instalment_count"] = str(len(shares))
    else:
        found["instalment_shares"] = "/".join(_percent(share) for share in shares)
    if len(element.parts) > 1:
        first, second = element.parts[0].trigger, element.parts[1].trigger
        if isinstance(first, After) and isinstance(second, After):
            found["instalment_months"] = str(second.months - first.months)
        elif isinstance(first, OnDate) and isinstance(second, OnDate):
            gap = (second.on.year - first.on.year) * 12 + second.on.month - first.on.month
            found["instalment_months"] = str(gap)
    return found


def _milestones(terms: Terms) -> dict[str, Any]:
    found: dict[str, Any] = {"payment_form": "milestones"}
    for number, element in enumerate(terms.elements, 1):
        found[f"milestone_{number}_name"] = element.name
        found[f"milestone_{number}_amount"] = _money(terms, element.amount)
        if isinstance(element.trigger, Threshold):
            found[f"milestone_{number}_threshold"] = _money(terms, element.trigger.at_least)
            found["trigger_meter"] = element.trigger.meter
    return found


def _royalty_form(terms: Terms) -> dict[str, Any]:
    found: dict[str, Any] = {"payment_form": "royalty"}
    for element in terms.elements:
        if isinstance(element, EntryFee):
            found |= {
                "payment_form": "entry_royalty",
                "entry_fee": _money(terms, element.amount),
                "entry_commitment": element.commitment.value,
                "entry_creditable": bool(element.credit_against),
            }
        elif isinstance(element, Minimum) and element.amounts:
            found |= {
                "minimum": _money(terms, element.amounts[0]),
                "minimum_pro_rate": element.pro_rate.value,
                "minimum_carry": element.carry_excess,
            }
        elif isinstance(element, Royalty):
            found |= _royalty(terms, element)
    return found


def _royalty(terms: Terms, element: Royalty) -> dict[str, Any]:
    rate = element.rate
    if element.base is Base.UNITS:
        found = {"payment_form": "per_unit", "unit_meter": element.meter}
        if isinstance(rate, FixedRate):
            found["unit_price"] = f"{rate.rate:f}"
        if element.free is not None:
            found["free_units"] = f"{element.free.quantity:f}"
        return found
    found: dict[str, Any] = {"royalty_base": element.base.value, "loss_carry": element.loss_carry}
    if isinstance(rate, FixedRate):
        found["rate"] = _percent(rate.rate)
    elif isinstance(rate, YearlyRates):
        found["rates_by_year"] = "/".join(_percent(value) for value in rate.rates)
    else:
        found |= {"tier_mode": rate.mode.value, "tier_span": rate.span.value}
        for number, tier in enumerate(rate.tiers, 1):
            found[f"tier_{number}_rate"] = _percent(tier.rate)
            if tier.up_to is not None:
                found[f"tier_{number}_up_to"] = _money(terms, tier.up_to)
    if element.baseline is not None:
        found["baseline"] = _money(terms, element.baseline.quantity)
    if element.stacking is not None:
        found["stacking_offset"] = _percent(element.stacking.offset)
        found["stacking_floor"] = _percent(element.stacking.floor)
    return found


def _percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}"


def _money(terms: Terms, minor: int | Decimal) -> str:
    return f"{Money(int(minor), terms.currency).decimal:,f}"
