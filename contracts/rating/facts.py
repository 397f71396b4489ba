"""What rating is told: versions of the terms, facts of the contract, accepted usage. Plain values, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from functools import cached_property
from typing import Any, NamedTuple

from marketplace.terms import Terms
from marketplace.terms.dates import add_months

DAY = timedelta(days=1)
_EXACT = Context(prec=100)


class TermsVersion(NamedTuple):
    """Terms and the day from which they are in force."""

    effective_on: date
    terms: Terms


class Happened(NamedTuple):
    """An event on record: first_income, written_notice, milestone:<name> …, with its day."""

    name: str
    on: date


class Period(NamedTuple):
    """Inclusive at both ends."""

    start: date
    end: date


class Closed(NamedTuple):
    """A metered meter's period that is complete, by a closing event or a person's confirmation."""

    meter: str
    start: date
    end: date


class UsageRow(NamedTuple):
    """One accepted row of usage, within one reporting period (one day for metered events).

    `quantity` is whole minor units on money meters and a plain number on others. A row of sales may give
    `components` instead (minor units: invoiced_incl_vat, vat, returns, freight, insurance, discounts, customs,
    packaging, all positive): net and gross sales follow from them by the terms.
    """

    meter: str
    period_start: date
    period_end: date
    quantity: Decimal | int | None = None
    product: str = ""
    components: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Facts of one contract, each known or None.

    `trial_ends_on` is the last free day; left out, it follows from the terms and `extension_months`.
    `accepted` are the periods with an accepted report (nil included); `reported_through` says that every
    period up to a day has one. A period without is missing, never zero. Metered meters (`Report.metered`) need no
    report but must be `closed`. `expires_on` (last day) replaces the
    end that follows from the licence's term: a renewal, or a patent that ends sooner. Until `sell_off_until` stock is
    sold off after the end: royalties go on, nothing else does.
    """

    effective_on: date
    delivered_on: date | None = None
    trial_starts_on: date | None = None
    trial_ends_on: date | None = None
    extension_months: int = 0
    converted_on: date | None = None
    declined_on: date | None = None
    events: tuple[Happened, ...] = ()
    accepted: tuple[Period, ...] = ()
    reported_through: date | None = None
    closed: tuple[Closed, ...] = ()
    terminated_on: date | None = None
    expires_on: date | None = None
    sell_off_until: date | None = None

    @cached_property
    def _accepted_exactly(self) -> frozenset[tuple[date, date]]:
        return frozenset((start, end) for start, end in self.accepted)

    def has_report(self, start: date, end: date, meter: str = "") -> bool:
        """Whether every day of a period is covered by accepted reports, or for a metered meter by closings."""
        if meter:
            return _covered(
                start, end, [(begins, ends) for name, begins, ends in self.closed if name == meter]
            )
        if self.reported_through is not None and end <= self.reported_through:
            return True
        if (start, end) in self._accepted_exactly:
            return True
        if self.reported_through is not None and self.reported_through >= start:
            start = self.reported_through + DAY
        return _covered(start, end, self.accepted)

    def first(self, name: str) -> date | None:
        """The first day an event happened; the anchors count as events too."""
        if name == "effect":
            return self.effective_on
        if name == "delivery":
            return self.delivered_on or self._on_record(name)
        if name == "conversion":
            return self.converted_on or self._on_record(name)
        return self._on_record(name)

    def _on_record(self, name: str) -> date | None:
        return min((event.on for event in self.events if event.name == name), default=None)

    def trial(self, terms: Terms) -> Period | None:
        """The free period, inclusive; None without one or while its start is not known."""
        if terms.trial is None:
            return None
        start = self.trial_starts_on
        if start is None:
            start = self.effective_on if terms.trial.starts.value == "effect" else self.first("delivery")
        if start is None:
            return None
        end = self.trial_ends_on
        if end is None:
            end = add_months(start, terms.trial.months + self.extension_months) - DAY
        return Period(start, end)

    def licence_end(self, terms: Terms) -> date:
        """The last day of the licence: its term or `expires_on`, or the termination."""
        end = self.expires_on or add_months(self.effective_on, terms.term_months) - DAY
        if self.terminated_on is not None and self.terminated_on < end:
            return self.terminated_on
        return end


def _covered(start: date, end: date, stretches: Sequence[tuple[date, date]]) -> bool:
    reach = start
    for begins, ends in sorted(stretches):
        if begins > reach:
            break
        if ends >= reach:
            reach = ends + DAY
    return reach > end


def normal(value: Any) -> Any:
    """A value as JSON writes it, the same for 12.50 and 12.5, for hashing inputs."""
    if isinstance(value, Decimal):
        return format(value.normalize(_EXACT), "f") if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: normal(value[key]) for key in sorted(value)}
    if isinstance(value, UsageRow | Happened | Period | Closed):
        return {name: normal(part) for name, part in value._asdict().items() if part not in (None, "")}
    if isinstance(value, tuple | list):
        return [normal(part) for part in value]
    if isinstance(value, Facts):
        return {name: normal(getattr(value, name)) for name in sorted(value.__dataclass_fields__)}
    return value
