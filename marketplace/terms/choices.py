"""The closed sets of words that terms are written with. The values are the words of the format."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

Quantity = Annotated[Decimal, "quantity"]  # minor units on money meters, else a plain number


class Commitment(StrEnum):
    """What binds the licensee to an element; a contract may combine them element by element."""

    OPTION = "option"  # 先用后转: charged only if the licensee converts
    DEFERRED_OBLIGATION = "deferred_obligation"  # 延期支付: owed from signature, only the date lies later
    CONTINGENT = "contingent"  # 附条件支付: owed when, and only when, the trigger happens


class Exclusivity(StrEnum):
    NON_EXCLUSIVE = "non_exclusive"  # 普通许可
    SOLE = "sole"  # 排他许可
    EXCLUSIVE = "exclusive"  # 独占许可


class Anchor(StrEnum):
    """The day from which months or days are counted."""

    EFFECT = "effect"
    DELIVERY = "delivery"
    TRIAL_START = "trial_start"
    TRIAL_END = "trial_end"  # counted from the day after the last free day
    CONVERSION = "conversion"


class Year(StrEnum):
    CALENDAR = "calendar"  # 1 January to 31 December
    LICENCE = "licence"  # begins on the effective date and its anniversaries


class Span(StrEnum):
    """Over what a cumulative value runs."""

    LIFE = "life"
    YEAR = "year"
    PERIOD = "period"


class Straddling(StrEnum):
    """What happens to the period in which charging begins."""

    SPLIT = "split"  # rows are split at the trigger day
    PART_ABOVE = "part_above"  # only the part above the threshold
    NEXT_PERIOD = "next_period"  # from the first full period after
    WHOLE_PERIOD = "whole_period"


class Base(StrEnum):
    """提成基数: what a royalty is taken from (Civil Code 846)."""

    NET_SALES = "net_sales"
    GROSS_SALES = "gross_sales"
    OUTPUT_VALUE = "output_value"  # 新增产值, above a baseline
    PROFIT = "profit"
    SUBLICENCE_INCOME = "sublicence_income"
    UNITS = "units"  # a price per unit of a named meter


class TierMode(StrEnum):
    EXCESS = "excess"  # each tier's rate for the part inside it
    WHOLE = "whole"  # the rate of the tier reached, for everything in the window


class ProRate(StrEnum):
    """Pro-rating of a first or last broken window."""

    NONE = "none"
    MONTH_COUNTS = "month_counts"  # a month that is only touched counts whole
    FULL_MONTHS = "full_months"  # only whole months count


class DayCount(StrEnum):
    FIXED_365 = "365"  # the amount is per 365 days
    ACTUAL = "actual"  # a whole year costs the amount; a broken one by its days


class DeemedBasis(StrEnum):
    """Whose figures stand in for a report that is missing."""

    LAST = "last"  # the last accepted period's
    HIGHEST = "highest"  # the accepted period's with the most, figure by figure


class Every(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"

    @property
    def months(self) -> int:
        return _MONTHS[self]


_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF: 6, Every.YEAR: 12}


class Silence(StrEnum):
    DECLINE = "decline"
    CONVERT = "convert"


class Act(StrEnum):
    """What is permitted during free use."""

    VALIDATION = "validation"
    DEVELOPMENT = "development"
    PILOT_SALE = "pilot_sale"


class Attestor(StrEnum):
    LICENSEE = "licensee"
    LICENSOR = "licensor"
    BOTH = "both"
    THIRD_PARTY = "third_party"


class Charged(StrEnum):
    """When late-payment interest is charged; its sum is the same once the debt is paid."""

    ON_PAYMENT = "on_payment"
    MONTHLY = "monthly"  # month by month on what is still open, the rest with the payment


class VatMode(StrEnum):
    EXCLUSIVE = "exclusive"  # amounts without VAT; tax is added
    INCLUSIVE = "inclusive"  # amounts contain VAT


class TriggerDay(StrEnum):
    FIRST_CHARGEABLE = "first_chargeable"
    LAST_FREE = "last_free"  # the statutory count of Civil Code 201–203


class Improvements(StrEnum):
    OWN = "own"  # each party owns what it improves
    GRANT_BACK = "grant_back"  # the licensee grants back a non-exclusive licence
    JOINT = "joint"


class Forum(StrEnum):
    COURT = "court"
    ARBITRATION = "arbitration"


class TrialStart(StrEnum):
    EFFECT = "effect"
    DELIVERY = "delivery"


# Meters counted in money are whole minor units in the format; every other meter is a plain quantity.
MONEY_METERS = frozenset(
    {"net_sales", "gross_sales", "output_value", "profit", "sublicence_income", "third_party_royalties"}
)
DEDUCTIONS = (
    "vat",
    "returns",
    "freight",
    "insurance",
    "discounts",
    "customs",
    "packaging",
)  # what may be deducted from invoiced sales
