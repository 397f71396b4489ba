"""Saying parts of terms in one language: names, amounts, rates, conditions, due rules."""

from __future__ import annotations

from decimal import Decimal

from marketplace.money import Money, exponent

from .choices import Base, Span
from .contract import Terms
from .elements import AfterCharge, AfterInvoice, FixedRate, Royalty, Tiers, YearlyRates
from .names import meter_name, milestone_name
from .phrases import KINDS, MONTHS, NAMES, REGIONS, SAY
from .triggers import After, AllOf, AnyOf, OnDate, OnEvent


class Speaker:
    """Says parts of one version of the terms in one language."""

    def __init__(self, terms: Terms, lang: str) -> None:
        self.terms = terms
        self.place = 1 if lang.startswith("en") else 0

    def say(self, code: str, **params: object) -> str:
        return SAY[code][self.place].format(**params)

    def name(self, word: str) -> str:
        return NAMES[word][self.place] if word in NAMES else word

    def meter(self, name: str) -> str:
        return meter_name(name, self.place)

    def milestone(self, name: str) -> str:
        return milestone_name(name, self.place)

    def region(self, code: str) -> str:
        return REGIONS[code][self.place] if code in REGIONS else code

    def names(self, words) -> str:
        return (", " if self.place else "、").join(self.name(str(word)) for word in words)

    def meters(self, names) -> str:
        return (", " if self.place else "、").join(self.meter(name) for name in names)

    def join(self, parts) -> str:
        return ("; " if self.place else "；").join(parts)

    def money(self, minor: int | Decimal) -> str:
        return Money(int(minor), self.terms.currency).format()

    def amounts(self, amounts: tuple[int, ...]) -> str:
        said = [self.money(amount) for amount in amounts]
        if len(said) < 2:
            return said[0] if said else "–"
        return self.say("then", first=(", " if self.place else "、").join(said[:-1]), rest=said[-1])

    def quantity(self, value: Decimal, *, money: bool) -> str:
        return self.money(value) if money else f"{value:,f}"

    def percent(self, rate: Decimal) -> str:
        return f"{(rate * 100).normalize():f} %"

    def targets(self, ids: tuple[str, ...]) -> str:
        named = [self.title(element_id) for element_id in ids]
        if self.place and len(named) > 1:
            return f"{', '.join(named[:-1])} and {named[-1]}"
        return "、".join(named)

    def title(self, element_id: str) -> str:
        """How one element is called where another names it: by its number where there are several of its kind."""
        element = self.terms.element(element_id)
        if element is None:
            return element_id
        same = [other for other in self.terms.elements if other.kind == element.kind]
        said = KINDS[element.kind][self.place]
        if len(same) == 1:
            return said
        number = self.terms.elements.index(element) + 1
        return f"{said} (no. {number})" if self.place else f"第 {number} 项{said}"

    def rate(self, element: Royalty) -> str:
        rate, money = element.rate, element.base is not Base.UNITS
        if isinstance(rate, FixedRate):
            return self.say("fixed" if money else "price", rate=self.one_rate(rate.rate, money=money))
        if isinstance(rate, YearlyRates):
            rates = [
                self.say("year_rate", number=number, rate=self.one_rate(value, money=money))
                for number, value in enumerate(rate.rates, 1)
            ]
            return self.say("yearly", year=self.name(rate.year), rates=self.join(rates))
        tiers = [self.tier(rate, place, money=money) for place in range(len(rate.tiers))]
        return self.say(
            f"tiers_{rate.mode.value}", span=self.span(rate.span, rate.year), tiers=self.join(tiers)
        )

    def tier(self, rate: Tiers, place: int, *, money: bool) -> str:
        """One tier with both its bounds, so that it can be read alone."""
        tier, below = rate.tiers[place], rate.tiers[place - 1].up_to if place else None
        known = {"above": below, "up_to": tier.up_to}
        bounds = {
            name: self.quantity(bound, money=money) for name, bound in known.items() if bound is not None
        }
        code = {(): "only", ("up_to",): "to", ("above", "up_to"): "between", ("above",): "above"}[
            tuple(bounds)
        ]
        said = self.one_rate(tier.rate, money=money)
        return self.say(f"tier_{code}_{rate.mode.value}", rate=said, **bounds)

    def one_rate(self, rate: Decimal, *, money: bool) -> str:
        if money:
            return self.percent(rate)
        if rate.as_tuple().exponent >= -exponent(self.terms.currency):
            return Money.from_decimal(rate, self.terms.currency).format()
        return f"{rate:f} {self.terms.currency}"

    def span(self, span: Span, year) -> str:
        return self.say(f"span_{span.value}", year=self.name(year))

    def trigger(self, trigger) -> str:
        """A condition, as part of a sentence."""
        if isinstance(trigger, AnyOf | AllOf):
            joined = [f"({number}) {self.trigger(part)}" for number, part in enumerate(trigger.of, 1)]
            return self.say(trigger.kind, parts=self.join(joined))
        if isinstance(trigger, OnDate):
            return self.say("date", on=trigger.on.isoformat())
        if isinstance(trigger, After):
            code = "after_" + (("m" if trigger.months else "") + ("d" if trigger.days else "") or "0")
            anchor = self.name(trigger.anchor)
            return self.say(code, anchor=anchor, months=trigger.months, days=trigger.days)
        if isinstance(trigger, OnEvent):
            kind, _, detail = trigger.name.partition(":")
            said = (
                self.say("milestone", name=self.milestone(detail))
                if kind == "milestone"
                else self.name(trigger.name)
            )
            evidence = self.say("by_evidence", evidence=trigger.evidence) if trigger.evidence else ""
            return self.say("event", name=said, who=self.name(trigger.attested_by), evidence=evidence)
        amount = self.quantity(trigger.at_least, money=trigger.is_money)
        free = self.say("free_counts" if trigger.free_use_counts else "free_not") if self.terms.trial else ""
        return self.say(
            f"threshold_{trigger.per.value}",
            meter=self.meter(trigger.meter),
            amount=amount,
            free=free,
            year=self.name(trigger.year),
        )

    def due(self, due) -> str:
        if isinstance(due, AfterInvoice):
            return self.say("due_invoice" if due.days else "due_invoice_0", days=due.days)
        if isinstance(due, AfterCharge):
            return self.say("due_charge" if due.days else "due_charge_0", days=due.days)
        known = self.place and 1 <= due.month <= 12
        month = MONTHS[due.month - 1] if known else due.month
        return self.say("due_day", month=month, day=due.day)
