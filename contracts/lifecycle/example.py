"""A worked example for a contract's text: what the terms would cost in a plain scenario, rated by the same code
that charges later."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from contracts.rating import Facts, Happened, TermsVersion, UsageRow, periods, rate
from marketplace.money import Money
from marketplace.terms import MONEY_METERS, Instalments, OnEvent, Royalty, Terms, Threshold
from marketplace.terms.dates import add_months
from marketplace.terms.speaker import Speaker
from marketplace.terms.triggers import leaves

YEARS = 3
SALES_MINOR = 100_000_000  # one million a period, on every money meter
UNITS = 1_000


class Line(NamedTuple):
    """One charge of the example."""

    on: date
    what: str
    amount: Money


class Example(NamedTuple):
    """`assumptions` in words, the charges that follow, and their sum."""

    assumptions: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Money


def worked_example(terms: Terms, starts_on: date, lang: str) -> Example | None:
    """Three years (or the term, if shorter): conversion on the last free day, every named event one year after
    effect, the same sales in each reporting period. None where nothing is to be paid."""
    if not terms.elements:
        return None
    meters, events = _meters(terms), _events(terms)
    until = add_months(starts_on, min(12 * YEARS, terms.term_months)) - timedelta(days=1)
    first = Facts(effective_on=starts_on, delivered_on=starts_on, trial_starts_on=starts_on)
    trial = first.trial(terms)
    event_on = min(add_months(starts_on, 12), until)
    facts = Facts(
        effective_on=starts_on,
        delivered_on=starts_on,
        trial_starts_on=starts_on if trial else None,
        converted_on=trial.end if trial and terms.has_option else None,
        events=tuple(Happened(name, event_on) for name in events),
        reported_through=until,
    )
    spans = periods(terms, facts, until)
    rows = _rows(spans, meters, until, ())
    split = rate([TermsVersion(starts_on, terms)], facts, rows, until, working=False).split_days
    rating = rate(
        [TermsVersion(starts_on, terms)], facts, _rows(spans, meters, until, split), until, working=False
    )
    speaker = Speaker(terms, lang)
    lines = tuple(
        Line(charge.dated_on, speaker.title(charge.element_id), charge.amount)
        for charge in rating.charges
        if charge.amount.minor
    )
    if not lines:
        return None
    said = _assumptions(terms, speaker, starts_on, until, facts, meters, event_on if events else None)
    return Example(said, lines, rating.total)


def _trees(terms: Terms):
    for element in terms.elements:
        yield element.trigger
        if isinstance(element, Instalments):
            yield from (part.trigger for part in element.parts)


def _events(terms: Terms) -> list[str]:
    known = {"effect", "delivery", "conversion"}
    names = [leaf.name for tree in _trees(terms) for leaf in leaves(tree) if isinstance(leaf, OnEvent)]
    return [name for name in dict.fromkeys(names) if name not in known]


def _meters(terms: Terms) -> list[str]:
    names = [element.meter_name for element in terms.elements if isinstance(element, Royalty)]
    names += [leaf.meter for tree in _trees(terms) for leaf in leaves(tree) if isinstance(leaf, Threshold)]
    return list(dict.fromkeys(names))


def _rows(spans, meters: list[str], until: date, split: tuple[date, ...]) -> list[UsageRow]:
    """The same quantity in each whole period, divided at the days on which charging begins."""
    found = []
    for span in spans:
        if span.end > until:
            continue
        cuts = [span.start, *(day for day in split if span.start < day <= span.end)]
        for place, start in enumerate(cuts):
            end = cuts[place + 1] - timedelta(days=1) if place + 1 < len(cuts) else span.end
            for meter in meters:
                whole = SALES_MINOR if meter in MONEY_METERS else UNITS
                found.append(UsageRow(meter, start, end, _share(whole, place, len(cuts))))
    return found


def _share(whole: int, place: int, parts: int) -> Decimal:
    """Equal parts in whole minor units; the last takes the rest."""
    part = whole // parts
    return Decimal(whole - part * (parts - 1) if place == parts - 1 else part)


def _assumptions(terms, speaker, starts_on, until, facts, meters, event_on) -> tuple[str, ...]:
    zh = speaker.place == 0
    said = [
        f"合同于 {starts_on} 生效并交付，计算至 {until}。"
        if zh
        else f"Effect and delivery on {starts_on}; counted until {until}."
    ]
    if facts.converted_on:
        said.append(
            f"被许可方于 {facts.converted_on} 决定转化。"
            if zh
            else f"The licensee converts on {facts.converted_on}."
        )
    if event_on:
        said.append(
            f"约定的事件均于 {event_on} 发生。" if zh else f"Every agreed event happens on {event_on}."
        )
    if meters:
        names = speaker.meters(meters)
        money = Money(SALES_MINOR, terms.currency).format()
        said.append(
            f"每个报告期：{names}，金额类各 {money}，数量类各 {UNITS:,}。"
            if zh
            else f"In each reporting period: {names}; {money} where it is money, {UNITS:,} where it is a quantity."
        )
    said.append("仅为示例，不构成预测。" if zh else "An example, not a forecast.")
    return tuple(said)
