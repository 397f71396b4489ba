"""The language of terms: what a licence costs, when, and under which conventions. Pure Python, no Django.

    from marketplace import terms

    terms.read(document)          dict, text or bytes → Terms; TermsError(problems) names every wrong field
    terms.write(agreed)           Terms → dict for JSON; read(write(t)) == t
    terms.canonical(agreed)       bytes, one form per meaning;  terms.hash_of(agreed) its SHA-256 in hex
    terms.check(agreed, effective_on=None, patents_end_on=None)
                                  → list[Problem]: contradictions (severity "error"), ceilings ("warning")
    terms.check_amendment(before, after)   what a later version may not change
    problem.message("zh-hans")    its words; problem.path, .code, .params, .severity, .source
    words.plain_words(agreed, lang) → list[Section(title, lines)];  words.one_line(agreed, lang)
    difference.difference(a, b, lang) → list[Change]
    presets.PRESETS, presets.preset(key, **amounts) → Terms ready to change
    build.build(form_inputs) → Terms, or BuildError with problems keyed by input name
    schema.json_schema() → the published JSON Schema

`Terms` (contract.py) holds `elements` (elements.py: LumpSum, EntryFee, Milestone, Instalments, Royalty,
YearlyFee, Minimum), `caps`, `trial`, `report`, `interest`, `audit`, `vat` and the conventions. Each element
has `id`, `commitment`, `trigger` (triggers.py: AnyOf, AllOf, OnDate, After, OnEvent, Threshold) and `due`
(AfterInvoice, AfterCharge, FixedDay). Money is whole minor units, rates are Decimals written as strings.
Rating them is the work of contracts.rating.
"""

from .check import check, check_amendment
from .choices import (
    MONEY_METERS,
    Act,
    Anchor,
    Base,
    Charged,
    Commitment,
    DayCount,
    DeemedBasis,
    Every,
    Exclusivity,
    ProRate,
    Silence,
    Span,
    Straddling,
    TierMode,
    TrialStart,
    TriggerDay,
    VatMode,
    Year,
)
from .codec import canonical, hash_of, read, write
from .contract import Audit, DailyInterest, Deemed, MonthlyInterest, Report, Terms, Trial
from .elements import (
    AfterCharge,
    AfterInvoice,
    Cap,
    Combination,
    Deducted,
    EntryFee,
    FixedDay,
    FixedRate,
    Instalments,
    LumpSum,
    Milestone,
    Minimum,
    Part,
    Royalty,
    Stacking,
    Tier,
    Tiers,
    YearlyFee,
    YearlyRates,
)
from .problems import ERROR, WARNING, Problem, TermsError
from .triggers import After, AllOf, AnyOf, OnDate, OnEvent, Threshold

__all__ = [
    "ERROR",
    "MONEY_METERS",
    "WARNING",
    "Act",
    "After",
    "AfterCharge",
    "AfterInvoice",
    "AllOf",
    "Anchor",
    "AnyOf",
    "Audit",
    "Base",
    "Cap",
    "Charged",
    "Combination",
    "Commitment",
    "DailyInterest",
    "DayCount",
    "Deducted",
    "Deemed",
    "DeemedBasis",
    "EntryFee",
    "Every",
    "Exclusivity",
    "FixedDay",
    "FixedRate",
    "Instalments",
    "LumpSum",
    "Milestone",
    "Minimum",
    "MonthlyInterest",
    "OnDate",
    "OnEvent",
    "Part",
    "ProRate",
    "Problem",
    "Report",
    "Royalty",
    "Silence",
    "Span",
    "Stacking",
    "Straddling",
    "Terms",
    "TermsError",
    "Threshold",
    "Tier",
    "TierMode",
    "Tiers",
    "Trial",
    "TrialStart",
    "TriggerDay",
    "VatMode",
    "Year",
    "YearlyFee",
    "YearlyRates",
    "canonical",
    "check",
    "check_amendment",
    "hash_of",
    "read",
    "write",
]
