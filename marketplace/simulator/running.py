"""A contract in force: its past as it was reported and charged, its future as it is assumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from contracts import rating
from contracts.billing.models import Charge, Invoice
from contracts.lifecycle.models import LicenceContract
from contracts.rating import Closed, Happened, Period, TermsVersion
from contracts.rating.facts import DAY
from contracts.rating.result import Key, reason_words
from contracts.rating.usage import SALES, row_value
from contracts.rating.working import read_working, sentences, working_json
from contracts.usage.queries import rating_inputs
from marketplace.clock import today
from marketplace.money import half_up
from marketplace.terms import Terms, TermsError, check_amendment

from .assumed import AFTERWARDS, BY_YEAR, Assumed, rows_of, settled
from .course import TITLES, Course, Line, course, minimum_in, title_of
from .forms import Asked
from .needs import Needs, needs_of
from .path import licence_years, months
from .playing import MAX_YEARS, SO_FAR, Playing
from .ready import KEYS
from .scenario import Event, Known, Row, Scenario

SOON = timedelta(
    days=30
)  # an event that a ready scenario puts into the past is assumed so much later than today


@dataclass(frozen=True)
class Past:
    """What is on record of a contract."""

    contract: LicenceContract
    versions: list[TermsVersion]
    facts: rating.Facts
    usage: list[rating.UsageRow]

    @classmethod
    def of(cls, contract: LicenceContract) -> Past:
        versions, facts, usage = rating_inputs(contract)
        return cls(contract, versions, facts, usage)

    @property
    def agreed(self) -> Terms:
        return self.versions[-1].terms

    @property
    def last(self) -> date:
        return self.facts.licence_end(self.agreed)

    @cached_property
    def open(self) -> list[Period]:
        """The reporting periods without an accepted report."""
        due = rating.periods(self.versions, self.facts, self.last)
        return [
            Period(period.start, period.end)
            for period in due
            if not self.facts.has_report(period.start, period.end)
        ]

    def pace(self, meter) -> int:
        """What was sold in a year, at the pace of the newest reports (of twelve months, as far as there are so many); in
        the meter's whole units."""
        newest, reported = [], Fraction(0)
        for period in sorted(self.facts.accepted, reverse=True):
            if reported < 12:
                newest.append(period)
                reported += months(period.start, period.end)
        if not newest:
            return 0
        first = min(period.start for period in newest)
        rows = [row for row in self.usage if row.product == meter.product and row.period_start >= first]
        found = [row_value(row, meter.name, self.agreed.report.deductions) for row in rows]
        return half_up(sum(Fraction(value) for value in found if value is not None) * 12 / reported)

    def facts_under(self, agreed: Terms) -> rating.Facts:
        """What is on record under other terms: an amendment of the term moves the licence's last day."""
        if agreed.term_months == self.agreed.term_months:
            return self.facts
        return replace(self.facts, expires_on=None)

    @cached_property
    def charged(self) -> list[Charge]:
        """What was charged, corrections and interest too; asked for once, however many courses are drawn."""
        rows = self.contract.charges.select_related("invoice_line__invoice")
        return list(rows.order_by("dated_on", "id"))

    def sold(self) -> list[Row]:
        """What was reported, as rows of the meters that the terms name: sales in components are sums here."""
        names = [meter.name for meter in needs_of(self.agreed).meters]
        found = []
        for row in self.usage:
            name = (
                row.meter if row.components is None else next((n for n in names if n in SALES), "net_sales")
            )
            value = row_value(row, name, self.agreed.report.deductions)
            found.append(
                Row(
                    meter=name,
                    start=row.period_start,
                    end=row.period_end,
                    quantity=Decimal(value or 0),
                    product=row.product,
                )
            )
        return found


