from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.fields import MoneyField, MonthField, PercentField, UploadsField


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("69,000.00", 6_900_000),
        ("¥0.01", 1),
        ("１２３", 12_300),
        (" 69000 元 ", 6_900_000),
        ("", None),
        ("  ", None),
    ],
)
def test_money_reads_what_people_type(text, minor):
    assert MoneyField(required=False).clean(text) == minor


@pytest.mark.parametrize("text", ["abc", "1.234", "-1", "1,2", "1e5", "NaN", "10000000000000000"])
def test_money_refuses(text):
    with pytest.raises(ValidationError):
        MoneyField().clean(text)


def test_money_counts_the_currency_s_own_minor_units():
    assert MoneyField(currency="JPY").clean("1,500") == 1500
    with pytest.raises(ValidationError):
        MoneyField(currency="JPY").clean("1.5")


@pytest.mark.parametrize(
    ("text", "rate"), [("3", "0.03"), ("2.5 %", "0.025"), ("３％", "0.03"), ("0", "0"), ("100", "1")]
)
def test_percent_becomes_a_share(text, rate):
    assert PercentField().clean(text) == Decimal(rate)


@pytest.mark.parametrize("text", ["-1", "100.01", "three", "0.00001", "1e1", "Infinity"])
def test_percent_refuses(text):
    with pytest.raises(ValidationError):
        PercentField().clean(text)


@pytest.mark.parametrize("text", ["2026-11", "2026/11", "2026年11月", "２０２６-11"])
def test_month_is_its_first_day(text):
    assert MonthField().clean(text) == date(2026, 11, 1)


@pytest.mark.parametrize("text", ["2026-13", "11-2026", "0000-01", "November"])
def test_month_refuses(text):
    with pytest.raises(ValidationError):
        MonthField().clean(text)


def test_stored_values_come_back_as_people_type_them():
    class Form(forms.Form):
        amount, rate, month = MoneyField(), PercentField(), MonthField()

    stored = {"amount": 6_900_000, "rate": Decimal("0.0250"), "month": date(2026, 11, 1)}
    shown = {field.name: field.value() for field in Form(initial=stored)}
    assert shown == {"amount": "69,000.00", "rate": "2.5", "month": "2026-11"}
    assert Form(shown, initial=stored).changed_data == []


def test_several_files_are_each_checked():
    good = SimpleUploadedFile("a.csv", b"a,b\n1,2\n")
    lying = SimpleUploadedFile("b.pdf", b"MZ\x90\x00")
    field = UploadsField(max_files=2, required=False)
    assert [file.name for file in field.clean([good])] == ["a.csv"]
    assert field.clean([]) == []
    with pytest.raises(ValidationError):
        field.clean([good, lying])
    with pytest.raises(ValidationError):
        field.clean([good, good, good])
    with pytest.raises(ValidationError):
        UploadsField().clean([])
