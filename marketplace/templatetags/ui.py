"""What templates draw with: forms, badges, sums and days, tables' heads and pagers, roads, signs.

Each tag's markup is a small template below templates/ui/.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django import template
from django.core.paginator import Page
from django.template.defaultfilters import filesizeformat
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.badges import look_of
from marketplace.bilingual import of_pair
from marketplace.clock import ZONE
from marketplace.held import take_back
from marketplace.icons import ICONS
from marketplace.money import Money
from marketplace.panels import render_panels

register = template.Library()
HAN = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]{3}")
NOTHING = "–"
# A number or date with hyphens in a heading, outside of a tag; one longer than a phone's line may break.
NUMBER = re.compile(
    r"(?<!nowrap\">)(?<![A-Za-z0-9-])(?=[A-Z0-9-]{5,20}(?![A-Za-z0-9-]))[A-Z0-9]+(?:-[A-Z0-9]*\d)+(?![^<>]*>)"
)
_DECORATIONS = {
    name: mark_safe(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{drawing}</svg>')
    for name, drawing in ICONS.items()
}
_KEPT = r'<span class="nowrap">\g<0></span>'


# --- Signs and words --------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An inline drawing; without `label` it is decoration and hidden from screen readers."""
    if not label:
        return _DECORATIONS[name]
    drawing = mark_safe(ICONS[name])
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', label, drawing
    )


@register.simple_tag
def badge(state: str, word: str = "", tone: str = "") -> SafeString:
    """A state as colour, sign and word. `tone` overrules the table: good, warn, bad, info, quiet."""
    tone, sign = look_of(str(state), tone)
    return format_html('<span class="badge {}">{}{}</span>', tone, icon(sign), word or state)


# --- Sums, days, sizes --------------------------------------------------------------------------------


def _as_money(value: object, currency: str) -> Money | None:
    if isinstance(value, Money):
        return value
    return None if value is None or value == "" else Money(int(value), currency)


@register.filter
def money(value: object, currency: str = "CNY") -> str:
    """Minor units (or a Money) as ¥69,000.00, plain text; a dash for nothing."""
    amount = _as_money(value, currency or "CNY")
    return NOTHING if amount is None else amount.format()


@register.filter
def amount(value: object, currency: str = "CNY") -> str:
    """Like `money`, for pages: large sums of yuan also say on hover what they are in 万元."""
    sum_ = _as_money(value, currency or "CNY")
    if sum_ is None:
        return NOTHING
    if sum_.currency != "CNY" or abs(sum_.minor) < 1_000_000:
        return format_html('<span class="money">{}</span>', sum_.format())
    ten_thousands = f"{(sum_.decimal / 10_000).quantize(Decimal('0.0001')).normalize():,f}"
    title = _("%(number)s × 10,000 yuan") % {"number": ten_thousands}
    return format_html('<span class="money" title="{}">{}</span>', title, sum_.format())


@register.filter
def original(text: str) -> str:
    """A text that is kept in the language it was written in: on a page in another language it says which."""
    text = str(text or "")
    english, han = (get_language() or "").startswith("en"), bool(HAN.search(text))
    if english and han:
        return format_html('<span lang="zh-Hans">{}</span>', text)
    if not english and not han and WORD.search(text):
        return format_html('<span lang="en">{}</span>', text)
    return text or NOTHING


@register.filter
def called(person: object) -> str:
    """The name of a contributor (a row, or as a paper states it) in the reader's language where it was given in both."""
    return original(of_pair(*_both(person, "name")))


@register.filter
def unit(person: object, organisation) -> str:
    """The unit that a contributor belongs to, likewise; an organisation's own name needs no second one."""
    typed, english = _both(person, "unit")
    if typed in (organisation.name_zh, organisation.name_en):
        return organisation.name
    return original(of_pair(typed, english))


def _both(person: object, name: str) -> tuple[str, str]:
    facts = person if isinstance(person, Mapping) else vars(person)
    return facts.get(name) or "", facts.get(f"{name}_en") or ""


@register.filter
def percent(value: Decimal | None) -> str:
    """A rate 0.03 as "3 %", exact."""
    if value is None or value == "":
        return NOTHING
    return f"{(Decimal(str(value)) * 100).normalize():f} %"


class Unbroken(str):
    """A text that a page keeps on one line: browsers break dates and numbers at their hyphens. Letters and exports,
    which are no markup, get the bare text."""

    __slots__ = ()

    def __html__(self) -> str:
        return f'<span class="nowrap">{escape(str(self))}</span>'


@register.filter
def day(value: date | datetime | None) -> str:
    """2026-11-23; a moment is told in the market's time zone."""
    if not value:
        return NOTHING
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(ZONE)
    return Unbroken(f"{value:%Y-%m-%d}")


@register.filter
def moment(value: datetime | None) -> str:
    """2026-11-23 14:05 in the market's time zone."""
    if not value:
        return NOTHING
    return Unbroken(f"{(value.astimezone(ZONE) if value.tzinfo else value):%Y-%m-%d %H:%M}")


@register.filter
def unbroken(text: str) -> SafeString:
    """A sentence whose dates and numbers do not break at their hyphens."""
    return mark_safe(NUMBER.sub(_KEPT, conditional_escape(text)))


@register.simple_tag
def file_size(number: int | None) -> str:
    return NOTHING if number is None else filesizeformat(number)


# --- Forms ----------------------------------------------------------------------------------------------


