"""Which figures a contract's terms ask for, and whether submitted rows can answer them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.lifecycle.facts import terms_versions
from contracts.rating import TermsVersion
from contracts.rating.usage import SALES
from contracts.usage.metering.queries import is_metered
from contracts.usage.models import UsageReport, UsageRow
from marketplace.bilingual import of_pair
from marketplace.clock import today
from marketplace.refusals import Incomplete
from marketplace.terms import MONEY_METERS, Base, Royalty, Terms, Threshold
from marketplace.terms.names import UNITS
from marketplace.terms.triggers import leaves

LABELS = {
    "net_sales": gettext_lazy("net sales"),
    "gross_sales": gettext_lazy("gross sales"),
    "output_value": gettext_lazy("output value"),
    "profit": gettext_lazy("profit"),
    "sublicence_income": gettext_lazy("sublicence income"),
    "third_party_royalties": gettext_lazy("royalties paid to third parties"),
    "units": gettext_lazy("units"),
}
COMPONENTS = {
    "invoiced_incl_vat": gettext_lazy("invoiced amount, including VAT"),
    "vat": gettext_lazy("VAT contained in it"),
    "returns": gettext_lazy("returns, without VAT"),
    "freight": gettext_lazy("freight, without VAT"),
    "insurance": gettext_lazy("insurance, without VAT"),
    "discounts": gettext_lazy("discounts, without VAT"),
    "customs": gettext_lazy("customs duties"),
    "packaging": gettext_lazy("packaging, without VAT"),
}


def label_of(meter: str) -> str:
    """A meter's name in the reader's language; a contract's own meters are called what the terms call them, which is
    translated where it is a common unit."""
    if meter.startswith("sales"):
        component = meter.partition(".")[2] or "invoiced_incl_vat"
        return str(COMPONENTS.get(component, meter))
    return of_pair(*UNITS[meter]) if meter in UNITS else str(LABELS.get(meter, meter))


@dataclass(frozen=True)
class Figure:
    """One figure to report. `is_sales`: given by components of invoiced sales; `is_money`: minor units."""

    name: str
    is_money: bool
    is_sales: bool

    @property
    def label(self) -> str:
        return label_of(self.name)


def figures_of(terms: Terms) -> list[Figure]:
    """The figures that the royalties and thresholds of these terms need, in the order in which they stand."""
    names: list[str] = []
    for element in terms.elements:
        if isinstance(element, Royalty):
            names.append(element.meter_name)
            if element.stacking:
                names.append("third_party_royalties")
        triggers = [getattr(element, "trigger", None), *(p.trigger for p in getattr(element, "parts", ()))]
        names += [leaf.meter for tree in triggers for leaf in leaves(tree) if isinstance(leaf, Threshold)]
    if any(name in SALES for name in names):
        names = ["sales", *(name for name in names if name not in SALES)]
    return [
        Figure(name, name == "sales" or name in MONEY_METERS, name == "sales")
        for name in dict.fromkeys(names)
    ]


def reported_figures(terms: Terms) -> list[Figure]:
    """The figures that a report asks for: those that are not charged from their events."""
    metered = frozenset(terms.report.metered)
    return [figure for figure in figures_of(terms) if not is_metered(figure.name, metered)]


def asks_for_reports(terms: Terms) -> bool:
    """Not where every figure is metered; a licence without any figure still reports (nil, first income)."""
    return bool(reported_figures(terms)) or not figures_of(terms)


def terms_on(contract, day: date) -> Terms:
    """The terms in force on a day (the first version before its own start)."""
    return terms_among(terms_versions(contract), day)


def terms_among(versions: Sequence[TermsVersion], day: date) -> Terms:
    """`terms_on` for somebody who has the versions at hand."""
    versions = sorted(versions, key=lambda version: version.effective_on)
    return next((v.terms for v in reversed(versions) if v.effective_on <= day), versions[0].terms)


def components_of(terms: Terms) -> list[str]:
    """The components of sales that these terms ask for: the invoiced amount and the agreed deductions."""
    return ["invoiced_incl_vat", *dict.fromkeys(("vat", *terms.report.deductions))]


def check_rows(report: UsageReport, draft) -> list[UsageRow]:
    """The rows to store. Raises Incomplete that lists everything wrong: figures in a nil report, no figures in
    another, an unknown meter, a negative sum (profit may be negative), deductions above the invoiced amount,
    days outside the period, a first income that lies outside the licence or in the future."""
    terms = terms_on(report.contract, report.period_end)
    meters = {meter.name: meter for meter in reported_figures(terms)}
    problems: list[str] = []
    if draft.is_nil and draft.rows:
        problems.append(_("A nil report has no figures: remove them, or do not mark it as nil."))
    if not draft.is_nil and not draft.rows and meters:
        problems.append(_("Enter the figures of the period, or submit a nil report when there were none."))
    contract = report.contract
    last = min(today(), contract.licence_ended_on or contract.term_ends_on)
    if draft.first_income_on and not contract.effective_on <= draft.first_income_on <= last:
        problems.append(
            _("The date of the first income must lie between %(first)s and %(last)s.")
            % {"first": contract.effective_on, "last": last}
        )
    rows = []
    for number, row in enumerate(draft.rows, 1):
        start, end = row.period_start or report.period_start, row.period_end or report.period_end
        problems += [
            _("Row %(row)s: %(problem)s") % {"row": number, "problem": p}
            for p in _row_problems(row, meters, terms)
        ]
        if not report.period_start <= start <= end <= report.period_end:
            problems.append(
                _("Row %(row)s: its days lie outside the period of the report.") % {"row": number}
            )
        rows.append(
            UsageRow(
                report=report,
                meter=row.meter,
                product=row.product,
                period_start=start,
                period_end=end,
                quantity=row.quantity,
                components=row.components,
            )
        )
    if problems:
        raise Incomplete(problems, _("The report cannot be submitted yet; nothing was saved."))
    return rows


def _row_problems(row, meters: dict[str, Figure], terms: Terms):
    if row.meter not in meters:
        yield _("the terms do not ask for this figure.")
        return
    if row.components is None:
        if row.quantity is None:
            yield _("the figure is missing.")
        elif row.quantity < 0 and row.meter != Base.PROFIT.value:
            yield _("the figure must not be negative.")
        elif meters[row.meter].is_money and row.quantity != int(row.quantity):
            yield _("the sum must be in whole fen.")
        return
    unknown = set(row.components) - set(components_of(terms))
    if not meters[row.meter].is_sales or unknown:
        yield _("these components are not part of the agreed base.")
    if any(type(value) is not int or value < 0 for value in row.components.values()):
        yield _("sums must not be negative.")
    elif sum(v for name, v in row.components.items() if name != "invoiced_incl_vat") > row.components.get(
        "invoiced_incl_vat", 0
    ):
        yield _("the deductions are higher than the invoiced amount.")
