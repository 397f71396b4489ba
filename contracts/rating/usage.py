"""What a row of usage is worth on a meter, with its steps: net and gross sales follow from components."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from marketplace.terms import Base, Royalty
from marketplace.terms.choices import DEDUCTIONS

from .facts import UsageRow
from .rates import Number
from .working import Step

SALES = frozenset({"sales", "net_sales", "gross_sales"})


def row_value(row: UsageRow, meter: str, deductions: Sequence[str]) -> Decimal | int | None:
    """The quantity a row adds to a meter, or None if it says nothing about it.

    Net sales = invoiced incl. VAT − the deductions that the terms allow; gross sales = invoiced − VAT.
    """
    if row.components is not None:
        if row.meter not in SALES or meter not in ("net_sales", "gross_sales"):
            return None
        invoiced = row.components.get("invoiced_incl_vat", 0)
        allowed = deductions if meter == "net_sales" else ("vat",)
        return invoiced - sum(row.components.get(name, 0) for name in allowed)
    if row.meter == meter:
        return row.quantity if row.quantity is not None else 0
    return None


def note_sales(row: UsageRow, element: Royalty, deductions: Sequence[str], value: Number, note) -> None:
    """How a row of sales comes to its net or gross value."""
    allowed = _allowed(element, deductions)
    invoiced = row.components.get("invoiced_incl_vat", 0)
    parts = tuple(
        Step("deduction", (name,), row.components[name]) for name in allowed if row.components.get(name)
    )
    note("sales", (invoiced,), value, parts)


def note_deductions(rows, elements: Sequence[Royalty], deductions: Sequence[Sequence[str]], note) -> None:
    """The deductions of several rows of sales, summed by name; a row comes with its version and the part that counts."""
    found = dict.fromkeys(DEDUCTIONS, 0)
    for row, place, _ in rows:
        if row.components is not None:
            for name in _allowed(elements[place], deductions[place]):
                found[name] += row.components.get(name, 0)
    for name, amount in found.items():
        if amount:
            note("deduction", (name,), amount)


def _allowed(element: Royalty, deductions: Sequence[str]) -> Sequence[str]:
    return deductions if element.base is Base.NET_SALES else ("vat",)
