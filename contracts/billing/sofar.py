"""So far this period: the figure of the later invoice, over what is there by now."""

from dataclasses import dataclass, replace
from datetime import date

from contracts.billing.preview import Part, parts_of
from contracts.billing.standing import issued, standing_of
from contracts.lifecycle.models import LicenceContract
from contracts.rating import Closed, Period, correct, periods, rate
from contracts.rating.result import reason_words
from contracts.usage.metering.queries import metered_names, rated_stretches
from contracts.usage.queries import rating_inputs
from contracts.usage.segments import stretches_of
from marketplace.clock import today
from marketplace.money import Money


@dataclass(frozen=True)
class SoFar:
    """What would be charged at the end of the running period if nothing more came: `parts` with their working,
    `total` of them all, corrections of earlier periods with them, and what would still wait."""

    start: date
    end: date
    parts: list[Part]
    total: Money
    waiting: list[str]


def so_far(contract: LicenceContract, lang: str) -> SoFar | None:
    """None while nothing can be charged: before the contract takes effect and after its end.

    The same rating, from the same sums, as the charge at the period's end; what is not metered is taken as if
    the report said what the events add up to, and metered periods as if they were closed.
    """
    if contract.effective_on is None:
        return None
    versions, facts, usage = rating_inputs(contract)
    running = [p for p in periods(versions, facts, today()) if p.start <= today() <= p.end]
    if not running:
        return None
    period = running[0]
    metered = metered_names(versions)
    closed = tuple(Closed(name, period.start, period.end) for name in sorted(metered))
    facts = replace(facts, closed=facts.closed + closed)
    if not facts.has_report(period.start, period.end):
        stretches = stretches_of(period.start, period.end, versions, facts, usage)
        usage = [*usage, *rated_stretches(contract, stretches, metered)]
        facts = replace(facts, accepted=(*facts.accepted, Period(period.start, period.end)))
    rating = rate(versions, facts, usage, period.end)
    found = correct(issued(standing_of(contract), rating.currency), rating)
    parts = parts_of(found)
    return SoFar(
        period.start,
        period.end,
        parts,
        Money(sum(part.amount.minor for part in parts), rating.currency),
        [reason_words(waiting, lang) for waiting in rating.waiting],
    )
