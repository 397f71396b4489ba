from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.usage.meters import COMPONENTS, Figure, components_of, reported_figures, terms_on
from contracts.usage.models import UsageReport
from contracts.usage.segments import drafted_rows, segments_of
from contracts.usage.services import Draft, RowInput
from marketplace.fields import DayField, MoneyField, UploadField, UploadsField
from marketplace.terms import Royalty

MAX_QUANTITY = Decimal(10) ** 17


def products_of(terms) -> list[str]:
    """The products that the terms tell apart; "" for everything together."""
    names: list[str] = []
    for element in terms.elements:
        if isinstance(element, Royalty):
            names += [*element.products, *(c.product for c in element.combinations if c.product)]
    return [*dict.fromkeys(names)] or [""]


# Of sales, what is not a deduction. Figures are not marked as optional, though a form without all of them may be
# right: which are needed follows from the period.
INVOICED = ("invoiced_incl_vat", "vat")


class ReportForm(forms.Form):
    """The figures that the terms ask for, per part of the period and product; fields are made from the terms."""

    def __init__(self, *args, report: UsageReport, stated: list | None = None, allow_nothing=False, **kwargs):
        """`stated`: rows to begin with instead of the report's own; `allow_nothing`: no figures are an answer too
        (an audit that found none)."""
        super().__init__(*args, **kwargs)
        self.report, self.stated, self.allow_nothing = report, stated, allow_nothing
        self.is_drafted = False  # from events
        terms = terms_on(report.contract, report.period_end)
        self.meters: list[Figure] = reported_figures(terms)
        self.components = components_of(terms)
        self.segments = segments_of(report)
        self.products = products_of(terms)
        self.groups: list[dict] = []
        existing = self._existing()
        for s, (start, end) in enumerate(self.segments):
            for p, product in enumerate(self.products):
                names = []
                for m, meter in enumerate(self.meters):
                    row = existing.get((meter.name, product, start, end)) or existing.get(
                        (meter.name, product)
                    )
                    names += self._add(f"g{s}_{p}_{m}", meter, terms, row)
                self.groups.append({"start": start, "end": end, "product": product, "names": names})
        self.fields["first_income_on"] = DayField(
            label=_("Date of the first income"),
            required=False,
            initial=report.first_income_on,
            help_text=_(
                "If the product or service brought its first income by now. It may be what the payment depends on."
            ),
        )
        self.fields["note"] = forms.CharField(
            label=_("Remarks"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
        )
        self.fields["note"].initial = report.note

    def _existing(self) -> dict:
        """The figures on record; while nobody has entered any, those that the events add up to."""
        rows = {}
        stated = list(self.report.rows.all()) if self.stated is None else self.stated
        if self.stated is None and not stated and not self.report.submitted_at:
            stated = drafted_rows(self.report.contract, self.segments)
            self.is_drafted = bool(stated)
        for row in stated:
            rows[(row.meter, row.product, row.period_start, row.period_end)] = row
            if len(self.segments if hasattr(self, "segments") else []) <= 1:
                rows[(row.meter, row.product)] = row
        return rows

    def _add(self, prefix: str, meter: Figure, terms, row) -> list[str]:
        names = []
        if meter.is_sales:
            for component in self.components:
                name = f"{prefix}_{component}"
                self.fields[name] = MoneyField(
                    label=COMPONENTS[component], required=False, currency=terms.currency
                )
                self.fields[name].is_conditional = component in INVOICED
                if row is not None and row.components:
                    self.fields[name].initial = row.components.get(component)
                names.append(name)
            return names
        if meter.is_money:
            lowest = -(10**15) if meter.name == "profit" else 0
            field = MoneyField(label=meter.label, required=False, currency=terms.currency, min_minor=lowest)
        else:
            field = forms.DecimalField(
                label=meter.label, required=False, min_value=0, max_value=MAX_QUANTITY, decimal_places=6
            )
        self.fields[prefix] = field
        if row is not None and row.quantity is not None:
            field.initial = int(row.quantity) if meter.is_money else row.quantity
        field.is_conditional = True
        return [prefix]

    def field_groups(self):
        """For the template: each group with its bound fields."""
        for group in self.groups:
            yield {**group, "fields": [self[name] for name in group["names"]]}

    def clean(self):
        data = super().clean()
        figures = [data.get(name) for group in self.groups for name in group["names"]]
        if (
            not self.allow_nothing
            and not self.errors
            and self.meters
            and all(figure is None for figure in figures)
        ):
            raise forms.ValidationError(
                _("Enter the figures of the period, or submit a nil report when there were none."),
                code="empty",
            )
        return data

    def draft(self) -> Draft:
        rows = []
        for s, (start, end) in enumerate(self.segments):
            for p, product in enumerate(self.products):
                rows += [
                    r
                    for m, meter in enumerate(self.meters)
                    for r in self._row(s, p, m, meter, product, start, end)
                ]
        return Draft(
            rows=rows,
            is_nil=self.allow_nothing and not rows,
            first_income_on=self.cleaned_data["first_income_on"],
            note=self.cleaned_data["note"],
        )

    def _row(self, s, p, m, meter: Figure, product, start, end):
        prefix = f"g{s}_{p}_{m}"
        where = {"product": product, "period_start": start, "period_end": end}
        if meter.is_sales:
            values = {c: self.cleaned_data.get(f"{prefix}_{c}") for c in self.components}
            if any(value is not None for value in values.values()):
                filled = {name: value or 0 for name, value in values.items()}
                yield RowInput("sales", components=filled, **where)
        elif self.cleaned_data.get(prefix) is not None:
            yield RowInput(meter.name, quantity=Decimal(self.cleaned_data[prefix]), **where)


class NilForm(forms.Form):
    confirm = forms.BooleanField(label=_("There was no use that has to be paid for in this period."))


class QueryForm(forms.Form):
    query = forms.CharField(
        label=_("What is unclear"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SheetForm(forms.Form):
    file = UploadField(
        label=_("Filled spreadsheet"),
        kinds=("xlsx", "csv"),
        help_text=_("Its values go into the form above and are previewed; nothing is saved yet."),
    )


class EvidenceForm(forms.Form):
    files = UploadsField(
        label=_("Evidence"), help_text=_("PDF, spreadsheets or pictures; private to the two parties.")
    )
