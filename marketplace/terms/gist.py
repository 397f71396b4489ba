"""Terms and payments in a few words: for lists, headings and cards."""

from __future__ import annotations

from .choices import Base, Commitment
from .elements import (
    EntryFee,
    FixedRate,
    Instalments,
    LumpSum,
    Milestone,
    Minimum,
    YearlyFee,
    YearlyRates,
)
from .speaker import Speaker
from .triggers import After, AllOf, AnyOf, OnEvent, Threshold


class Gist(Speaker):
    """The one line of terms, and of one payment."""

    def one_line(self) -> str:
        terms = self.terms
        if not terms.elements:
            return self.say("l_gratis")
        comma = ", " if self.place else "，"
        parts = [self.gist(element) for element in terms.elements]
        parts += [self.say(f"l_cap_{cap.span.value}", amount=self.money(cap.amount)) for cap in terms.caps]
        if terms.trial is None:
            return comma.join(parts)
        free = self.say("l_free", months=terms.trial.months)
        option = terms.elements[0].commitment is Commitment.OPTION
        then, said = "" if option else ("之后", "then ")[self.place], comma.join(parts)
        if then == "之后" and said[0] < "\u4e00":
            then += " "  # a sum stands apart from the Chinese before it
        return f"{free}{comma}{then}{said}"

    def short(self, element) -> str:
        """The condition in a few words, unless it only says what everybody expects."""
        trigger, trial = element.trigger, self.terms.trial
        if trigger is None or (trial and trigger == After(months=trial.months)):
            return ""
        return self.say("l_when", trigger=self.short_trigger(trigger))

    def short_trigger(self, trigger) -> str:
        if isinstance(trigger, AnyOf | AllOf):
            return self.say(f"l_{trigger.kind}").join(self.short_trigger(part) for part in trigger.of)
        if isinstance(trigger, After) and trigger.months and not trigger.days:
            return self.say("l_after", anchor=self.name(trigger.anchor), months=trigger.months)
        if isinstance(trigger, Threshold):
            amount = self.quantity(trigger.at_least, money=trigger.is_money)
            return self.say("l_at_least", meter=self.meter(trigger.meter), amount=amount)
        if isinstance(trigger, OnEvent):
            kind, _, detail = trigger.name.partition(":")
            return self.milestone(detail) if kind == "milestone" else self.name(trigger.name)
        return self.trigger(trigger)

    def gist(self, element) -> str:
        option = self.say("l_option") if element.commitment is Commitment.OPTION else ""
        if isinstance(element, LumpSum):
            return option + self.say("l_sum", amount=self.money(element.amount)) + self.short(element)
        if isinstance(element, EntryFee):
            return option + self.say("l_entry", amount=self.money(element.amount))
        if isinstance(element, Milestone):
            return self.say(
                "l_milestone", name=self.milestone(element.name), amount=self.money(element.amount)
            )
        if isinstance(element, Instalments):
            amount = self.money(element.amount)
            return option + self.say("l_instalments", amount=amount, parts=len(element.parts))
        if isinstance(element, YearlyFee):
            return option + self.say("l_yearly", amount=self.amounts(element.amounts))
        if isinstance(element, Minimum):
            return self.say("l_minimum", amount=self.amounts(element.amounts))
        rates = element.rate
        if isinstance(rates, FixedRate):
            values = [rates.rate]
        else:
            values = list(rates.rates) if isinstance(rates, YearlyRates) else [t.rate for t in rates.tiers]
        money = element.base is not Base.UNITS
        said = " / ".join(self.one_rate(value, money=money) for value in values)
        if money:
            return option + self.say("l_royalty", rate=said, base=self.name(element.base))
        return option + self.say("l_units", rate=said)
