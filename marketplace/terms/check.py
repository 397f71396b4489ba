"""Contradictions in terms that can be read: what would make the price undeterminable or the text untrue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from marketplace.money import EXPONENTS, Money, MoneyError

from .ceilings import ceiling_warnings, percent, rates_of
from .choices import DEDUCTIONS, Anchor, Base, Commitment, Exclusivity, Span, Straddling
from .contract import Terms
from .dates import add_months
from .elements import (
    Deducted,
    EntryFee,
    FixedDay,
    FixedRate,
    Instalments,
    LumpSum,
    Milestone,
    Minimum,
    Royalty,
    Tiers,
    YearlyFee,
    YearlyRates,
)
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
        found += _ELEMENT_CHECKS[type(element)](terms, element, path)
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
        found += _cap(terms, cap, f"caps[{place}]")
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
            yield Problem(f"{path}.anchor", "trigger_never", {"reason": "no trial / 没有免费使用期"})
        if trigger.anchor is Anchor.CONVERSION and not terms.has_option:
            yield Problem(
                f"{path}.anchor", "trigger_never", {"reason": "nothing can be converted / 没有可转化的项目"}
            )
        months = _months_from_effect(terms, trigger)
        if months >= terms.term_months > 0:
            yield Problem(path, "after_licence_months", {"months": months, "term": terms.term_months})
    elif isinstance(trigger, OnEvent):
        if not trigger.name.strip():
            yield Problem(f"{path}.name", "empty_text")
        elif trigger.name == "conversion" and not terms.has_option:
            yield Problem(path, "trigger_never", {"reason": "nothing can be converted / 没有可转化的项目"})
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


def _sum(terms: Terms, element, path: str) -> Iterator[Problem]:
    if element.amount <= 0:
        yield Problem(f"{path}.amount", "not_positive")
    if isinstance(element, Milestone) and element.trigger is None:
        yield Problem(f"{path}.trigger", "milestone_without_trigger")


def _entry(terms: Terms, element: EntryFee, path: str) -> Iterator[Problem]:
    yield from _sum(terms, element, path)
    for place, target in enumerate(element.credit_against):
        credited = terms.element(target)
        if credited is None:
            yield Problem(f"{path}.credit_against[{place}]", "unknown_id", {"id": target})
        elif not isinstance(credited, Royalty):
            yield Problem(f"{path}.credit_against[{place}]", "credit_target", {"id": target})


def _instalments(terms: Terms, element: Instalments, path: str) -> Iterator[Problem]:
    yield from _sum(terms, element, path)
    shares = [part.share for part in element.parts]
    if not shares:
        yield Problem(f"{path}.parts", "empty")
        return
    stated = [share for share in shares if share is not None]
    if stated and len(stated) < len(shares):
        yield Problem(f"{path}.parts", "shares_mixed")
    elif any(share <= 0 for share in stated):
        yield Problem(f"{path}.parts", "not_positive")
    elif stated and sum(stated) != 1:
        yield Problem(f"{path}.parts", "shares_sum", {"value": percent(sum(stated, Decimal(0)))})
    elif element.amount > 0:
        money = Money(element.amount, terms.currency)
        try:
            last = (money.split_shares(stated) if stated else money.split_equal(len(shares)))[-1]
        except MoneyError:
            last = None
        if last is None:
            yield Problem(f"{path}.parts", "last_part_negative")


def _royalty(terms: Terms, element: Royalty, path: str) -> Iterator[Problem]:
    rate, rates = element.rate, rates_of(element)
    if not rates:
        yield Problem(f"{path}.rate", "empty")
        return
    for place, value in enumerate(rates):
        where = f"{path}.rate." + {
            FixedRate: "rate", YearlyRates: f"rates[{place}]", Tiers: f"tiers[{place}].rate"
        }[type(rate)]  # fmt: skip
        if value < 0:
            yield Problem(where, "negative")
        elif value > 1 and element.base is not Base.UNITS:
            yield Problem(where, "rate_above_one", {"value": str(value)})
    if isinstance(rate, Tiers):
        yield from _tiers(rate, f"{path}.rate.tiers")
        if rate.span is Span.PERIOD:
            yield Problem(f"{path}.rate.span", "not_a_choice", {"choices": "life, year"})
    if element.base is Base.UNITS and not element.meter.strip():
        yield Problem(f"{path}.meter", "no_base")
    if element.base is Base.OUTPUT_VALUE and element.baseline is None:
        yield Problem(f"{path}.baseline", "base_needs_baseline")
    if element.baseline is not None and element.free is not None:
        yield Problem(f"{path}.free", "baseline_and_free")
    for name in ("baseline", "free"):
        deducted: Deducted | None = getattr(element, name)
        if deducted is not None and deducted.quantity < 0:
            yield Problem(f"{path}.{name}.quantity", "negative")
    for place, combined in enumerate(element.combinations):
        if combined.own <= 0 or combined.other < 0:
            yield Problem(f"{path}.combinations[{place}]", "not_positive")
    if element.stacking is not None:
        lowest = min((value for value in rates if value > 0), default=Decimal(0))
        if element.stacking.floor < 0 or element.stacking.offset < 0:
            yield Problem(f"{path}.stacking", "negative")
        elif element.stacking.offset > 1:
            yield Problem(
                f"{path}.stacking.offset", "rate_above_one", {"value": str(element.stacking.offset)}
            )
        elif element.stacking.floor > lowest:
            params = {"floor": percent(element.stacking.floor), "rate": percent(lowest)}
            yield Problem(f"{path}.stacking.floor", "floor_above_rate", params)
    if element.straddling is Straddling.PART_ABOVE and not any(
        isinstance(leaf, Threshold) for leaf in leaves(element.trigger)
    ):
        yield Problem(f"{path}.straddling", "straddling_needs_threshold")


def _tiers(rate: Tiers, path: str) -> Iterator[Problem]:
    before = Decimal(0)
    for place, tier in enumerate(rate.tiers):
        last = place == len(rate.tiers) - 1
        if tier.up_to is None:
            if not last:
                yield Problem(f"{path}[{place}].up_to", "tiers_open")
                return
        elif last:
            yield Problem(f"{path}[{place}].up_to", "tiers_end")
        elif tier.up_to <= before:
            params = {"value": f"{tier.up_to:f}", "before": f"{before:f}"}
            yield Problem(f"{path}[{place}].up_to", "tiers_order", params)
        else:
            before = tier.up_to


def _yearly(terms: Terms, element: YearlyFee, path: str) -> Iterator[Problem]:
    if not element.amounts:
        yield Problem(f"{path}.amounts", "empty")
    if any(amount < 0 for amount in element.amounts):
        yield Problem(f"{path}.amounts", "negative")


def _minimum(terms: Terms, element: Minimum, path: str) -> Iterator[Problem]:
    yield from _yearly(terms, element, path)
    yield from _counts(terms, element, path)
    for place, target in enumerate(element.counts):
        if target != element.id and isinstance(terms.element(target), Minimum):
            yield Problem(f"{path}.counts[{place}]", "counts_minimum", {"id": target})


def _counts(terms: Terms, counter, path: str) -> Iterator[Problem]:
    if not counter.counts:
        yield Problem(f"{path}.counts", "counts_nothing")
    for place, target in enumerate(counter.counts):
        if target == counter.id:
            yield Problem(f"{path}.counts[{place}]", "counts_itself", {"id": target})
        elif terms.element(target) is None:
            yield Problem(f"{path}.counts[{place}]", "unknown_id", {"id": target})


def _cap(terms: Terms, cap, path: str) -> Iterator[Problem]:
    yield from _counts(terms, cap, path)
    if cap.amount <= 0:
        yield Problem(f"{path}.amount", "not_positive")
    if cap.span is Span.PERIOD:
        yield Problem(f"{path}.span", "not_a_choice", {"choices": "life, year"})
    for element in terms.elements:
        if not isinstance(element, Minimum) or not element.amounts:
            continue
        if element.id in cap.counts and cap.span is Span.YEAR:
            yield Problem(f"{path}.counts", "yearly_cap_minimum")
        together = element.id in cap.counts or set(element.counts) <= set(cap.counts)
        if together and cap.amount < max(element.amounts):
            params = {
                "cap": str(Money(cap.amount, terms.currency)),
                "minimum": str(Money(max(element.amounts), terms.currency)),
            }
            yield Problem(f"{path}.amount", "cap_below_minimum", params)


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


_ELEMENT_CHECKS = {
    LumpSum: _sum,
    Milestone: _sum,
    EntryFee: _entry,
    Instalments: _instalments,
    Royalty: _royalty,
    YearlyFee: _yearly,
    Minimum: _minimum,
}
