from django import template

from contracts.usage.meters import COMPONENTS
from marketplace.money import Money
from marketplace.terms import MONEY_METERS

register = template.Library()


@register.filter
def component_label(name: str) -> str:
    return COMPONENTS.get(name, name)


@register.filter
def row_figure(row, currency: str = "CNY") -> str:
    """A plain quantity, or money on money meters."""
    if row.meter in MONEY_METERS:
        return Money(int(row.quantity), currency).format()
    return f"{row.quantity.normalize():f}"
