"""Rating: terms and accepted usage become charges with their working. Pure: no clock, no database, no float.

from contracts import rating

rating.rate(versions, facts, usage, until) → Rating
    versions  [TermsVersion(effective_on, terms)]         by date; later ones are amendments
    facts     Facts(effective_on=…, delivered_on, trial_starts_on, trial_ends_on (last free day),
              extension_months, converted_on, declined_on, events=(Happened(name, on), …),
              accepted=(Period(start, end), …) or reported_through,
                  closed=(Closed(meter, start, end), …) for metered meters, terminated_on, expires_on,
                  sell_off_until)
    usage     [UsageRow(meter, period_start, period_end, quantity, product, components)]; minor units on
              money meters
    until     the last day to look at; nothing later is charged

Rating.charges    Charge(element_id, part, period_start, period_end, dated_on, due, minor,
                  currency, exact (minor units), version, working); .amount is Money, .key names it for ever,
                  .due_on(invoiced_on=None)
Rating.waiting    Waiting(element_id, part, period_start, period_end, reason, detail)
Rating.triggers   {element id or "id#part": Fired(on, by) or None}; dates to come are included
Rating.paid_up_on, Rating.total, Rating.split_days, Rating.inputs_hash

rating.periods(versions or terms, facts, until, triggers) → [ReportPeriod(start, end, due_on, final, splits)]
rating.correct(issued, rating_now) → Corrections(new, adjustments, held);  issued: [Issued(key, amount)]
rating.sentences(charge.working, lang) → [str];  rating.working_json(charge.working) → dict
interest.interest(rule, Debt(…), until=…), audit.true_up(…): see there
"""

from .corrections import Adjustment, Corrections, Issued, correct
from .engine import rate
from .facts import Closed, Facts, Happened, Period, TermsVersion, UsageRow
from .result import Charge, Rating, Waiting
from .schedule import ReportPeriod, periods
from .triggers import Fired
from .working import Step, Working, sentences, working_json

__all__ = [
    "Adjustment",
    "Charge",
    "Closed",
    "Corrections",
    "Facts",
    "Fired",
    "Happened",
    "Issued",
    "Period",
    "Rating",
    "ReportPeriod",
    "Step",
    "TermsVersion",
    "UsageRow",
    "Waiting",
    "Working",
    "correct",
    "periods",
    "rate",
    "sentences",
    "working_json",
]
