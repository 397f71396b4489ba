"""What would be charged: of a report before it is submitted, of a contract on any day. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db.models import prefetch_related_objects

from contracts.billing.charging import Inputs, new_rows
from contracts.billing.crediting import resting
from contracts.billing.finalising import due_of, vat_of
from contracts.billing.lines import line_text
from contracts.billing.models import BILLABLE, Charge, ChargeState
from contracts.billing.planning import key_of, plan_for
from contracts.billing.rules import Vat
from contracts.billing.standing import issued, standing_of
from contracts.lifecycle.models import LicenceContract
from contracts.rating import correct, rate
from contracts.rating.corrections import Corrections
from contracts.rating.result import Charge as Computed
from contracts.rating.result import Key, reason_words
from contracts.rating.working import sentences
from contracts.usage.models import UsageReport
from contracts.usage.queries import rating_inputs
from marketplace.clock import today
from marketplace.money import Money
from marketplace.terms import hash_of


class Part(NamedTuple):
    """What one element's period adds to what was charged: all of a new charge, of another one the difference to `before`.
    `charge` is today's computation, None where nothing is due any more."""

    period_start: date
    period_end: date
    amount: Money
    before: Money | None
    charge: Computed | None

    def sentences(self, lang: str) -> list[str]:
        return sentences(self.charge.working, lang) if self.charge else []


def parts_of(found: Corrections) -> list[Part]:
    """What is new, without charges of nothing, then what is corrected."""
    new = [Part(c.period_start, c.period_end, c.amount, None, c) for c in found.new if c.amount.minor]
    return new + [
        Part(a.key.period_start, a.key.period_end, a.amount, a.before, a.charge) for a in found.adjustments
    ]


@dataclass(frozen=True)
class Preview:
    """What a report would cost: charges that would arise or change, and what would still wait, in words."""

    parts: list[Part]
    total: Money
    waiting: list[str]


def preview_report(report: UsageReport, rows: list, lang: str, *, until: date | None = None) -> Preview:
    """The same rating code with the report as if accepted: by construction the figure of the later charge."""
    until = until or max(today(), report.period_end)
    versions, facts, usage = rating_inputs(report.contract, instead=report, rows=rows)
    rating = rate(versions, facts, usage, until)
    found = correct(issued(standing_of(report.contract), rating.currency), rating)
    parts = parts_of(found)
    total = Money(sum(part.amount.minor for part in parts), rating.currency)
    return Preview(parts, total, [reason_words(w, lang) for w in rating.waiting])


class Line(NamedTuple):
    """One charge that would arise or be invoiced; `is_new`: not charged yet."""

    dated_on: date
    text: str
    amount: Money
    due_on: date | None
    is_new: bool
    charge: Charge


class InvoiceToBe(NamedTuple):
    due_on: date
    vat: Vat
    lines: list[Line]


@dataclass
class DryRun:
    """What a run and an invoice of a day would bring: everything that waits for approval taken as approved."""

    until: date
    to_charge: Money
    total: Money
    lines: list[Line] = field(default_factory=list)
    invoices: list[InvoiceToBe] = field(default_factory=list)
    credits: list[Line] = field(default_factory=list)
    carried: list[Line] = field(default_factory=list)
    resting: list[Line] = field(default_factory=list)  # what they reduce is on no invoice yet
    offset: list[Line] = field(default_factory=list)  # a charge and its correction that cancel out
    stopped: list[Line] = field(default_factory=list)  # held, refused, disputed
    waiting: list[str] = field(default_factory=list)


TAKEN_AS_APPROVED = (ChargeState.ACCRUED, *BILLABLE)


def dry_run(contract: LicenceContract, until: date, lang: str) -> DryRun:
    """Charge and invoice a contract until a day (also one to come, or one gone by) without writing anything.

    The same rating, corrections and planning as in earnest, over what is known now: events to come are not guessed.
    Raises ValueError before the contract takes effect.
    """
    prefetch_related_objects([contract], "versions")
    versions, facts, usage = rating_inputs(contract)
    versions = sorted(versions, key=lambda version: version.effective_on)
    rating = rate(versions, facts, usage, until)
    standing = [row for row in standing_of(contract) if row.key.period_end <= until]
    found = correct(issued(standing, rating.currency), rating)
    inputs = Inputs(versions, facts, usage, [hash_of(version.terms) for version in versions])
    new, _freed = new_rows(contract, inputs, found, standing)
    new = [row for row in new if row.amount_minor]
    answer = DryRun(
        until=until,
        to_charge=Money(sum(row.amount_minor for row in new), rating.currency),
        total=rating.total,
        waiting=[reason_words(waiting, lang) for waiting in rating.waiting],
    )
    stored = contract.charges.exclude(amount_minor=0).exclude(
        state__in=(ChargeState.INVOICED, ChargeState.WAIVED)
    )
    stored = [row for row in stored if row.period_end <= until]
    for row in stored:
        row.contract = contract  # whose versions are read already
    _sort_out(answer, contract, stored, new, lang)
    return answer


def _sort_out(answer: DryRun, contract, stored: Sequence[Charge], new: Sequence[Charge], lang: str) -> None:
    day = max(answer.until, today())
    firsts = {Key(**key_of(row)): row for row in (*stored, *new) if row.amount_minor > 0}

    def due(row: Charge) -> date:
        return due_of(row, day)

    def line(row: Charge, due_on: date | None = None) -> Line:
        return Line(row.dated_on, line_text(row, lang), row.amount, due_on, row.pk is None, row)

    answer.lines = [line(row, due(row)) for row in new]
    rows = [*stored, *new]
    answer.stopped = [
        line(row) for row in rows if row.state not in TAKEN_AS_APPROVED and row.state != ChargeState.WAIVED
    ]
    plan = plan_for(
        contract,
        [row for row in rows if row.state in TAKEN_AS_APPROVED],
        due,
        first_of=lambda row: firsts.get(Key(**key_of(row))),
    )
    for due_on, listed in plan.invoices.items():
        price = Money(sum(row.amount_minor for row in listed), answer.total.currency)
        tax, _basis = vat_of(contract, price, day)
        answer.invoices.append(InvoiceToBe(due_on, tax, [line(row, due_on) for row in listed]))
    answer.credits = [line(row) for row in plan.credits]
    invoices = list(plan.invoices.values())
    for listed, rests in zip(invoices, resting(contract, invoices or [[]]), strict=False):
        left = sum(row.amount_minor for row in listed)
        for row, rest in rests:
            part = Money(min(rest, left), row.currency)
            left -= part.minor
            if part:
                row.contract = contract
                answer.credits.append(line(row)._replace(amount=-part))
    answer.carried = [line(row) for row in plan.carried]
    answer.resting = [line(row) for row in plan.waiting]
    answer.offset = [line(row) for row in plan.offset]
