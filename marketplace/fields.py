"""Form fields for what people type here: sums, rates, days, months, files.

Money is typed in whole units ("69,000.00" yuan) and cleaned to whole minor units; rates are typed in per cent
and cleaned to a Decimal share (3 → Decimal("0.03")).
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from marketplace.money import Money, MoneyError, exponent
from marketplace.uploads import clean_upload

MAX_MINOR = 10**15  # ten trillion yuan; well inside a bigint


def row_number(text: str) -> int | None:
    """The number by which a button or an address names a row; None for what no row can have. (`int` takes digits of
    every script, and fails at thousands of them.)"""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def row_numbers(texts: Iterable[str]) -> list[int]:
    """Those of several that can be one."""
    return [number for text in texts if (number := row_number(text)) is not None]


class LineField(forms.CharField):
    """Text in one line, such as a name, which stands in subjects of letters and on papers. Browsers send no line break
    from such a field; where somebody else does, it becomes a space."""

    def to_python(self, value):
        return " ".join(super().to_python(value).split())


class MoneyField(forms.Field):
    """A sum: text in whole units → minor units (int), or None when empty and not required."""

    default_error_messages = {
        "invalid": _("Enter an amount such as 69,000.00."),
        "negative": _("The amount must not be negative."),
        "too_small": _("The amount must be at least %(limit)s."),
        "too_large": _("The amount must be at most %(limit)s."),
    }

    def __init__(
        self,
        *,
        currency: str = "CNY",
        min_minor: int = 0,
        max_minor: int = MAX_MINOR,
        **kwargs,
    ):
        kwargs.setdefault("widget", forms.TextInput)
        self.currency, self.min_minor, self.max_minor = currency, min_minor, max_minor
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        return {"inputmode": "decimal", "autocomplete": "off", "class": "num", "data-unit": self.currency}

    def prepare_value(self, value):
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{Money(value, self.currency).decimal:,.{exponent(self.currency)}f}"
        return value

    def to_python(self, value):
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            return Money.parse(str(value), self.currency).minor
        except MoneyError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def validate(self, value):
        super().validate(value)
        if value is None:
            return
        for wrong, code, limit in (
            (value < self.min_minor, "negative" if self.min_minor == 0 else "too_small", self.min_minor),
            (value > self.max_minor, "too_large", self.max_minor),
        ):
            if wrong:
                params = {"limit": Money(limit, self.currency).format()}
                raise ValidationError(self.error_messages[code], code=code, params=params)

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != self.to_python(self.prepare_value(initial))
        except ValidationError:
            return True


class PercentField(forms.Field):
    """A rate: "3", "3 %" or "３％" → Decimal("0.03"). `places` counts decimal places of the per cent."""

    default_error_messages = {
        "invalid": _("Enter a percentage such as 3 or 2.5."),
        "places": _("Enter at most %(places)s decimal places."),
        "range": _("The percentage must be between %(low)s and %(high)s."),
    }

    def __init__(
        self,
        *,
        min_percent: Decimal | int = 0,
        max_percent: Decimal | int = 100,
        places: int = 4,
        **kwargs,
    ):
        kwargs.setdefault("widget", forms.TextInput)
        super().__init__(**kwargs)
        self.min_percent, self.max_percent, self.places = min_percent, max_percent, places

    def widget_attrs(self, widget):
        return {"inputmode": "decimal", "autocomplete": "off", "class": "num", "data-unit": "%"}

    def prepare_value(self, value):
        if isinstance(value, Decimal):
            percent = (value * 100).normalize()
            return f"{percent:f}"
        return value

    def to_python(self, value):
        if value in self.empty_values or not str(value).strip():
            return None
        plain = unicodedata.normalize("NFKC", str(value)).replace("%", "").strip()
        if not re.fullmatch(r"-?\d{1,9}(\.\d*)?", plain):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            percent = Decimal(plain)
        except InvalidOperation as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if -percent.normalize().as_tuple().exponent > self.places:
            raise ValidationError(
                self.error_messages["places"], code="places", params={"places": self.places}
            )
        if not self.min_percent <= percent <= self.max_percent:
            params = {"low": f"{self.min_percent} %", "high": f"{self.max_percent} %"}
            raise ValidationError(self.error_messages["range"], code="range", params=params)
        return percent / 100

    def has_changed(self, initial, data):
        try:
            return self.to_python(data) != self.to_python(self.prepare_value(initial))
        except ValidationError:
            return True


class DayField(forms.DateField):
    """A day, with the browser's own calendar; ISO text without one."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**kwargs)


class MonthField(forms.Field):
    """A month: "2026-11", "2026/11" or "2026年11月" → its first day."""

    default_error_messages = {"invalid": _("Enter a month such as 2026-11.")}

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "month", "placeholder": "2026-11"}))
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return f"{value:%Y-%m}" if isinstance(value, date) else value

    def to_python(self, value):
        if value in self.empty_values or not str(value).strip():
            return None
        if isinstance(value, date):
            return value.replace(day=1)
        plain = unicodedata.normalize("NFKC", str(value)).strip()
        match = re.fullmatch(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?", plain)
        try:
            return date(int(match[1]), int(match[2]), 1)
        except (TypeError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class UploadField(forms.FileField):
    """One file of the given kinds, checked by its content (see uploads.py)."""

    def __init__(self, *, kinds: Collection[str] = ("pdf", "xlsx", "csv", "png", "jpg", "docx"), **kwargs):
        self.kinds = frozenset(kinds)
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        return {**super().widget_attrs(widget), "accept": ",".join(f".{kind}" for kind in sorted(self.kinds))}

    def clean(self, data, initial=None):
        file = super().clean(data, initial)
        return clean_upload(file, self.kinds) if file and file is not initial else file


class _SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class UploadsField(UploadField):
    """Several files at once → a list; each is checked as by UploadField."""

    default_error_messages = {"too_many": _("Send at most %(limit)s files at once.")}

    def __init__(self, *, max_files: int = 20, **kwargs):
        kwargs.setdefault("widget", _SeveralFiles)
        self.max_files = max_files
        super().__init__(**kwargs)

    def clean(self, data, initial=None):
        files = [file for file in (data if isinstance(data, (list, tuple)) else [data]) if file]
        if not files:
            super().clean(None, initial)
            return []
        if len(files) > self.max_files:
            params = {"limit": self.max_files}
            raise ValidationError(self.error_messages["too_many"], code="too_many", params=params)
        return [super(UploadsField, self).clean(file) for file in files]


class OnceForm(forms.Form):
    """Carries a token made with the page: what is sent twice is done once."""

    token = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid4
