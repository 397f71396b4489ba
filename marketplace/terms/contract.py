"""Terms: everything about a licence that money and dates depend on, without parties."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from .choices import (
    Act,
    Charged,
    DeemedBasis,
    Every,
    Exclusivity,
    Forum,
    Improvements,
    Silence,
    TrialStart,
    TriggerDay,
    VatMode,
    Year,
)
from .elements import Cap, Element

FORMAT = 1
LATER = {
    "later": True
}  # a field that came after terms had been agreed: left out of what is written while it says
# what held without it, so that the hashes of those terms stay


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """免费使用期. The decision is in time until the last free day, inclusive."""

    months: int
    starts: TrialStart = TrialStart.EFFECT
    permitted: tuple[Act, ...] = (Act.VALIDATION, Act.DEVELOPMENT)
    extensions: int = 1
    extension_months: int = 6
    decision_days: int = 60
    on_silence: Silence = Silence.DECLINE


@dataclass(frozen=True, kw_only=True, slots=True)
class Deemed:
    """推定申报: what counts while a report is missing, from some days after it was due until the late report is accepted."""

    days: int = 15
    basis: DeemedBasis = DeemedBasis.LAST
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """使用报告: periods, what is deducted from invoiced sales, evidence and inspection (Civil Code 846)."""

    every: Every = Every.QUARTER
    year: Year = Year.CALENDAR
    days: int = 30
    final_days: int = 60
    deductions: tuple[str, ...] = ("vat", "returns", "freight")
    evidence: tuple[str, ...] = ()
    inspection: bool = True
    metered: tuple[str, ...] = ()  # meters whose events are charged without an accepted report
    deemed: Deemed | None = None  # without it a missing report is a breach and nothing else


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthlyInterest:
    """Simple interest per month on what is overdue."""

    kind: ClassVar[str] = "monthly"
    rate: Decimal
    part_months: bool = False  # whether a part month counts as a whole one
    charged: Charged = field(default=Charged.ON_PAYMENT, metadata=LATER)


@dataclass(frozen=True, kw_only=True, slots=True)
class DailyInterest:
    kind: ClassVar[str] = "daily"
    rate: Decimal
    charged: Charged = field(default=Charged.ON_PAYMENT, metadata=LATER)


Interest = MonthlyInterest | DailyInterest


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """查账权: the licensee bears the audit's cost where the gap reaches this share of what was due."""

    cost_shift_at: Decimal = Decimal("0.1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit:
    """停用退出: days for the stop-use certificate, months to sell off stock."""

    certificate_days: int = 30
    sell_off_months: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Cure:
    """整改期: days to put a breach right."""

    payment_days: int = 30
    report_days: int = 15
    other_days: int = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    forum: Forum = Forum.COURT
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """One version of the terms. `elements` is empty for a free licence."""

    format: int = FORMAT
    currency: str = "CNY"
    exclusivity: Exclusivity = Exclusivity.NON_EXCLUSIVE
    open_licence: bool = False
    sublicence_allowed: bool = False
    fields: tuple[str, ...] = ()
    territory: tuple[str, ...] = ("CN",)
    term_months: int = 60
    trial: Trial | None = None
    elements: tuple[Element, ...] = ()
    caps: tuple[Cap, ...] = ()
    report: Report = Report()
    invoice_days: int = 10
    interest: Interest | None = None
    audit: Audit | None = Audit()
    vat: VatMode = VatMode.EXCLUSIVE
    trigger_day: TriggerDay = TriggerDay.FIRST_CHARGEABLE
    exit: Exit = Exit()
    cure: Cure = Cure()
    confidentiality_years: int = 5
    improvements: Improvements = Improvements.OWN
    dispute: Dispute = Dispute()

    def element(self, element_id: str) -> Element | None:
        for element in self.elements:
            if element.id == element_id:
                return element
        return None

    @property
    def commitments(self) -> frozenset[str]:
        return frozenset(element.commitment.value for element in self.elements)

    @property
    def has_option(self) -> bool:
        """Whether somebody has to decide: state DECISION_DUE exists only then."""
        return "option" in self.commitments
