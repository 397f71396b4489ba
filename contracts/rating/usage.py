"""What a row of usage is worth on a meter: net and gross sales follow from reported components."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from .facts import UsageRow

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
