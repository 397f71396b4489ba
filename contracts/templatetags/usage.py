from datetime import datetime
from decimal import Decimal

from django import template

from contracts.usage.meters import COMPONENTS, label_of
from marketplace.money import Money
from marketplace.terms import MONEY_METERS

register = template.Library()


@register.filter
def typed_moment(typed: str) -> str:
    """A moment of a file, at its own offset, as people write it; what is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(typed):%Y-%m-%d %H:%M}"
    except ValueError:
        return typed


@register.filter
def component_label(name: str) -> str:
    return COMPONENTS.get(name, name)


@register.filter
def row_figure(row, currency: str = "CNY") -> str:
    """A plain quantity, or money on money meters."""
    if row.meter in MONEY_METERS:
        return Money(int(row.quantity), currency).format()
    return f"{row.quantity.normalize():f}"


@register.simple_tag
def quantity(value, is_money: bool, currency: str = "CNY") -> str:
    """A sum of events: money on money meters, else a plain number without trailing zeros."""
    return Money(int(value), currency).format() if is_money else f"{value.normalize():f}"


@register.filter
def finding_lines(rows: list[dict], currency: str = "CNY") -> list[str]:
    """What an audit found for one report, a line a figure."""
    lines = []
    for row in rows:
        product = f" · {row['product']}" if row["product"] else ""
        given = row["components"] or {}
        for name, value in ((name, given[name]) for name in COMPONENTS if given.get(name) is not None):
            lines.append(f"{component_label(name)}{product}: {Money(value, currency).format()}")
        if row["components"] is None:
            value = Decimal(row["quantity"])
            shown = quantity(value, row["meter"] in MONEY_METERS, currency)
            lines.append(f"{label_of(row['meter'])}{product}: {shown}")
    return lines