class Running(Playing):
    """Like Playing, for a contract in force. `source.past` says what is on record; changed terms are an amendment from
    a day on."""

    past: Past
    keys: ClassVar = (SO_FAR, *KEYS)
    by: ClassVar = BY_YEAR

    def __init__(self, source, data, lang):
        self.past = source.past
        super().__init__(source, data, lang)

    def _needs(self) -> Needs:
        terms = [version.terms for version in self.past.versions]
        found = needs_of(*terms, *([self.other] if self.other else []))
        facts = self.past.facts
        decided = facts.first("conversion") or facts.declined_on
        return Needs(
            found.meters if self.past.open else (),
            tuple(name for name in found.events if facts.first(name) is None),
            found.decides and not decided,
            found.delivers and facts.first("delivery") is None,
        )

    @property
    def today(self) -> date:
        return today()

    @cached_property
    def first_day(self) -> date:
        return self.past.facts.effective_on

    @cached_property
    def key(self) -> str:
        default = SO_FAR if self.past.usage else "expected"
        return self._key("scenario") or self._key("base") or default

    @property
    def fixed(self) -> bool:
        return False

    def _day(self, name: str) -> date | None:
        return None if name in ("start", "was") else super()._day(name)

    def _asked(self, key: str, start: date, by: str) -> Asked:
        past, tomorrow = self.past, today() + DAY
        known = self._ready("expected" if key == SO_FAR else key, start)
        if key == SO_FAR:
            reported = {meter.key for meter in needs_of(past.agreed).meters}
            paths = {meter.key: (past.pace(meter),) for meter in self.needs.meters if meter.key in reported}
            known = replace(known, paths={**known.paths, **paths})
        events = {name: max(on, today() + SOON) if on < tomorrow else on for name, on in known.events.items()}
        trial = past.facts.trial(past.agreed)
        decided = max(trial.end, today()) if trial and self.needs.decides else None
        known = replace(known, events=events, converted_on=decided)
        years = licence_years(start, past.last)
        begins = past.open[0].start if past.open else past.last
        first = next((n for n, year in enumerate(years) if year.end >= begins), 0)
        return Asked(past.agreed, self.needs, self.dials, known, years[: first + MAX_YEARS], first, tomorrow)

    def _course(self, agreed: Terms) -> Course:
        past, assumed = self.past, self.form.assumed()
        versions = list(past.versions)
        if agreed is not past.agreed:
            if wrong := check_amendment(past.agreed, agreed):
                raise TermsError(wrong)
            versions.append(TermsVersion(self.form.cleaned_data["since"], agreed))
            versions.sort(key=lambda version: version.effective_on)
        known = past.facts_under(agreed)
        last = known.licence_end(agreed)
        until = last + AFTERWARDS
        facts = self._facts(assumed, agreed, until)
        free = [
            period
            for period in rating.periods(versions, known, last)
            if not known.has_report(period.start, period.end)
        ]
        rows = settled(
            versions,
            facts,
            until,
            lambda pieces: rows_of(
                self.needs, assumed, self.form.asked.stretches, last, facts, _within(pieces, free)
            ),
            past.usage,
        )
        found = rating.rate(versions, facts, [*past.usage, *(row.usage() for row in rows)], until)
        self.scenario = _scenario(facts, [*past.sold(), *rows], until)
        return course(
            agreed,
            facts,
            _lines(past, versions, found, self.lang),
            {name: (fired.on, fired.by) for name, fired in found.triggers.items() if fired},
            self.lang,
            until=until,
            paid_up_on=found.paid_up_on,
            waiting=tuple(reason_words(each, self.lang) for each in found.waiting),
        )

    def _facts(self, assumed: Assumed, agreed: Terms, until: date) -> rating.Facts:
        """What is on record, and what is assumed besides; every report to come is in."""
        past, decision = self.past.facts_under(agreed), {}
        if self.needs.decides:
            name = "converted_on" if assumed.converts else "declined_on"
            trial = past.trial(agreed)
            decision = {name: assumed.converted_on or (trial.end if trial else today())}
        if self.needs.delivers:
            decision["delivered_on"] = assumed.delivered_on
        events = tuple(Happened(name, on) for name, on in sorted(assumed.events.items()))
        closed = tuple(Closed(meter, past.effective_on, until) for meter in agreed.report.metered)
        return replace(
            past,
            **decision,
            events=(*past.events, *events),
            reported_through=until,
            closed=(*past.closed, *closed),
        )


def _within(pieces: list[Period], free: list[Period]) -> list[Period]:
    """The pieces that lie in periods without an accepted report."""
    return [
        piece
        for piece in pieces
        if any(period.start <= piece.start and piece.end <= period.end for period in free)
    ]


def _scenario(facts: rating.Facts, rows: list[Row], until: date) -> Scenario:
    """The same as a scenario, for the words of the page."""
    names = (
        "effective_on", "delivered_on", "trial_starts_on", "trial_ends_on", "converted_on", "declined_on",
        "terminated_on", "expires_on", "sell_off_until",
    )  # fmt: skip
    return Scenario(
        facts=Known(**{name: getattr(facts, name) for name in names}),
        until=until,
        events=tuple(Event(name=event.name, on=event.on) for event in facts.events),
        usage=tuple(rows),
    )


def _lines(past: Past, versions, found: rating.Rating, lang: str) -> list[Line]:
    """What was charged, with its corrections and interest; then what rating adds to it."""
    terms = versions[-1].terms
    charged: dict[Key, list[Charge]] = {}
    lines = []
    for row in past.charged:
        if row.kind == Charge.Kind.INTEREST:
            title = TITLES["interest"][1 if lang.startswith("en") else 0]
            lines.append(_charged_line(row, [row], title, lang))
        else:
            charged.setdefault(Key(row.element_id, row.part, row.period_start, row.period_end), []).append(
                row
            )
    for key, parts in charged.items():
        lines.append(_charged_line(parts[0], parts, title_of(terms, key.element_id, key.part, lang), lang))
    for charge in found.charges:
        if charge.key in charged:
            continue
        lines.append(
            Line(
                title=title_of(terms, charge.element_id, charge.part, lang),
                element_id=charge.element_id,
                start=charge.period_start,
                end=charge.period_end,
                dated_on=charge.dated_on,
                due_on=charge.due_on(charge.dated_on),
                minor=charge.minor,
                sentences=tuple(rating.sentences(charge.working, lang)),
                minimum=minimum_in(working_json(charge.working)),
            )
        )
    return lines


def _charged_line(row: Charge, parts: list[Charge], title: str, lang: str) -> Line:
    """A charge with its adjustments; due as its invoice says, as long as there is none as its date says."""
    told = [line for part in parts if part.working for line in sentences(read_working(part.working), lang)]
    invoice: Invoice | None = row.invoice_line.invoice if hasattr(row, "invoice_line") else None
    return Line(
        title=title,
        element_id=row.element_id,
        start=row.period_start,
        end=row.period_end,
        dated_on=row.dated_on,
        due_on=invoice.due_on if invoice else row.dated_on,
        minor=sum(part.amount_minor for part in parts),
        sentences=tuple(told),
        minimum=minimum_in(row.working),
        real=True,
    )
