"""Terms in plain words, in Chinese and English: precise enough to sign, the same content in both."""

from __future__ import annotations

import re
from typing import NamedTuple

from marketplace.money import Money, MoneyError

from .choices import Base, Charged, Commitment, Span, Straddling
from .contract import MonthlyInterest, Terms
from .elements import (
    Element,
    EntryFee,
    Instalments,
    LumpSum,
    Milestone,
    Minimum,
    Royalty,
    Tiers,
    YearlyFee,
)
from .gist import Gist
from .phrases import SAY, TIMES
from .triggers import Threshold, leaves

_SECTIONS = ("s_scope", "s_trial", "s_pay", "s_limits", "s_reports", "s_due", "s_counting", "s_end")


class Section(NamedTuple):
    title: str
    lines: tuple[str, ...]

    @property
    def numbered(self) -> bool:
        """Whether the lines bring numbers of their own, so that pages put no bullets before them."""
        return any(re.match(r"\d+\. ", line) for line in self.lines)

    @property
    def parted(self) -> list[tuple[str, str]]:
        """The lines; a numbered one in two: what it is, and everything else that is said of it."""
        return [_parted(line) for line in self.lines]


def _parted(line: str) -> tuple[str, str]:
    found = re.match(r"(\d+\. .+?(?:。|\.(?= [A-Z])))\s?(.+)", line)
    return (found[1], found[2]) if found else (line, "")


def plain_words(terms: Terms, lang: str = "zh-hans") -> list[Section]:
    """Everything the terms say, in sections; every convention is said, default or not."""
    speaker = _Words(terms, lang)
    said = (
        speaker.scope(),
        speaker.trial(),
        speaker.payments(),
        speaker.caps(),
        speaker.reports(),
        speaker.tax_and_interest(),
        speaker.counting(),
        speaker.end(),
    )
    sections = zip(section_titles(lang), said, strict=True)
    return [Section(title, tuple(lines)) for title, lines in sections if lines]


def section_titles(lang: str = "zh-hans") -> list[str]:
    """The titles of the plain words, in order; the third is that of the payments."""
    return [SAY[code][1 if lang.startswith("en") else 0] for code in _SECTIONS]


def one_line(terms: Terms, lang: str = "zh-hans") -> str:
    """The gist, for lists: "12 months free, then 3 % of net sales, capped at ¥500,000.00"."""
    return _Words(terms, lang).one_line()


def element_words(terms: Terms, element: Element, lang: str = "zh-hans") -> list[str]:
    """What one payment says, sentence by sentence."""
    return _Words(terms, lang).payment(element)


def element_gist(terms: Terms, element: Element, lang: str = "zh-hans") -> str:
    """One payment in a few words: "3 % of net sales"."""
    return _Words(terms, lang).gist(element)


