"""Figures of whole periods: rows added up by figure and product, the last or highest of them, and spread over days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from marketplace.terms import Deemed, DeemedBasis

SIX = Decimal("0.000001")


@dataclass
class Figure:
    """A figure of a whole period, its rows added up."""

    quantity: Decimal | None
    components: dict[str, int] | None

    @property
    def worth(self) -> Decimal:
        """What the highest is sought by: of sales, what is left after the deductions."""
        if self.components is None:
            return self.quantity
        return Decimal(2 * self.components.get("invoiced_incl_vat", 0) - sum(self.components.values()))


def chosen_figures(earlier: Sequence[Iterable], agreed: Deemed) -> dict[tuple[str, str], Figure]:
    """Of the rows of earlier periods, oldest first: the last period's sums by figure and product, or the highest."""
    if agreed.basis is DeemedBasis.LAST:
        return sums_of(earlier[-1])
    found: dict[tuple[str, str], Figure] = {}
    for rows in earlier:
        for key, figure in sums_of(rows).items():
            if key not in found or figure.worth >= found[key].worth:
                found[key] = figure
    return found


def sums_of(rows: Iterable) -> dict[tuple[str, str], Figure]:
    """Rows of one period, by figure and product."""
    found: dict[tuple[str, str], Figure] = {}
    for row in rows:
        figure = found.get((row.meter, row.product))
        if figure is None:
            components = dict(row.components) if row.components is not None else None
            found[row.meter, row.product] = Figure(row.quantity, components)
        elif row.components is None:
            figure.quantity += row.quantity
        else:
            for name, value in row.components.items():
                figure.components[name] = figure.components.get(name, 0) + value
    return found


def spread(value: Decimal, days: Sequence[int], unit: Decimal) -> list[Decimal]:
    """Half up to the unit, in proportion to the days; the parts add up to the whole."""
    whole = value.quantize(unit, ROUND_HALF_UP)
    parts, passed, given = [], 0, Decimal(0)
    for number in days:
        passed += number
        upto = (whole * passed / sum(days)).quantize(unit, ROUND_HALF_UP)
        parts.append(upto - given)
        given = upto
    return parts
