"""Contradictions in terms that can be read: what would make the price undeterminable or the text untrue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from marketplace.money import EXPONENTS

from .ceilings import ceiling_warnings
from .check_elements import ELEMENT_CHECKS, check_cap
from .choices import DEDUCTIONS, Anchor, Commitment, Exclusivity
from .contract import Terms
from .dates import add_months
from .elements import FixedDay, Instalments
from .problems import Problem
from .texts import odd_texts
from .triggers import After, AllOf, AnyOf, OnDate, OnEvent, Threshold, Trigger, leaves

MOST_DEEMED = 10  # times the figures of an earlier period
MAX_MONTHS, MAX_DAYS = 1200, 3660  # a hundred years, ten years: more is a slip of the pen
_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def check(
    terms: Terms, *, effective_on: date | None = None, patents_end_on: date | None = None
) -> list[Problem]:
    """Every contradiction and every warning; an empty list means that the price is determinable.

    With the effective date, dates outside the licence are found too; with the patents' end (the latest of
    those licensed), a licence that outlives them (Civil Code art. 865).
    """
    if terms.currency not in EXPONENTS:
        return [Problem("currency", "unknown_currency", {"value": terms.currency})]
    found = [*_frame(terms), *_names(terms), *odd_texts(terms)]
    for place, element in enumerate(terms.elements):
        path = f"elements[{place}]"
        found += ELEMENT_CHECKS[type(element)](terms, element, path)
        found += _commitment(terms, element, path)
        if isinstance(element.due, FixedDay) and not _day_exists(element.due.month, element.due.day):
            found.append(
                Problem(f"{path}.due", "bad_day", {"month": element.due.month, "day": element.due.day})
            )
        elif not isinstance(element.due, FixedDay):
            if element.due.days < 0:
                found.append(Problem(f"{path}.due.days", "negative"))
            found += _above(element.due.days, MAX_DAYS, f"{path}.due.days")
    for place, cap in enumerate(terms.caps):
        found += check_cap(terms, cap, f"caps[{place}]")
    found += _calendar(terms, effective_on, patents_end_on)
    return found + ceiling_warnings(terms, effective_on)


def check_amendment(before: Terms, after: Terms) -> list[Problem]:
    """What a later version may not change: the currency, and what kind of element an id stands for."""
    found = []
    if before.currency != after.currency:
        found.append(Problem("currency", "amended_currency", {"value": before.currency}))
    for place, element in enumerate(after.elements):
        earlier = before.element(element.id)
        if earlier is not None and earlier.kind != element.kind:
            found.append(Problem(f"elements[{place}].kind", "amended_kind", {"id": element.id}))
    return found


def _frame(terms: Terms) -> Iterator[Problem]:
    if terms.term_months <= 0:
        yield Problem("term_months", "not_positive")
    yield from _above(terms.term_months, MAX_MONTHS, "term_months")
    if terms.open_licence and terms.exclusivity is not Exclusivity.NON_EXCLUSIVE:
        yield Problem("exclusivity", "open_licence_exclusive")
    trial = terms.trial
    if trial is not None:
        if trial.months <= 0:
            yield Problem("trial.months", "not_positive")
        for name in ("extensions", "extension_months", "decision_days"):
            if getattr(trial, name) < 0:
                yield Problem(f"trial.{name}", "negative")
        yield from _above(trial.months, MAX_MONTHS, "trial.months")
        yield from _above(trial.extensions * trial.extension_months, MAX_MONTHS, "trial.extensions")
        if trial.extensions > 0 and trial.extension_months == 0:
            yield Problem("trial.extension_months", "extension_without_months")
        if 0 < trial.months <= MAX_MONTHS and trial.decision_days >= trial.months * 28:
            params = {"days": trial.decision_days, "months": trial.months}
            yield Problem("trial.decision_days", "decision_longer_than_trial", params)
        if trial.months >= terms.term_months > 0:
            params = {"trial": trial.months, "term": terms.term_months}
            yield Problem("trial.months", "trial_longer_than_term", params)
    if terms.interest is not None and terms.interest.rate < 0:
        yield Problem("interest.rate", "negative")
    if terms.audit is not None and not 0 <= terms.audit.cost_shift_at <= 1:
        yield Problem("audit.cost_shift_at", "negative" if terms.audit.cost_shift_at < 0 else "rate_above_one",
                      {"value": str(terms.audit.cost_shift_at)})  # fmt: skip
    numbers = {
        "invoice_days": terms.invoice_days,
        "confidentiality_years": terms.confidentiality_years,
        "report.days": terms.report.days,
        "report.final_days": terms.report.final_days,
        "exit.certificate_days": terms.exit.certificate_days,
        "exit.sell_off_months": terms.exit.sell_off_months,
        "cure.payment_days": terms.cure.payment_days,
        "cure.report_days": terms.cure.report_days,
        "cure.other_days": terms.cure.other_days,
    }
    if (deemed := terms.report.deemed) is not None:
        numbers["report.deemed.days"] = deemed.days
        if not 0 < deemed.factor <= MOST_DEEMED:
            yield Problem("report.deemed.factor", "deemed_factor", {"most": MOST_DEEMED})
    for path, number in numbers.items():
        if number < 0:
            yield Problem(path, "negative")
        yield from _above(number, MAX_DAYS, path)
    for place, name in enumerate(terms.report.deductions):
        if name not in DEDUCTIONS:
            params = {"value": name, "known": ", ".join(DEDUCTIONS)}
            yield Problem(f"report.deductions[{place}]", "unknown_deduction", params)


def _above(number: int, limit: int, path: str) -> Iterator[Problem]:
    if number > limit:
        yield Problem(path, "above_limit", {"limit": limit})


def _names(terms: Terms) -> Iterator[Problem]:
    seen: set[str] = set()
    named = [(f"elements[{place}].id", element.id) for place, element in enumerate(terms.elements)]
    for path, name in named + [(f"caps[{place}].id", cap.id) for place, cap in enumerate(terms.caps)]:
        if not _ID.fullmatch(name):
            yield Problem(path, "bad_id", {"id": name})
        if name in seen:
            yield Problem(path, "repeated_id", {"id": name})
        seen.add(name)


def _commitment(terms: Terms, element, path: str) -> Iterator[Problem]:
    if element.commitment is Commitment.OPTION and terms.trial is None:
        yield Problem(f"{path}.commitment", "option_without_trial")
    triggers = [(f"{path}.trigger", element.trigger)]
    if isinstance(element, Instalments):
        triggers += [(f"{path}.parts[{n}].trigger", part.trigger) for n, part in enumerate(element.parts)]
    for where, trigger in triggers:
        if trigger is None:
            continue
        yield from _trigger(terms, trigger, where)
        if element.commitment is Commitment.DEFERRED_OBLIGATION and not _certain(trigger):
            yield Problem(where, "deferred_uncertain")


def _trigger(terms: Terms, trigger: Trigger, path: str) -> Iterator[Problem]:
    if isinstance(trigger, AnyOf | AllOf):
        if not trigger.of:
            yield Problem(path, "trigger_empty")
        for place, part in enumerate(trigger.of):
            yield from _trigger(terms, part, f"{path}.of[{place}]")
    elif isinstance(trigger, After):
        if trigger.months < 0 or trigger.days < 0:
            yield Problem(path, "negative")
        yield from _above(trigger.days, MAX_DAYS, f"{path}.days")
        if trigger.anchor is not Anchor.EFFECT or terms.term_months <= 0:
            yield from _above(trigger.months, MAX_MONTHS, f"{path}.months")
        if trigger.anchor in (Anchor.TRIAL_START, Anchor.TRIAL_END) and terms.trial is None:
            yield Problem(f"{path}.anchor", "trigger_without_trial")
        if trigger.anchor is Anchor.CONVERSION and not terms.has_option:
            yield Problem(f"{path}.anchor", "trigger_without_option")
        months = _months_from_effect(terms, trigger)
        if months >= terms.term_months > 0:
            yield Problem(path, "after_licence_months", {"months": months, "term": terms.term_months})
    elif isinstance(trigger, OnEvent):
        if not trigger.name.strip() or trigger.name.endswith(":"):
            yield Problem(f"{path}.name", "empty_text")
        elif trigger.name == "conversion" and not terms.has_option:
            yield Problem(path, "trigger_without_option")
    elif isinstance(trigger, Threshold):
        if trigger.at_least <= 0:
            yield Problem(f"{path}.at_least", "not_positive")
        if not trigger.meter.strip():
            yield Problem(f"{path}.meter", "empty_text")


def _months_from_effect(terms: Terms, trigger: After) -> int:
    """The least months after effect at which a count of months and days can end, wherever it is anchored."""
    months = trigger.months + trigger.days // 31
    if trigger.anchor is Anchor.TRIAL_END and terms.trial is not None:
        months += terms.trial.months
    return months


def _certain(trigger: Trigger) -> bool:
    """Whether the trigger is sure to fire by the mere passing of time."""
    if isinstance(trigger, AnyOf):
        return any(_certain(part) for part in trigger.of)
    if isinstance(trigger, AllOf):
        return all(_certain(part) for part in trigger.of)
    return isinstance(trigger, OnDate) or (
        isinstance(trigger, After) and trigger.anchor is not Anchor.CONVERSION
    )


def _calendar(terms: Terms, effective_on: date | None, patents_end_on: date | None) -> Iterator[Problem]:
    if effective_on is None or not 0 < terms.term_months <= MAX_MONTHS:
        return
    end = add_months(effective_on, terms.term_months) - timedelta(days=1)
    if patents_end_on is not None and end > patents_end_on:
        yield Problem("term_months", "after_patent_end", {"end": end, "patent": patents_end_on})
    for place, element in enumerate(terms.elements):
        path = f"elements[{place}].trigger"
        triggers = [(path, element.trigger)]
        if isinstance(element, Instalments):
            triggers += [
                (f"elements[{place}].parts[{n}].trigger", part.trigger)
                for n, part in enumerate(element.parts)
            ]
        for where, trigger in triggers:
            for leaf in leaves(trigger):
                if isinstance(leaf, OnDate) and leaf.on > end:
                    yield Problem(where, "after_licence_end", {"on": leaf.on, "end": end})
                elif isinstance(leaf, OnDate) and leaf.on < effective_on:
                    yield Problem(where, "before_effect", {"on": leaf.on, "effect": effective_on})


def _day_exists(month: int, day: int) -> bool:
    try:
        date(2024, month, day)
    except (ValueError, OverflowError):
        return False
    return True