class _Words(Gist):
    """The sections of the plain words, and the gist."""

    def scope(self) -> list[str]:
        terms = self.terms
        lines = [self.say("kind", kind=self.name(terms.exclusivity))]
        if terms.open_licence:
            lines.append(self.say("open"))
        lines.append(self.say("term", months=terms.term_months))
        lines.append(
            self.say("fields", fields=self.names(terms.fields)) if terms.fields else self.say("all_fields")
        )
        if terms.territory:
            lines.append(self.say("territory", territory=self.regions(terms.territory)))
        else:
            lines.append(self.say("all_territory"))
        lines.append(self.say("sublicence_yes" if terms.sublicence_allowed else "sublicence_no"))
        return lines

    def trial(self) -> list[str]:
        trial = self.terms.trial
        if trial is None:
            return [self.say("no_trial")]
        lines = [
            self.say("trial", months=trial.months, anchor=self.name(trial.starts)),
            self.say("permitted", acts=self.names(trial.permitted))
            if trial.permitted
            else self.say("permitted_unsaid"),
        ]
        if trial.extensions:
            lines.append(
                self.say("extensions", times=self.times(trial.extensions), months=trial.extension_months)
            )
        else:
            lines.append(self.say("no_extension"))
        if self.terms.has_option:
            lines.append(self.say("decision", days=trial.decision_days, silence=self.name(trial.on_silence)))
        return lines

    def payments(self) -> list[str]:
        if not self.terms.elements:
            return [self.say("no_payment")]
        lines = []
        for number, element in enumerate(self.terms.elements, 1):
            lines.append(f"{number}. " + (" " if self.place else "").join(self.payment(element)))
        return lines

    def payment(self, element) -> list[str]:
        """One element with its commitment, condition and due rule."""
        said = [*self.element(element), self.say(f"c_{element.commitment.value}")]
        if not isinstance(element, Instalments) or element.trigger is not None:
            said.append(self.when(element))
        return [*said, self.due(element.due)]

    def element(self, element) -> list[str]:
        """What one element is, without its commitment, condition and due rule."""
        if isinstance(element, LumpSum):
            return [self.say("lump_sum", amount=self.money(element.amount))]
        if isinstance(element, EntryFee):
            said = [self.say("entry_fee", amount=self.money(element.amount))]
            if element.credit_against:
                return [*said, self.say("creditable", targets=self.targets(element.credit_against))]
            return [*said, self.say("not_creditable")]
        if isinstance(element, Milestone):
            return [
                self.say(
                    "milestone_sum", name=self.milestone(element.name), amount=self.money(element.amount)
                )
            ]
        if isinstance(element, Instalments):
            return self.instalments(element)
        if isinstance(element, YearlyFee):
            said = self.say("yearly_fee", amounts=self.amounts(element.amounts), year=self.name(element.year))
            return [said, self.say("by_365" if element.day_count.value == "365" else "by_actual")]
        if isinstance(element, Minimum):
            targets = self.targets(element.counts)
            said = self.say(
                "minimum",
                amounts=self.amounts(element.amounts),
                year=self.name(element.year),
                targets=targets,
            )
            carry = self.say("excess_carry" if element.carry_excess else "excess_lost")
            return [said, self.say(f"minimum_{element.pro_rate.value}"), carry]
        return self.royalty(element)

    def instalments(self, element: Instalments) -> list[str]:
        money = Money(element.amount, self.terms.currency)
        shares = [part.share for part in element.parts]
        try:
            equal = shares.count(None) == len(shares)
            split = money.split_equal(len(shares)) if equal else money.split_shares([s or 0 for s in shares])
            amounts = [amount.format() for amount in split]
        except MoneyError:  # shares that do not sum to 1 are said as they stand
            amounts = ["–" if share is None else self.percent(share) for share in shares]
        parts = [
            self.say("part", number=number, amount=amount, trigger=self.trigger(part.trigger))
            for number, (part, amount) in enumerate(zip(element.parts, amounts, strict=True), 1)
        ]
        head = self.say("instalments", amount=money.format(), parts=len(parts))
        later = [self.say("part_later")] if element.trigger is not None else []
        return [head, *parts, self.say("last_rest"), *later]

    def royalty(self, element: Royalty) -> list[str]:
        money = element.base is not Base.UNITS
        if money:
            said = [self.say("royalty", base=self.name(element.base), rate=self.rate(element))]
        else:
            said = [self.say("units", meter=self.meter(element.meter), rate=self.rate(element))]
        if element.base is Base.NET_SALES:
            deductions = self.terms.report.deductions
            said.append(
                self.say("net_means", deductions=self.names(deductions))
                if deductions
                else self.say("net_plain")
            )
        if element.products:
            said.append(self.say("products", products=self.names(element.products)))
        for name in ("baseline", "free"):
            deducted = getattr(element, name)
            if deducted is not None:
                said.append(
                    self.say(
                        name,
                        quantity=self.quantity(deducted.quantity, money=money),
                        span=self.span(deducted.span, deducted.year),
                        pro_rate=self.say(f"p_{deducted.pro_rate.value}")
                        if deducted.span is Span.YEAR
                        else "",
                    )
                )
        for combined in element.combinations:
            product = f" “{combined.product}”" if combined.product else ""
            said.append(
                self.say(
                    "combination",
                    product=product,
                    own=self.money(combined.own),
                    other=self.money(combined.other),
                )
            )
        if element.stacking is not None:
            rule = element.stacking
            carry = self.say("stack_carry" if rule.carry else "stack_lost")
            offset, floor = self.percent(rule.offset), self.one_rate(rule.floor, money=money)
            code = "stacking" if money else "stacking_units"
            said.append(self.say(code, offset=offset, floor=floor, carry=carry))
        lost = "loss_in_year" if _counts_by_year(element) else "loss_lost"
        said.append(self.say("loss_carry" if element.loss_carry else lost))
        if isinstance(element.rate, Tiers):
            said.append(self.say("fills" if element.free_use_fills else "fills_not"))
        return [*said, self.straddling(element)]

    def straddling(self, element: Royalty) -> str:
        if element.straddling is not None:
            return self.say(f"st_{element.straddling.value}")
        kinds = {isinstance(leaf, Threshold) for leaf in leaves(element.trigger)}
        said = self.say(f"st_{Straddling.SPLIT.value}")
        if kinds == {True}:
            return self.say(f"st_{Straddling.PART_ABOVE.value}")
        if kinds == {True, False}:
            head = ("若由阈值触发：", "If a threshold brings it: ")[self.place]
            other = ("否则：", "Otherwise: ")[self.place]
            gap = " " if self.place else ""
            return f"{head}{self.say('st_part_above')}{gap}{other}{said}"
        return said

    def when(self, element) -> str:
        if element.trigger is not None:
            return self.say("when", trigger=self.trigger(element.trigger))
        if element.commitment is Commitment.OPTION:
            return self.say("when_conversion")
        return self.say("when_after_trial" if self.terms.trial else "when_effect")

    def caps(self) -> list[str]:
        lines = [
            self.say(
                f"cap_{cap.span.value}",
                targets=self.say("charges_for", targets=self.targets(cap.counts)),
                amount=self.money(cap.amount),
                year=self.name(cap.year),
            )
            for cap in self.terms.caps
        ]
        return [*lines, self.say("cap_order")] if lines else []

    def reports(self) -> list[str]:
        report = self.terms.report
        lines = [
            self.say(
                "report",
                every=self.name(report.every),
                year=self.name(report.year),
                days=report.days,
                final=report.final_days,
            ),
            self.say("missing"),
        ]
        if report.metered:
            lines.append(self.say("metered", meters=self.meters(report.metered)))
        if report.deemed:
            deemed = report.deemed
            lines.append(
                self.say(f"deemed_{deemed.basis.value}", days=deemed.days, factor=self.percent(deemed.factor))
            )
            if report.metered:
                lines.append(self.say("deemed_metered"))
        if report.evidence:
            lines.append(self.say("evidence", evidence=self.names(report.evidence)))
        return [*lines, self.say("inspection" if report.inspection else "no_inspection")]

    def tax_and_interest(self) -> list[str]:
        terms = self.terms
        lines = [self.say(f"vat_{terms.vat.value}"), self.say("invoice", days=terms.invoice_days)]
        if terms.interest is None:
            lines.append(self.say("no_interest"))
        else:
            rate = self.percent(terms.interest.rate)
            if isinstance(terms.interest, MonthlyInterest):
                part = self.say("part_counts" if terms.interest.part_months else "part_not")
                lines.append(self.say("i_monthly", rate=rate, part=part))
            else:
                lines.append(self.say("i_daily", rate=rate))
            lines.append(self.say("i_from"))
            monthly = terms.interest.charged is Charged.MONTHLY
            lines.append(self.say("i_each_month" if monthly else "i_on_payment"))
        if terms.audit is not None:
            lines.append(self.say("audit", share=self.percent(terms.audit.cost_shift_at)))
        elif terms.report.inspection:
            lines.append(self.say("no_audit"))
        return lines

    def counting(self) -> list[str]:
        first = "k_first" if self.terms.trigger_day.value == "first_chargeable" else "k_last"
        codes = [
            "k_months",
            "k_years",
            first,
            "k_threshold",
            "k_round",
            "k_order",
            "k_window",
            "k_correct",
            "k_versions",
        ]
        return [self.say(code) for code in codes]

    def end(self) -> list[str]:
        terms = self.terms
        cure, dispute = terms.cure, terms.dispute
        sell_off = terms.exit.sell_off_months
        place = self.say("place", place=dispute.place) if dispute.place else ""
        return [
            self.say("accrued"),
            self.say("sell_off", months=sell_off) if sell_off else self.say("no_sell_off"),
            self.say("certificate", days=terms.exit.certificate_days),
            self.say("cure", payment=cure.payment_days, report=cure.report_days, other=cure.other_days),
            self.say("secret", years=terms.confidentiality_years),
            self.say("improvements", rule=self.name(terms.improvements)),
            self.say("dispute", forum=self.name(dispute.forum), place=place),
        ]

    def regions(self, codes) -> str:
        return (", " if self.place else "、").join(self.region(code) for code in codes)

    def times(self, count: int) -> str:
        return TIMES.get(count, (f"{count} 次", f"{count} times"))[self.place]


def _counts_by_year(element: Royalty) -> bool:
    """Whether the royalty's base is summed up over a year before it is charged."""
    spans = [part.span for part in (element.baseline, element.free) if part is not None]
    if isinstance(element.rate, Tiers):
        spans.append(element.rate.span)
    return Span.YEAR in spans