@register.inclusion_tag("ui/form.html", takes_context=True)
def form(context, form, submit="", cancel="", danger=False, action="", id=""):
    """A whole POST form: csrf, error summary, fields, buttons. One with an address of its own that came back still
    holds what was typed (`held`)."""
    if action and hasattr(context.get("request"), "session"):
        take_back(context["request"], form, action)
    return {
        "form": form,
        "submit": submit or _("Save"),
        "cancel": cancel,
        "danger": danger,
        "action": action,
        "id": id,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("ui/fields.html")
def fields(form):
    """Error summary and fields, inside a <form> of your own."""
    return {"form": form}


@register.inclusion_tag("ui/errors.html")
def errors(form):
    """The error summary alone, with links to the fields."""
    return {"form": form}


@register.inclusion_tag("ui/field.html")
def field(field, label=""):
    """One field with label, help and errors."""
    widget = field.field.widget
    return {
        "field": field,
        "label": label or field.label,
        "single_checkbox": getattr(widget, "input_type", "") == "checkbox" and not field.use_fieldset,
        "unit": {"CNY": "¥"}.get(unit := widget.attrs.get("data-unit", ""), unit),
    }


@register.inclusion_tag("ui/confirm_button.html", takes_context=True)
def confirm_button(context, url, label, effect="", danger=False, name="", value="", sign="", tone=""):
    """A step that names what will happen before it happens: a small POST form behind its button."""
    return {
        "url": url,
        "label": label,
        "effect": effect,
        "danger": danger or tone == "danger",
        "name": name,
        "value": value,
        "sign": sign,
        "main": tone == "main",
        "csrf_token": context.get("csrf_token"),
    }


# --- Lists ------------------------------------------------------------------------------------------------


def _query(context, **changes) -> str:
    """The page's query string with some keys changed; None drops a key."""
    request = context.get("request")
    query = request.GET.copy() if request else {}
    for key, value in changes.items():
        query.pop(key, None)
        if value is not None:
            query[key] = str(value)
    return "?" + query.urlencode() if query else "?"


@register.inclusion_tag("ui/pager.html", takes_context=True)
def pager(context, page: Page, key: str = "page"):
    """Links to the pages of a list; keeps the rest of the address. Nothing for a single page."""
    pages = [
        (number, _query(context, **{key: number}) if isinstance(number, int) else "")
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]
    return {
        "page": page,
        "pages": pages,
        "previous": _query(context, **{key: page.number - 1}) if page.has_previous() else "",
        "next": _query(context, **{key: page.number + 1}) if page.has_next() else "",
    }


@register.simple_tag(takes_context=True)
def sortable(context, name: str, label: str, key: str = "sort") -> SafeString:
    """A column's head that sorts: first up, then down; says which way it is sorted now."""
    request = context.get("request")
    now = request.GET.get(key, "") if request else ""
    up, down = now == name, now == f"-{name}"
    url = _query(context, **{key: f"-{name}" if up else name, "page": None})
    sign = icon("sort-up" if up else "sort-down" if down else "sort")
    said = _("sorted ascending") if up else _("sorted descending") if down else ""
    return format_html(
        '<a class="sortable{}" href="{}">{}{}<span class="visually-hidden"> {}</span></a>',
        " on" if up or down else "",
        url,
        label,
        sign,
        said,
    )


@register.inclusion_tag("ui/filter_button.html", takes_context=True)
def filter_button(context, *keys):
    """The button of a list's filter; the order stays, and what else of the address is named."""
    request = context.get("request")
    kept = [(key, request.GET[key]) for key in ("sort", *keys) if request and request.GET.get(key)]
    return {"kept": kept}


@register.inclusion_tag("ui/export_links.html", takes_context=True)
def export_links(context):
    """Links that download what the list shows, as xlsx and csv."""
    return {
        "xlsx": _query(context, export="xlsx", page=None),
        "csv": _query(context, export="csv", page=None),
    }


@register.inclusion_tag("ui/empty.html")
def empty(text, hint="", url="", label=""):
    """What an empty list says, and what to do first."""
    return {"text": text, "hint": hint, "url": url, "label": label}


@register.inclusion_tag("ui/road.html")
def road(steps):
    """Steps in order: dicts with key, label, state (done, now, next), on (a day), note."""
    return {"steps": steps}


@register.simple_tag(takes_context=True)
def panels(context, place: str, obj=None) -> SafeString:
    """What other apps have registered for this place of the page."""
    return render_panels(place, context["request"], obj)


# --- Blocks -----------------------------------------------------------------------------------------------


@register.tag
def wrap(parser, token):
    """{% wrap "tag" "classes" %}…{% endwrap %}: the element only when there is something inside."""
    parts = token.split_contents()
    if len(parts) != 3:
        raise template.TemplateSyntaxError("wrap takes the element and its classes")
    nodelist = parser.parse(("endwrap",))
    parser.delete_first_token()
    return WrapNode(nodelist, parts[1].strip("\"'"), parts[2].strip("\"'"))


class WrapNode(template.Node):
    def __init__(self, nodelist, element: str, classes: str):
        self.nodelist, self.element, self.classes = nodelist, element, classes

    def render(self, context):
        inner = self.nodelist.render(context).strip()
        if not inner:
            return ""
        if self.element == "h1":
            inner = NUMBER.sub(_KEPT, inner)
        return mark_safe(f'<{self.element} class="{self.classes}">{inner}</{self.element}>')
