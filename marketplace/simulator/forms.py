"""The fields of the page: what is assumed, and the terms' main figures. Which ones there are follows from the terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from contracts.rating import Period
from marketplace.fields import DayField, MoneyField
from marketplace.money import Money, MoneyError
from marketplace.terms import Terms, write

from .assumed import BY_PERIOD, BY_YEAR, Assumed
from .course import title_of
from .dials import DAYS, MONEY, MONTHS, PERCENT, PRICE, Dial, value_at
from .needs import Meter, Needs, event_label
from .ready import volume

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)
MAX_MINOR = 10**15

DIAL_LABELS = {
    "free_months": gettext_lazy("free months"),
    "term_months": gettext_lazy("months of the licence"),
    "amount": gettext_lazy("sum"),
    "a_year": gettext_lazy("sum a year"),
    "share": gettext_lazy("share"),
    "rate": gettext_lazy("rate"),
    "rate_of_year": gettext_lazy("rate of the year"),
    "rate_of_tier": gettext_lazy("rate of the tier"),
    "tier_to": gettext_lazy("tier up to"),
    "baseline": gettext_lazy("baseline"),
    "free_quantity": gettext_lazy("free of charge up to"),
    "offset": gettext_lazy("offset of third-party royalties"),
    "floor": gettext_lazy("floor"),
    "begins_after": gettext_lazy("begins after months"),
    "begins_at": gettext_lazy("begins at"),
    "cap_life": gettext_lazy("cap for life"),
    "cap_year": gettext_lazy("cap a year"),
    "interest_monthly": gettext_lazy("interest a month"),
    "interest_daily": gettext_lazy("interest a day"),
}
UNITS = {PERCENT: "%"}


def plain(value: int | Decimal, currency: str = "") -> str:
    """A number as people type it: 5,000,000 or 69,000.50."""
    if currency:
        value = Money(int(value), currency).decimal
    text = f"{Decimal(value):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class WholeField(MoneyField):
    """A whole number that may be written with commas."""

    default_error_messages = {"invalid": gettext_lazy("Enter a whole number such as 10,000.")}

    def __init__(self, **kwargs):
        super().__init__(currency="JPY", **kwargs)  # a currency without decimals

    def widget_attrs(self, widget):
        return {"inputmode": "numeric", "autocomplete": "off", "class": "num"}


class DialField(forms.CharField):
    """A figure of the terms, typed in whole units or per cent, cleaned to what the document says."""

    default_error_messages = {
        "invalid": gettext_lazy("Enter a number such as 3 or 69,000.00."),
        "whole": gettext_lazy("Enter a whole number."),
    }

    def __init__(self, dial: Dial, currency: str, **kwargs):
        attributes = {"inputmode": "decimal", "autocomplete": "off", "class": "num"}
        attributes["data-unit"] = currency if dial.kind in (MONEY, PRICE) else UNITS.get(dial.kind, "")
        super().__init__(max_length=30, widget=forms.TextInput(attrs=attributes), **kwargs)
        self.dial, self.currency = dial, currency

    def said(self, value) -> str:
        """A value of the document as it is typed."""
        if self.dial.kind == MONEY:
            return plain(value, self.currency)
        if self.dial.kind == PERCENT:
            return plain(Decimal(value) * 100)
        return plain(Decimal(value))

    def clean(self, value):
        text = super().clean(value).replace("%", "").replace("％", "")
        try:
            if self.dial.kind == MONEY:
                return Money.parse(text, self.currency).minor
            if self.dial.kind in (MONTHS, DAYS):
                return Money.parse(text, "JPY").minor
            number = Decimal(text.replace(",", "").replace("，", "").strip())
        except (MoneyError, ArithmeticError) as error:
            code = "whole" if self.dial.kind in (MONTHS, DAYS) else "invalid"
            raise ValidationError(self.error_messages[code], code=code) from error
        if not number.is_finite() or abs(number) > MAX_MINOR or number.as_tuple().exponent < -10:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return number / 100 if self.dial.kind == PERCENT else number


@dataclass(frozen=True)
class Asked:
    """What the fields are about, and what stands in them before anybody types."""

    agreed: Terms
    needs: Needs
    dials: Sequence[Dial]
    ready: Assumed
    stretches: Sequence[Period]  # of the fields of the path
    first: int = 0  # the first stretch that can still be assumed
    amends_on: date | None = None  # of a contract in force: the day from which changed terms would hold


class PlayForm(forms.Form):
    """Fields `start`, `by`, `m<meter>_<stretch>`, `e<event>`, `converts`, `decided`, `delivered` and `t.<dial>`."""

    def __init__(self, asked: Asked, data=None, **kwargs):
        self.asked = asked
        self.filled = self._filled()
        typed = {name: data[name] for name in self.filled if data is not None and name in data}
        super().__init__({**self.filled, **typed}, auto_id="id_%s", **kwargs)
        self._make()

    def _filled(self) -> dict[str, str]:
        """What stands in each field before anybody types, as text."""
        asked, ready = self.asked, self.asked.ready
        filled = {"start": ready.effective_on.isoformat(), "by": ready.by}
        if asked.amends_on is not None:
            filled = {"since": asked.amends_on.isoformat()}
        for number, meter in enumerate(asked.needs.meters):
            path = ready.paths.get(meter.key, ())
            for place in range(asked.first, len(asked.stretches)):
                value = path[min(place, len(path) - 1)] if path else 0
                currency = asked.agreed.currency if meter.is_money else ""
                filled[f"m{number}_{place}"] = plain(value, currency)
        for number, name in enumerate(asked.needs.events):
            filled[f"e{number}"] = ready.events[name].isoformat() if name in ready.events else ""
        if asked.needs.decides:
            filled["converts"] = "yes" if ready.converts else "no"
            filled["decided"] = ready.converted_on.isoformat() if ready.converted_on else ""
        if asked.needs.delivers:
            filled["delivered"] = (ready.delivered_on or ready.effective_on).isoformat()
        document = write(asked.agreed)
        for dial in asked.dials:
            field = DialField(dial, asked.agreed.currency)
            filled[f"t.{dial.name}"] = field.said(value_at(document, dial.place))
        return filled

    def _make(self) -> None:
        asked, fields = self.asked, self.fields
        if asked.amends_on is not None:
            fields["since"] = DayField(label=_("Changed terms hold from"), required=True)
        else:
            fields["start"] = DayField(label=_("Effective date"), required=True)
            choices = [(BY_YEAR, _("by licence year")), (BY_PERIOD, _("by reporting period"))]
            fields["by"] = forms.ChoiceField(label=_("Sales are given"), choices=choices)
        for number, meter in enumerate(asked.needs.meters):
            for place in range(asked.first, len(asked.stretches)):
                label = f"{meter.label(get_language())} {self.stretch_label(place)}"
                fields[f"m{number}_{place}"] = self._quantity(meter, label)
        for number, name in enumerate(asked.needs.events):
            fields[f"e{number}"] = DayField(label=event_label(name, get_language()), required=False)
        if asked.needs.decides:
            yes_no = [("yes", _("goes on and pays")), ("no", _("declines"))]
            fields["converts"] = forms.ChoiceField(label=_("After free use the licensee"), choices=yes_no)
            fields["decided"] = DayField(label=_("Decided on (empty: last free day)"), required=False)
        if asked.needs.delivers:
            fields["delivered"] = DayField(label=_("Delivered on"), required=True)
        for dial in asked.dials:
            fields[f"t.{dial.name}"] = DialField(dial, asked.agreed.currency, label=self.dial_label(dial))

    def _quantity(self, meter: Meter, label: str) -> MoneyField:
        least = -MAX_MINOR if meter.may_be_negative else 0
        if meter.is_money:
            field = MoneyField(
                currency=self.asked.agreed.currency,
                min_minor=least,
                max_minor=MAX_MINOR,
                required=False,
                label=label,
            )
        else:
            field = WholeField(min_minor=least, max_minor=10**12, required=False, label=label)
        # how far a slider reaches, in the units in which people type
        reach = int(volume(meter, self.asked.agreed)) * (3 if self.asked.ready.by == BY_YEAR else 1)
        currency = self.asked.agreed.currency if meter.is_money else "JPY"
        reach = max(int(Money(reach, currency).decimal), 1)
        field.widget.attrs["data-slide"] = f"{-reach // 3 if meter.may_be_negative else 0} {reach}"
        return field

    def stretch_label(self, place: int) -> str:
        stretch = self.asked.stretches[place]
        if self.asked.ready.by == BY_PERIOD:
            return f"{stretch.start} – {stretch.end}"
        return _("year %(number)s") % {"number": place + 1}

    def dial_label(self, dial: Dial) -> str:
        said = str(DIAL_LABELS[dial.label])
        if dial.number:
            said = _("%(figure)s %(number)s") % {"figure": said, "number": dial.number}
        if dial.element_id:
            return f"{title_of(self.asked.agreed, dial.element_id, 0, get_language())}: {said}"
        return said

    # --- In the order of the page -----------------------------------------------------------------------

    def path_rows(self) -> list[tuple[str, list]]:
        """One row of each stretch, one field of each meter in it."""
        meters = range(len(self.asked.needs.meters))
        return [
            (self.stretch_label(place), [self[f"m{number}_{place}"] for number in meters])
            for place in range(self.asked.first, len(self.asked.stretches))
        ]

    def path_heads(self) -> list[str]:
        return [meter.label(get_language()) for meter in self.asked.needs.meters]

    def facts(self) -> list:
        """The fields besides the path: decision, delivery, events."""
        names = [name for name in ("delivered", "converts", "decided") if name in self.fields]
        return [self[name] for name in (*names, *(f"e{n}" for n in range(len(self.asked.needs.events))))]

    def dial_groups(self) -> list[tuple[str, list]]:
        """The figures of the terms, element by element."""
        groups: dict[str, list] = {}
        for dial in self.asked.dials:
            title = title_of(self.asked.agreed, dial.element_id, 0, get_language()) if dial.element_id else ""
            groups.setdefault(title, []).append(self[f"t.{dial.name}"])
        return list(groups.items())

    def clean(self):
        values = super().clean()
        name = "start" if "start" in self.fields else "since"
        day = values.get(name)
        if day and not EARLIEST <= day <= LATEST:
            self.add_error(name, _("Choose a day between %(a)s and %(b)s.") % {"a": EARLIEST, "b": LATEST})
        return values

    def changed(self) -> list[str]:
        """The fields in which something else stands than before anybody typed."""
        return [name for name, text in self.filled.items() if self.data[name].strip() != text]

    def assumed(self) -> Assumed:
        """What is assumed; after `is_valid`."""
        values, asked = self.cleaned_data, self.asked
        paths = {}
        for number, meter in enumerate(asked.needs.meters):
            given = [values[f"m{number}_{place}"] or 0 for place in range(asked.first, len(asked.stretches))]
            paths[meter.key] = tuple([0] * asked.first + given)
        events = {name: values[f"e{number}"] for number, name in enumerate(asked.needs.events)}
        return Assumed(
            effective_on=values.get("start") or asked.ready.effective_on,
            by=values.get("by") or asked.ready.by,
            paths=paths,
            events={name: on for name, on in events.items() if on},
            converts=values.get("converts", "yes") == "yes",
            converted_on=values.get("decided"),
            delivered_on=values.get("delivered"),
        )

    def turns(self) -> dict[Dial, int | Decimal]:
        """The dials that were turned, with their new values; after `is_valid`."""
        changed = set(self.changed())
        return {
            dial: self.cleaned_data[f"t.{dial.name}"]
            for dial in self.asked.dials
            if f"t.{dial.name}" in changed
        }
